#pragma once

#include <linux/filter.h>

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace openfc::sandbox::launcher {

/// A call that sandboxes may make, and what needs it.
struct SyscallRow {
  std::string_view name;
  std::string_view reason;
};

/// A call that is allowed only when (argument & mask) == value.
struct ConditionRow {
  std::string_view name;
  unsigned argument;
  unsigned long mask;
  unsigned long value;
  std::string_view reason;
};

/// A second condition of a row; calls that need both.
struct PairRow {
  ConditionRow first;
  unsigned argument;
  unsigned long mask;
  unsigned long value;
};

/// The low 32 bits of an argument.
struct ArgumentValue {
  unsigned argument;
  std::uint32_t value;
};

/// What of an allowed call is refused: when both arguments are these.
struct DenialRow {
  std::uint32_t number;  // of the call
  std::array<ArgumentValue, 2> arguments;
  int error;
};

std::span<const SyscallRow> allowedSyscalls();
std::span<const ConditionRow> conditionalSyscalls();
std::span<const PairRow> pairedSyscalls();
std::span<const DenialRow> deniedArguments();

/// The allow-list as a program for the kernel; everything else answers ENOSYS, so that libraries
/// fall back to what they did before that call existed. Throws std::runtime_error.
std::vector<sock_filter> makeSeccompFilter();

}  // namespace openfc::sandbox::launcher
