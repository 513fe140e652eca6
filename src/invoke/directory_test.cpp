#include "invoke/directory.h"

#include "base/error.h"
#include "base/vault.h"
#include "model/keys.h"
#include "model/version.h"
#include "store/sqlite/sqlite_store.h"
#include "store/test_directory.h"
#include "store/test_loop.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace openfc::invoke {
namespace {

/// Functions of the runtime custom without a package: no interpreter and no archive is needed.
class DirectoryTest : public testing::Test {
protected:
  DirectoryTest() {
    put(model::serviceKey("1", "s"), model::Service{.serviceName = "s"});
    put(model::functionKey("1", "s", "f"), function(10));
    publish(1, 11);
    publish(2, 12);
    alias({.versionId = "1", .additionalVersionWeight = model::VersionWeights{{"2", 0.25}}});
  }

  static model::Function function(int timeout) {
    model::Function out{.functionName = "f"};
    out.config.runtime = "custom";
    out.config.timeout = timeout;
    return out;
  }
  void commit(store::Operation operation) {
    std::vector<store::Operation> operations;
    operations.push_back(std::move(operation));
    ASSERT_TRUE(loop_.await(documents_->commit(std::move(operations))));
  }
  template <class T>
  void put(std::string key, const T& value) {
    commit(store::put(std::move(key), model::toDocument(value)));
  }
  void publish(int version, int timeout) {
    put(model::versionKey("1", "s", version),
        model::Version{.versionId = std::to_string(version), .service = {.serviceName = "s"}});
    put(model::publishedKey("1", "s", version, "f"), function(timeout));
  }
  void alias(const model::AliasConfig& config) {
    put(model::aliasKey("1", "s", "a"), model::Alias{.aliasName = "a", .config = config});
  }
  scheduler::SpecPtr resolve(const std::string& qualifier, const std::string& service = "s",
                             const std::string& name = "f") {
    return loop_.await(directory_.resolve("1", service, qualifier, name));
  }
  std::string refusal(const std::string& qualifier, const std::string& service = "s",
                      const std::string& name = "f") {
    try {
      resolve(qualifier, service, name);
    } catch (const Error& error) {
      return std::string(error.name()) + ": " + error.message();
    }
    return "";
  }

  store::TestDirectory files_;
  store::TestLoop loop_;
  Vault vault_{std::string(Vault::keySize, 'k')};
  Workers workers_{1};
  std::unique_ptr<store::Documents> documents_ = store::openSqlite(":memory:", loop_, vault_);
  package::Packages packages_{files_.path() / "packages", loop_, workers_, {.python = ""}};
  runtime::Catalogue catalogue_;
  double random_ = 0.5;
  std::vector<std::string> gone_;
  Directory directory_{*documents_,
                       packages_,
                       catalogue_,
                       {.region = "r",
                        .random = [this] { return random_; },
                        .onGone = [this](const std::string& key) { gone_.push_back(key); }}};
};

TEST_F(DirectoryTest, FindsTheStateThatAQualifierNames) {
  struct Case {
    std::string qualifier;
    int timeout;
    std::string version;
  };
  const Case cases[] = {
      {"", 10, "LATEST"}, {"LATEST", 10, "LATEST"}, {"1", 11, "1"}, {"2", 12, "2"}, {"a", 11, "1"}};

  for (const Case& one : cases) {
    const auto spec = resolve(one.qualifier);
    EXPECT_EQ(spec->configuration.timeout.count(), one.timeout) << one.qualifier;
    EXPECT_EQ(spec->configuration.versionId, one.version) << one.qualifier;
    EXPECT_EQ(spec->configuration.qualifier, one.version) << one.qualifier;
    EXPECT_EQ(spec->key, "1/s/" + one.version + "/f") << one.qualifier;
  }
}

TEST_F(DirectoryTest, ChoosesAVersionOfAnAliasForEachCall) {
  std::string chosen;
  for (const double random : {0.1, 0.9, 0.249, 0.25}) {
    random_ = random;
    chosen += resolve("a")->configuration.versionId;
  }

  EXPECT_EQ(chosen, "2121");
}

TEST_F(DirectoryTest, KeepsWhatItFound) {
  EXPECT_EQ(resolve("1"), resolve("1"));
  EXPECT_EQ(resolve("a"), resolve("1"));
  EXPECT_EQ(resolve(""), resolve("LATEST"));
  EXPECT_EQ(directory_.cached(), 2u);
}

TEST_F(DirectoryTest, FollowsAliases) {
  resolve("a");

  alias({.versionId = "2"});
  EXPECT_EQ(resolve("a")->configuration.versionId, "2");
  commit(store::erase(model::aliasKey("1", "s", "a")));
  EXPECT_EQ(refusal("a"), "AliasNotFound: alias 'a' of service 's' does not exist");
}

TEST_F(DirectoryTest, LeavesVersionsAsTheyAre) {
  const auto first = resolve("1");
  const auto latest = resolve("");

  put(model::functionKey("1", "s", "f"), function(20));
  put(model::serviceKey("1", "s"), model::Service{.serviceName = "s", .serviceId = "other"});

  EXPECT_EQ(resolve("1"), first);
  EXPECT_NE(resolve(""), latest);
  EXPECT_EQ(resolve("")->configuration.timeout.count(), 20);
}

TEST_F(DirectoryTest, ForgetsADeletedVersion) {
  resolve("1");
  commit(store::erase(model::versionKey("1", "s", 1)));
  commit(store::eraseUnder(model::publishedPrefix("1", "s", 1)));

  EXPECT_EQ(gone_, std::vector<std::string>{"1/s/1/f"});
  EXPECT_EQ(refusal("1"), "VersionNotFound: version '1' of service 's' does not exist");
  EXPECT_EQ(refusal("a"), "VersionNotFound: version '1' of service 's' does not exist");
  random_ = 0.1;
  EXPECT_EQ(refusal("a"), "");
}

TEST_F(DirectoryTest, TellsWhatIsMissing) {
  EXPECT_EQ(refusal("3"), "VersionNotFound: version '3' of service 's' does not exist");
  EXPECT_EQ(refusal("01"), "VersionNotFound: version '01' of service 's' does not exist");
  EXPECT_EQ(refusal("99999999999"),
            "VersionNotFound: version '99999999999' of service 's' does not exist");
  EXPECT_EQ(refusal("b"), "AliasNotFound: alias 'b' of service 's' does not exist");
  for (const char* qualifier : {"", "1", "a"}) {
    EXPECT_EQ(refusal(qualifier, "s", "g"),
              "FunctionNotFound: function 'g' does not exist in service 's'");
    EXPECT_EQ(refusal(qualifier, "t"), "ServiceNotFound: service 't' does not exist");
  }
}

TEST_F(DirectoryTest, TellsOfADeletedFunction) {
  commit(store::erase(model::functionKey("1", "s", "f")));

  EXPECT_EQ(gone_, std::vector<std::string>{"1/s/LATEST/f"});
  EXPECT_EQ(resolve("1")->configuration.timeout.count(), 11);
}

}  // namespace
}  // namespace openfc::invoke
