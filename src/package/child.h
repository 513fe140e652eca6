#pragma once

#include "base/clock.h"

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

namespace openfc::package {

struct ChildLimits {
  Duration time = std::chrono::seconds(60);  // then the child and its process group are killed
  std::uint64_t cpuSeconds = 60;
  std::uint64_t memory = 1ull << 30;  // bytes of address space
  std::uint64_t fileSize = 256u << 20;
};

enum class ChildEnd { succeeded, failed, outOfTime };

/// Runs a program to its end with these limits, an empty environment, `/` as directory and nothing
/// but /dev/null open. Blocking. Throws SystemError when it cannot be started; a program that is
/// not there counts as failed, and one that is killed because `stop` is requested.
ChildEnd runChild(const std::vector<std::string>& arguments, const ChildLimits& limits,
                  const std::stop_token& stop = {});

}  // namespace openfc::package
