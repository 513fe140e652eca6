#include "trigger/triggers.h"

#include "base/vault.h"
#include "model/keys.h"
#include "store/sqlite/sqlite_store.h"
#include "store/test_loop.h"

#include <gtest/gtest.h>

namespace openfc::trigger {
namespace {

using model::Trigger;

class TriggersTest : public testing::Test {
public:
  /// Keeps a trigger of the function `s/f` of an account as the API does.
  void add(const std::string& name, const std::string& type, const std::string& arn = "",
           const std::string& qualifier = "", const std::string& account = "1000") {
    Trigger trigger;
    trigger.triggerName = name;
    trigger.triggerType = type;
    trigger.triggerConfig.text = "{}";
    if (!arn.empty()) trigger.sourceArn = arn;
    if (!qualifier.empty()) trigger.qualifier = qualifier;
    trigger.accountId = account;
    trigger.serviceName = "s";
    trigger.functionName = "f";
    std::vector<store::Operation> operations;
    operations.push_back(store::put(model::triggerKey(trigger), model::toDocument(trigger)));
    operations.push_back(store::put(model::triggerSourceKey(trigger), model::toDocument(trigger)));
    loop.await(documents->commit(std::move(operations))).value();
  }
  static std::string names(const std::vector<Trigger>& triggers) {
    std::string out;
    for (const Trigger& trigger : triggers) out += trigger.triggerName + " ";
    return out;
  }
  std::string http(const std::string& qualifier, const std::string& function = "f") {
    const auto found = loop.await(triggers.findHttp("1000", "s", qualifier, function));
    return found ? found->triggerName : "";
  }
  std::string fired(const std::string& type, const std::string& resource,
                    const std::string& account = "1000") {
    return names(loop.await(triggers.ofSource(type, account, resource)));
  }

  store::TestLoop loop;
  Vault vault{std::string(Vault::keySize, 'k')};
  std::unique_ptr<store::Documents> documents = store::openSqlite(":memory:", loop, vault);
  Triggers triggers{*documents};
};

TEST_F(TriggersTest, FindsTheHttpTriggerOfAQualifier) {
  add("latest", "http");
  add("old", "http", "", "1");
  add("prod", "http", "", "prod");

  EXPECT_EQ(http(""), "latest");
  EXPECT_EQ(http("LATEST"), "latest");
  EXPECT_EQ(http("1"), "old");
  EXPECT_EQ(http("prod"), "prod");
  EXPECT_EQ(http("pro"), "");
  EXPECT_EQ(http("", "g"), "");
}

TEST_F(TriggersTest, FindsAllTimers) {
  EXPECT_EQ(names(loop.await(triggers.timers())), "");
  add("b", "timer");
  add("a", "timer");
  add("other", "timer", "", "", "2000");
  add("h", "http");

  EXPECT_EQ(names(loop.await(triggers.timers())), "a b other ");
}

TEST_F(TriggersTest, FindsMoreTimersThanOnePageHas) {
  constexpr int many = 450;
  for (int i = 0; i < many; ++i) add("t" + std::to_string(i), "timer");

  EXPECT_EQ(loop.await(triggers.timers()).size(), many);
}

TEST_F(TriggersTest, FindsWhatASourceFires) {
  add("photos", "oss", "acs:oss:cn-hangzhou:1000:photos");
  add("again", "oss", "acs:oss:cn-beijing::photos");
  add("old", "oss", "acs:oss:cn-hangzhou:1000:photos-old");
  add("theirs", "oss", "acs:oss:cn-hangzhou:2000:photos", "", "2000");
  add("topic", "mns_topic", "acs:mns:cn-hangzhou:1000:/topics/photos");
  add("table", "tablestore", "acs:ots:cn-hangzhou:1000:instance/i/table/t");
  add("log", "log", "acs:log:cn-hangzhou:1000:project/p");
  add("cdn", "cdn_events", "acs:cdn:*:1000");

  EXPECT_EQ(fired("oss", "photos"), "again photos ");
  EXPECT_EQ(fired("oss", "photo"), "");
  EXPECT_EQ(fired("oss", "photos", "2000"), "theirs ");
  EXPECT_EQ(fired("mns_topic", "/topics/photos"), "topic ");
  EXPECT_EQ(fired("tablestore", "instance/i/table/t"), "table ");
  EXPECT_EQ(fired("log", "project/p"), "log ");
  EXPECT_EQ(fired("cdn_events", ""), "cdn ");
}

}  // namespace
}  // namespace openfc::trigger
