#pragma once

#include <algorithm>
#include <cstddef>

/// Decisions as pure functions of numbers, tested as tables.
namespace openfc::scheduler::policy {

/// How many instances of one function to start now. Each starting instance will take `concurrency`
/// of the waiting invocations; whoever becomes free earlier takes some of them too.
constexpr std::size_t instancesToStart(std::size_t waiting, std::size_t starting,
                                       std::size_t concurrency) {
  const std::size_t needed = (waiting + concurrency - 1) / concurrency;
  return needed > starting ? needed - starting : 0;
}

/// How many guests a pool key should hold: keys that are always kept, and keys that were asked for
/// lately.
constexpr std::size_t poolTarget(std::size_t size, bool always, bool askedLately) {
  return always || askedLately ? size : 0;
}

}  // namespace openfc::scheduler::policy
