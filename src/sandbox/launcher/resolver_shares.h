#pragma once

#include <netinet/in.h>

#include <cstddef>
#include <optional>
#include <span>

namespace openfc::sandbox::launcher {

/// How many entries (questions, connections) there may be.
struct Shares {
  std::size_t all = 0;
  std::size_t ofClient = 0;
  /// False: whoever comes to a full table is refused (tests of the rule's effect).
  bool fair = true;
};

/// What becomes of a client's new entry.
struct Place {
  bool granted = false;
  std::optional<std::size_t> insteadOf;  // the entry that goes for it
};

/// `entries`: the clients of those that there are, oldest first. In a full table the new one takes
/// the place of the oldest of the client that has most, as long as that leaves this client with no
/// more than that one: so many clients that fill the table cannot keep another one out, and those
/// that have equally many do not push each other.
Place placeFor(std::span<const in_addr_t> entries, in_addr_t client, const Shares& shares);

}  // namespace openfc::sandbox::launcher
