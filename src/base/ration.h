#pragma once

#include "base/clock.h"

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace openfc {

/// Lets through only so many lines about one subject in a period, and counts what it holds back.
/// Belongs to one thread.
class Ration {
public:
  Ration(std::size_t most, Duration period) : most_(most), period_(period) {}

  /// How many were held back since the last one that was let through; nothing: hold this one back
  /// too.
  std::optional<std::size_t> ask(std::string_view subject, SteadyTime now) {
    auto found = subjects_.find(subject);
    if (found == subjects_.end()) {
      forget(now);
      found = subjects_.emplace(subject, Subject{now}).first;
    }
    Subject& known = found->second;
    if (now - known.begun >= period_) known = {now, 0, known.heldBack};
    if (known.passed == most_) {
      ++known.heldBack;
      return std::nullopt;
    }
    ++known.passed;
    return std::exchange(known.heldBack, 0);
  }

private:
  struct Subject {
    SteadyTime begun;
    std::size_t passed = 0;  // in this period
    std::size_t heldBack = 0;
  };
  static constexpr std::size_t mostSubjects = 4096;

  /// What was asked about lately stays; when that is too much, nothing does.
  void forget(SteadyTime now) {
    if (subjects_.size() < mostSubjects) return;
    std::erase_if(subjects_, [&](const auto& one) { return now - one.second.begun >= period_; });
    if (subjects_.size() >= mostSubjects) subjects_.clear();
  }

  std::size_t most_;
  Duration period_;
  std::map<std::string, Subject, std::less<>> subjects_;
};

}  // namespace openfc
