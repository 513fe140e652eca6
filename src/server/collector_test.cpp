#include "server/collector.h"

#include "base/check.h"
#include "base/vault.h"
#include "model/function.h"
#include "model/keys.h"
#include "model/layer.h"
#include "package/test_zip.h"
#include "store/sqlite/sqlite_store.h"
#include "store/test_directory.h"
#include "store/test_loop.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace openfc::server {
namespace {

class CollectorTest : public testing::Test {
protected:
  std::string package(const std::string& content) {
    return loop_
        .await(packages_.put(package::rawZip("index.py", content), package::Language::other, "1"))
        .digest;
  }
  template <class T>
  void put(std::string key, const T& value) {
    std::vector<store::Operation> operations;
    operations.push_back(store::put(std::move(key), model::toDocument(value)));
    ASSERT_TRUE(loop_.await(documents_->commit(std::move(operations))));
  }
  std::size_t collect(std::set<std::string> keep = {}) {
    return loop_.await(
        collectPackages(*documents_, packages_, std::move(keep), -std::chrono::seconds(1)));
  }
  bool isThere(const std::string& digest) {
    try {
      packages_.open(digest);
      return true;
    } catch (const SystemError&) {
      return false;
    }
  }

  store::TestDirectory files_;
  store::TestLoop loop_;
  Vault vault_{std::string(Vault::keySize, 'k')};
  Workers workers_{1};
  std::unique_ptr<store::Documents> documents_ = store::openSqlite(":memory:", loop_, vault_);
  package::Packages packages_{files_.path() / "packages", loop_, workers_, {.python = ""}};
};

TEST_F(CollectorTest, KeepsWhatAFunctionOrALayerRefersTo) {
  const std::string current = package("current");
  const std::string attached = package("attached");
  const std::string published = package("published");
  const std::string publishedLayer = package("layer of a version");
  const std::string layer = package("layer");
  const std::string kept = package("kept");
  const std::string unused = package("unused");
  put(model::functionKey("1", "s", "f"),
      model::Function{.packageDigest = current, .attachedLayers = {{.packageDigest = attached}}});
  put(model::publishedKey("1", "s", 1, "f"),
      model::Function{.packageDigest = published,
                      .attachedLayers = {{.packageDigest = publishedLayer}}});
  put(model::layerVersionKey("owner", "l", 1), model::Layer{.packageDigest = layer});

  EXPECT_EQ(collect({kept}), 1u);

  for (const auto& digest : {current, attached, published, publishedLayer, layer, kept})
    EXPECT_TRUE(isThere(digest)) << digest;
  EXPECT_FALSE(isThere(unused));
}

TEST_F(CollectorTest, RemovesWhatADeletedVersionFroze) {
  const std::string published = package("published");
  put(model::publishedKey("1", "s", 1, "f"), model::Function{.packageDigest = published});
  std::vector<store::Operation> operations;
  operations.push_back(store::eraseUnder(model::publishedPrefix("1", "s", 1)));
  ASSERT_TRUE(loop_.await(documents_->commit(std::move(operations))));

  EXPECT_EQ(collect(), 1u);

  EXPECT_FALSE(isThere(published));
}

}  // namespace
}  // namespace openfc::server
