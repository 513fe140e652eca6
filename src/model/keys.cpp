#include "model/keys.h"

#include <fmt/core.h>

namespace openfc::model {

std::string serviceKey(std::string_view account, std::string_view service) {
  return fmt::format("service/{}/{}", account, service);
}

std::string servicesPrefix(std::string_view account) { return fmt::format("service/{}/", account); }

std::string functionKey(std::string_view account, std::string_view service,
                        std::string_view function) {
  return fmt::format("function/{}/{}/{}", account, service, function);
}

std::string functionsPrefix(std::string_view account, std::string_view service) {
  return fmt::format("function/{}/{}/", account, service);
}

std::string functionCountKey(std::string_view account, std::string_view service) {
  return fmt::format("function-count/{}/{}", account, service);
}

std::string versionsPrefix(std::string_view account, std::string_view service) {
  return fmt::format("version/{}/{}/", account, service);
}

std::string aliasesPrefix(std::string_view account, std::string_view service) {
  return fmt::format("alias/{}/{}/", account, service);
}

std::string triggersPrefix(std::string_view account, std::string_view service,
                           std::string_view function) {
  return fmt::format("trigger/{}/{}/{}/", account, service, function);
}

}  // namespace openfc::model
