#pragma once

#include <string>
#include <string_view>
#include <system_error>

namespace openfc {

/// A system call that failed: what() reads "what was being done: reason of errno".
class SystemError : public std::system_error {
public:
  SystemError(int error, const std::string& doing)
      : std::system_error(error, std::generic_category(), doing) {}
  int error() const { return code().value(); }
};

/// Returns `result`, or throws SystemError with the current errno when it is -1. `doing` says what
/// to what.
long check(long result, std::string_view doing);

}  // namespace openfc
