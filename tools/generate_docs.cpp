// Prints the documents that follow from the declarations of the API and of the settings:
// generate_docs compat|api|openapi|configuration [FILE].

#include "api/capabilities.h"
#include "api/openapi.h"
#include "api/reference.h"
#include "server/setting_text.h"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

struct Document {
  std::string_view name;
  std::string (*text)();
};

constexpr Document documents[] = {
    {"compat", &openfc::api::compatibilityDocument},
    {"api", &openfc::api::referenceDocument},
    {"openapi", &openfc::api::openApiDocument},
    {"configuration", &openfc::server::configurationDocument},
};

int print(const std::string& text, const char* path) {
  std::FILE* file = path == nullptr ? stdout : std::fopen(path, "we");
  if (file == nullptr || std::fwrite(text.data(), 1, text.size(), file) != text.size() ||
      std::fflush(file) != 0) {
    std::perror(path == nullptr ? "standard output" : path);
    return EXIT_FAILURE;
  }
  if (path != nullptr) std::fclose(file);
  return EXIT_SUCCESS;
}

}  // namespace

int main(int count, char** arguments) {
  for (const Document& document : documents) {
    if (count >= 2 && document.name == arguments[1]) {
      return print(document.text(), count > 2 ? arguments[2] : nullptr);
    }
  }
  std::fputs("usage: generate_docs compat|api|openapi|configuration [FILE]\n", stderr);
  return 2;
}
