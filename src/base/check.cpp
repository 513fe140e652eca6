#include "base/check.h"

#include <cerrno>

namespace openfc {

long check(long result, std::string_view doing) {
  if (result == -1) throw SystemError(errno, std::string(doing));
  return result;
}

}  // namespace openfc
