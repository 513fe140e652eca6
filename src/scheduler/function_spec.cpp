#include "scheduler/function_spec.h"

#include "base/error.h"

namespace openfc::scheduler {

runtime::Credentials credentialsOrNone(const FunctionSpec& spec) {
  try {
    return spec.credentials ? spec.credentials() : runtime::Credentials{};
  } catch (const Error&) {
    return {};  // whoever invokes the function is told
  }
}

}  // namespace openfc::scheduler
