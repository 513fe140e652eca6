#include "model/function_rules.h"

#include "base/error.h"
#include "model/function.h"
#include "schema/json.h"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <fmt/core.h>

#include <algorithm>

namespace openfc::model {
namespace {

constexpr std::string_view runtimes[] = {
    "nodejs4.4",       "nodejs6",        "nodejs8",       "nodejs10",
    "nodejs12",        "nodejs14",       "nodejs16",      "nodejs18",
    "nodejs20",        "python2.7",      "python3",       "python3.9",
    "python3.10",      "java8",          "java11",        "go1",
    "php7.2",          "dotnetcore2.1",  "dotnetcore3.1", "custom",
    "custom.debian10", containerRuntime,
};

/// Above the sizes in steps of 64 MB there are these four.
constexpr int largeMemory[] = {4096, 8192, 16384, 32768};

constexpr std::string_view reservedVariables[] = {"accessKeyID", "accessKeySecret", "securityToken",
                                                  "topic"};
constexpr std::size_t maxEnvironment = 4096;  // bytes of all names and values

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool digit(char c) { return c >= '0' && c <= '9'; }

bool isVariableName(std::string_view text) {
  return !text.empty() && letter(text[0]) &&
         std::ranges::all_of(text, [](char c) { return letter(c) || digit(c) || c == '_'; });
}

bool isPrintable(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

bool isArrayOfTexts(const std::string& text) {
  try {
    const boost::json::value value = schema::parseJson(text);
    const auto* items = value.if_array();
    return items != nullptr &&
           std::ranges::all_of(*items, [](const auto& item) { return item.is_string(); });
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

constinit const schema::Pattern variableName{isVariableName, "^[a-zA-Z][a-zA-Z0-9_]*$"};
constinit const schema::Pattern printable{isPrintable, "^[[:print:]]+$"};

std::span<const std::string_view> runtimeNames() { return runtimes; }

bool isCustomRuntime(std::string_view runtime) { return runtime.starts_with("custom"); }

std::string memoryProblem(int megabytes) {
  if (megabytes > 3072) {
    if (std::ranges::find(largeMemory, megabytes) != std::end(largeMemory)) return "";
    return fmt::format(
        "Memory is set to an invalid value (allowed: 4096 | 8192 | 16384 | 32768, actual: '{}')",
        megabytes);
  }
  if (megabytes % 64 != 0) {
    return fmt::format("memorySize {}: The value must be a multiple of 64 MB", megabytes);
  }
  if (megabytes < 128)
    return fmt::format("memorySize must be at least 128 (actual: {})", megabytes);
  return "";
}

std::string environmentProblem(const std::map<std::string, std::string>& variables) {
  std::size_t size = 0;
  for (const auto& [name, value] : variables) {
    if (name.starts_with("FC_") ||
        std::ranges::find(reservedVariables, name) != std::end(reservedVariables)) {
      return fmt::format("environmentVariables: the name '{}' is reserved", name.substr(0, 128));
    }
    size += name.size() + value.size();
  }
  if (size <= maxEnvironment) return "";
  return fmt::format("environmentVariables must have at most {} bytes together (actual: {})",
                     maxEnvironment, size);
}

std::string jsonArrayProblem(const std::string& text) {
  if (text.empty() || isArrayOfTexts(text)) return "";
  return "customContainerConfig: command and args must be texts of JSON arrays of strings";
}

std::string diskSizeProblem(int megabytes) {
  if (megabytes == 512 || megabytes == 10240) return "";
  return fmt::format("diskSize is set to an invalid value (allowed: 512 | 10240, actual: '{}')",
                     megabytes);
}

}  // namespace openfc::model
