#include "api/unexpected.h"

#include "store/store_full.h"

#include <cerrno>
#include <system_error>

namespace openfc::api {
namespace {

bool isOfAFullDisk(const std::exception& failure) {
  if (dynamic_cast<const store::StoreFull*>(&failure) != nullptr) return true;
  const auto* system = dynamic_cast<const std::system_error*>(&failure);
  if (system == nullptr) return false;
  return system->code().value() == ENOSPC || system->code().value() == EDQUOT;
}

}  // namespace

Error unexpected(const std::exception& failure) {
  if (!isOfAFullDisk(failure)) return errorOf(Code::internalServerError);
  return Error(Code::serviceUnavailable, "no space is left on the server's disk");
}

}  // namespace openfc::api
