#include "server/collector.h"

#include "model/packages_named.h"

#include <functional>

namespace openfc::server {
namespace {

using Visit = std::function<void(const std::string& document)>;

/// Shows each document under `prefix` to `visit`.
Task<> forEach(store::Documents& documents, std::string_view prefix, Visit visit) {
  constexpr std::size_t pageSize = 200;
  std::string from;
  for (;;) {
    const auto page = co_await documents.page(std::string(prefix), from, pageSize);
    for (const store::Document& document : page) visit(document.value);
    if (page.size() < pageSize) co_return;
    from = page.back().key + '\0';
  }
}

}  // namespace

Task<std::size_t> collectPackages(store::Documents& documents, package::Packages& packages,
                                  std::set<std::string> keep, Duration grace) {
  for (const std::string_view prefix : model::prefixesWithPackages) {
    co_await forEach(documents, prefix, [&](const std::string& document) {
      for (std::string& digest : model::packagesNamedBy(prefix, document))
        keep.insert(std::move(digest));
    });
  }
  co_return co_await packages.collect(std::move(keep), grace);
}

}  // namespace openfc::server
