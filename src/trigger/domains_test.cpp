#include "trigger/domains.h"

#include "base/vault.h"
#include "model/keys.h"
#include "store/sqlite/sqlite_store.h"
#include "store/test_loop.h"

#include <gtest/gtest.h>

namespace openfc::trigger {
namespace {

TEST(Domains, AreFoundByTheirHost) {
  store::TestLoop loop;
  const Vault vault{std::string(Vault::keySize, 'k')};
  const auto documents = store::openSqlite(":memory:", loop, vault);
  std::vector<store::Operation> operations;
  for (const char* name : {"a.example.com", "*.example.com"}) {
    model::CustomDomain domain;
    domain.domainName = name;
    operations.push_back(store::put(model::hostKey(name), model::toDocument(domain)));
  }
  loop.await(documents->commit(std::move(operations))).value();
  const Domains domains(*documents);
  const auto find = [&](const char* host) {
    const auto found = loop.await(domains.find(host));
    return found ? found->domainName : "";
  };

  EXPECT_EQ(find("A.Example.com:8016"), "a.example.com");
  EXPECT_EQ(find("b.example.com"), "*.example.com");
  EXPECT_EQ(find("b.a.example.com"), "");
  EXPECT_EQ(find("example.com"), "");
  EXPECT_EQ(find("127.0.0.1:8016"), "");
  EXPECT_EQ(find(""), "");
}

}  // namespace
}  // namespace openfc::trigger
