#include "cli/handler_form.h"

#include "base/nearest.h"
#include "model/function.h"

#include <fmt/core.h>

#include <algorithm>
#include <span>

namespace openfc::cli {
namespace {

constexpr std::string_view pythonFiles[] = {".py", "/__init__.py"};
constexpr std::string_view nodeFiles[] = {".js", ".cjs", ".mjs", "/index.js"};
constexpr std::string_view phpFiles[] = {".php"};

/// How the handlers of a family of runtimes are written.
struct Form {
  std::string_view family;
  std::string_view separator;  // between what holds the function and the function
  std::string_view written;
  std::span<const std::string_view> files;  // endings of the file that is named
};
constexpr Form forms[] = {
    {"python", ".", "FILE.FUNCTION, like index.handler", pythonFiles},
    {"nodejs", ".", "FILE.FUNCTION, like index.handler", nodeFiles},
    {"php", ".", "FILE.FUNCTION, like index.handler", phpFiles},
    {"java", "::", "PACKAGE.CLASS::METHOD, like example.App::handleRequest", {}},
    {"dotnetcore", "::", "ASSEMBLY::NAMESPACE.CLASS::METHOD", {}},
};

const Form* formOf(std::string_view runtime) {
  const auto* form = std::ranges::find(forms, familyOf(runtime), &Form::family);
  return form == std::end(forms) ? nullptr : form;
}

}  // namespace

std::string_view familyOf(std::string_view runtime) {
  return runtime.substr(0, runtime.find_first_of("0123456789."));
}

std::string runtimeProblem(const std::string& runtime) {
  const auto names = model::runtimeNames();
  if (std::ranges::find(names, runtime) != names.end()) return "";
  return "there is no runtime '" + runtime + "'" +
         didYouMean(runtime, std::vector<std::string>(names.begin(), names.end()));
}

std::string handlerProblem(std::string_view runtime, const std::string& handler) {
  const Form* form = formOf(runtime);
  if (form == nullptr) return "";
  const auto at = handler.rfind(form->separator);
  const bool fits = at != std::string::npos && at > 0 &&
                    at + form->separator.size() < handler.size() && !handler.contains(' ');
  if (fits) return "";
  return fmt::format("the handler '{}' is not {}, as {} needs it", handler, form->written, runtime);
}

std::string missingFile(std::string_view runtime, const std::string& handler,
                        const std::vector<std::string>& files) {
  const Form* form = formOf(runtime);
  if (form == nullptr || form->files.empty() || handler.empty()) return "";
  const std::string module = handler.substr(0, handler.rfind(form->separator));
  std::string dotted = module;  // Python's packages
  std::ranges::replace(dotted, '.', '/');
  for (const std::string& file : files) {
    for (const std::string_view ending : form->files) {
      if (file == module + std::string(ending) || file == dotted + std::string(ending)) return "";
    }
  }
  return module + std::string(form->files.front());
}

}  // namespace openfc::cli
