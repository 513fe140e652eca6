#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace openfc::sandbox::launcher {

/// Names that the resolver answers itself, all with one address.
struct OwnNames {
  /// Lower case, without a dot at the end; "*.a.b" is every name with one label more than a.b.
  std::vector<std::string> patterns;
  std::uint32_t address = 0;  // host byte order
};

/// A name or a pattern of one. Throws std::invalid_argument.
void checkPattern(const std::string& pattern);
/// Whether one of the patterns names it; `name` in lower case.
bool isOwn(const OwnNames& own, std::string_view name);

/// The answer to a DNS question for one of the names: its address, or that there is no record of
/// the kind that is asked for. Nothing: the message is not such a question.
std::optional<std::vector<std::byte>> ownAnswer(const OwnNames& own,
                                                std::span<const std::byte> message);

}  // namespace openfc::sandbox::launcher
