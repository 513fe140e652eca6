#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

/// Decisions as pure functions of numbers, tested as tables.
namespace openfc::scheduler::policy {

/// How many starting instances `waiting` invocations count on: each will take `concurrency` of
/// them.
constexpr std::size_t instancesNeeded(std::size_t waiting, std::size_t concurrency) {
  return (waiting + concurrency - 1) / concurrency;
}

/// How many instances of one function to start now. Whoever becomes free before they are up takes
/// some of the waiting invocations too.
constexpr std::size_t instancesToStart(std::size_t waiting, std::size_t starting,
                                       std::size_t concurrency) {
  const std::size_t needed = instancesNeeded(waiting, concurrency);
  return needed > starting ? needed - starting : 0;
}

/// Starts of one function that are made at once whoever else is served.
constexpr std::size_t promptStarts = 2;

/// How long to leave the processors to others after a guest took `making`.
constexpr std::chrono::nanoseconds restAfter(std::chrono::nanoseconds making) {
  constexpr int share = 2;  // so that a third of one processor's time goes to new guests
  constexpr std::chrono::milliseconds longest{20};
  return std::min<std::chrono::nanoseconds>(making * share, longest);
}

/// How long to wait before an instance is started again that did not come up `failures` times in a
/// row: 1, 2, 4 … 60 seconds.
constexpr std::chrono::seconds pauseAfter(int failures) {
  return std::chrono::seconds(failures > 6 ? 60 : 1 << std::max(failures - 1, 0));
}

/// How many instances to keep ready where `metric` (the part of their room that was used) shall be
/// `target`: more at once, fewer slowly (runtime-contract 7.2).
inline std::int64_t trackedCapacity(std::int64_t capacity, double metric, double target) {
  const auto wanted = static_cast<double>(capacity);
  if (metric > target) {
    constexpr double rounding = 1e-9;
    return static_cast<std::int64_t>(std::ceil(wanted * metric / target - rounding));
  }
  constexpr double caution = 0.5;
  return capacity - std::lround(wanted * caution * (1 - metric / target));
}

/// `total` instances shared out by weights, as near to them as whole numbers come; the first of
/// equal ones gets what is left over.
inline std::vector<std::int64_t> shared(std::int64_t total, const std::vector<double>& weights) {
  std::vector<std::int64_t> parts;
  std::vector<std::pair<double, std::size_t>> rests;
  std::int64_t left = total;
  for (const double weight : weights) {
    const double exact = static_cast<double>(total) * weight;
    parts.push_back(static_cast<std::int64_t>(exact));
    rests.emplace_back(static_cast<double>(parts.back()) - exact, rests.size());
    left -= parts.back();
  }
  std::ranges::sort(rests);  // the largest first
  for (std::size_t i = 0; i < rests.size() && left > 0; ++i, --left) ++parts[rests[i].second];
  return parts;
}

/// How many guests a pool key should hold: keys that are always kept, and keys that were asked for
/// lately.
constexpr std::size_t poolTarget(std::size_t size, bool always, bool askedLately) {
  return always || askedLately ? size : 0;
}

}  // namespace openfc::scheduler::policy
