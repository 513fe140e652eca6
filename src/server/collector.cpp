#include "server/collector.h"

#include "model/function.h"
#include "model/keys.h"

namespace openfc::server {

Task<std::size_t> collectPackages(
    store::Documents& documents,
    package::Packages& packages,  // NOLINT(cppcoreguidelines-avoid-reference-coroutine-parameters)
    std::set<std::string> keep, Duration grace) {
  constexpr std::size_t pageSize = 200;
  std::string from;
  while (true) {
    const auto page =
        co_await documents.page(std::string(model::allFunctionsPrefix), from, pageSize);
    for (const store::Document& document : page) {
      keep.insert(model::fromDocument<model::Function>(document.value).packageDigest);
    }
    if (page.size() < pageSize) break;
    from = page.back().key + '\0';
  }
  co_return co_await packages.collect(std::move(keep), grace);
}

}  // namespace openfc::server
