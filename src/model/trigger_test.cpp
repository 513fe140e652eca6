#include "model/trigger.h"

#include "model/keys.h"

#include <gtest/gtest.h>

namespace openfc::model {
namespace {

std::string merged(const std::string& type, const std::string& stored, const std::string& given) {
  schema::Problems problems;
  const schema::Json before{stored};
  std::string out =
      findTriggerType(type)->merged(stored.empty() ? nullptr : &before, {given}, problems);
  return problems.empty() ? out : problems.text();
}
std::string created(const std::string& type, const std::string& given) {
  return merged(type, "", given);
}

struct ConfigCase {
  std::string name;
  std::string type;
  std::string given;
  std::string result;  // "" = it comes back as it was given
};

class TriggerConfig : public testing::TestWithParam<ConfigCase> {};

TEST_P(TriggerConfig, IsCheckedAndKeptAsSent) {
  const ConfigCase& it = GetParam();
  EXPECT_EQ(created(it.type, it.given), it.result.empty() ? it.given : it.result);
}

std::string eventBridge(const std::string& more, const std::string& type = "Default") {
  return "{" + more + R"("eventSourceConfig":{"eventSourceType":")" + type + "\"}}";
}

INSTANTIATE_TEST_SUITE_P(
    Rules, TriggerConfig,
    testing::Values(
        ConfigCase{"Http", "http", R"({"authType":"anonymous","methods":["GET","POST"]})", ""},
        ConfigCase{"HttpAll", "http",
                   R"({"authType":"function","methods":[],"disableURLInternet":true})", ""},
        ConfigCase{"HttpJwt", "http",
                   R"({"authType":"jwt","authConfig":{"jwks":{"keys":[]},"tokenLookup":["h:a"]}})",
                   ""},
        ConfigCase{"HttpJwtWithoutKeys", "http", R"({"authType":"jwt"})",
                   "authConfig is required for authType jwt"},
        ConfigCase{"HttpNothing", "http", "{}", "authType is required"},
        ConfigCase{"HttpAuth", "http", R"({"authType":"none"})",
                   "AuthType is set to an invalid value (allowed: anonymous | function | jwt, "
                   "actual: 'none')"},
        ConfigCase{"HttpMethod", "http", R"({"authType":"anonymous","methods":["TRACE"]})",
                   "methods[0] is set to an invalid value (allowed: GET | POST | PUT | DELETE | "
                   "HEAD | PATCH | OPTIONS, actual: 'TRACE')"},
        ConfigCase{"HttpCase", "http", R"({"AuthType":"function","else":1})",
                   R"({"authType":"function"})"},
        ConfigCase{"Timer", "timer",
                   R"({"cronExpression":"0 0 4 * * *","payload":"{}","enable":false})", ""},
        ConfigCase{"TimerEvery", "timer", R"({"cronExpression":"@every 5m"})", ""},
        ConfigCase{"TimerZone", "timer",
                   R"({"cronExpression":"CRON_TZ=Asia/Shanghai 0 0 4 * * *","enable":null})",
                   R"({"cronExpression":"CRON_TZ=Asia/Shanghai 0 0 4 * * *"})"},
        ConfigCase{"TimerNothing", "timer", "{}", "cronExpression is required"},
        ConfigCase{"TimerHours", "timer", R"({"cronExpression":"0 0 25 * * *"})",
                   "cronExpression: hours must be between 0 and 23 (actual: '25')"},
        ConfigCase{"TimerText", "timer", R"({"cronExpression":"@every 5m","enable":"maybe"})",
                   "enable must be a boolean"},
        ConfigCase{"Oss", "oss",
                   R"({"events":["oss:ObjectCreated:*"],"filter":{"key":{"prefix":"in/"}}})", ""},
        ConfigCase{"OssNothing", "oss", R"({"events":[]})", "events must not be empty"},
        ConfigCase{
            "Log", "log",
            R"({"sourceConfig":{"logstore":"src"},"jobConfig":{"maxRetryTime":3,"triggerInterval":60},"functionParameter":{"a":{"b":[1]}},"logConfig":{"project":"p","logstore":"l"},"enable":true})",
            ""},
        ConfigCase{"LogNothing", "log", "{}", "sourceConfig is required"},
        ConfigCase{"LogSource", "log", R"({"sourceConfig":{}})",
                   "sourceConfig.logstore is required"},
        ConfigCase{"LogRetries", "log",
                   R"({"sourceConfig":{"logstore":"s"},"jobConfig":{"maxRetryTime":101}})",
                   "jobConfig.maxRetryTime must be between 0 and 100 (actual: 101)"},
        ConfigCase{"LogInterval", "log",
                   R"({"sourceConfig":{"logstore":"s"},"jobConfig":{"triggerInterval":2}})",
                   "jobConfig.triggerInterval must be between 3 and 600 (actual: 2)"},
        ConfigCase{"LogParameter", "log",
                   R"({"sourceConfig":{"logstore":"s"},"functionParameter":[]})",
                   "functionParameter must be an object"},
        ConfigCase{"Tablestore", "tablestore", "{}", ""},
        ConfigCase{
            "Cdn", "cdn_events",
            R"({"eventName":"LogFileCreated","eventVersion":"1.0.0","notes":"n","filter":{"domain":["a.example"]}})",
            ""},
        ConfigCase{"CdnNothing", "cdn_events", "{}", "eventName is required"},
        ConfigCase{
            "Mns", "mns_topic",
            R"({"notifyContentFormat":"JSON","notifyStrategy":"BACKOFF_RETRY","filterTag":"t"})",
            ""},
        ConfigCase{"MnsNothing", "mns_topic", "{}", ""},
        ConfigCase{"MnsTag", "mns_topic", R"({"filterTag":"12345678901234567"})",
                   "filterTag must have at most 16 characters (actual: 17)"},
        ConfigCase{"EventBridge", "eventbridge", eventBridge(R"("triggerEnable":true,)", "MNS"),
                   ""},
        ConfigCase{"EventBridgePattern", "eventbridge",
                   eventBridge(R"("eventRuleFilterPattern":"{\"source\":[\"a\"]}",)"), ""},
        ConfigCase{"EventBridgeBadPattern", "eventbridge",
                   eventBridge(R"("eventRuleFilterPattern":"[]",)"),
                   "eventRuleFilterPattern must be a JSON object"},
        ConfigCase{"EventBridgeType", "eventbridge", eventBridge("", "Pigeon"),
                   "eventSourceConfig.eventSourceType is set to an invalid value (allowed: Default "
                   "| MNS | RocketMQ | RabbitMQ | Kafka | DTS, actual: 'Pigeon')"}),
    [](const auto& info) { return info.param.name; });

TEST(TriggerConfigs, AreMergedMemberByMember) {
  const std::string log =
      R"({"sourceConfig":{"logstore":"src"},"jobConfig":{"maxRetryTime":3,"triggerInterval":60},"functionParameter":{"a":[null,"b"]},"enable":true})";

  EXPECT_EQ(
      merged("log", log, R"({"jobConfig":{"maxRetryTime":5},"enable":null})"),
      R"({"sourceConfig":{"logstore":"src"},"jobConfig":{"maxRetryTime":5},"functionParameter":{"a":[null,"b"]},"enable":true})");
  EXPECT_EQ(merged("log", log, R"({"sourceConfig":{}})"), "sourceConfig.logstore is required");
  EXPECT_EQ(merged("http", R"({"authType":"anonymous"})", R"({"authType":"jwt"})"),
            "authConfig is required for authType jwt");
  EXPECT_EQ(merged("cdn_events", R"({"eventName":"LogFileCreated","notes":"n"})",
                   R"({"notes":"","filter":{}})"),
            R"({"eventName":"LogFileCreated","notes":"","filter":{}})");
}

TEST(TriggerConfigs, AreReadWithTheirDefaults) {
  Trigger trigger;
  trigger.triggerConfig.text = R"({"cronExpression":"@every 5m"})";
  EXPECT_TRUE(configOf<TimerTriggerConfig>(trigger).enabled());
  trigger.triggerConfig.text = "{}";
  EXPECT_EQ(configOf<MnsTriggerConfig>(trigger).contentFormat(), "STREAM");
  EXPECT_EQ(configOf<MnsTriggerConfig>(trigger).strategy(), "BACKOFF_RETRY");
  trigger.triggerConfig.text = R"({"authType":"anonymous"})";
  EXPECT_TRUE(configOf<HttpTriggerConfig>(trigger).allows("PATCH"));
  trigger.triggerConfig.text = R"({"authType":"anonymous","methods":["GET"]})";
  EXPECT_TRUE(configOf<HttpTriggerConfig>(trigger).allows("GET"));
  EXPECT_FALSE(configOf<HttpTriggerConfig>(trigger).allows("HEAD"));
}

TEST(TriggerType, IsOneOfEight) {
  for (const std::string_view name : triggerTypes) EXPECT_NE(findTriggerType(name), nullptr);
  for (const char* name : {"", "rds", "HTTP", "datahub"})
    EXPECT_EQ(findTriggerType(name), nullptr) << name;
}

TEST(SourceArn, HasTheFormOfItsType) {
  struct Case {
    const char* type;
    const char* arn;
    bool good;
  };
  for (const Case& it : std::initializer_list<Case>{
           {"oss", "acs:oss:cn-hangzhou:1000:photos", true},
           {"oss", "acs:oss:::photos", true},
           {"oss", "acs:oss:cn-hangzhou:2000:photos", false},
           {"oss", "acs:oss:cn-hangzhou:1000:", false},
           {"oss", "acs:oss:cn-hangzhou:1000:a,b", false},
           {"oss", "acs:oss:cn-hangzhou:1000:a/b", false},
           {"oss", "acs:log:cn-hangzhou:1000:photos", false},
           {"oss", "arn:oss:cn-hangzhou:1000:photos", false},
           {"oss", "photos", false},
           {"oss", "", false},
           {"log", "acs:log:cn-hangzhou:1000:project/p", true},
           {"log", "acs:log:cn-hangzhou:1000:project/", false},
           {"tablestore", "acs:ots:cn-hangzhou:1000:instance/i/table/t", true},
           {"tablestore", "acs:ots:cn-hangzhou:1000:instance/i", false},
           {"cdn_events", "acs:cdn:*:1000", true},
           {"cdn_events", "acs:cdn:*:1000:x", false},
           {"cdn_events", "acs:cdn:*", false},
           {"mns_topic", "acs:mns:cn-hangzhou:1000:/topics/t", true},
           {"mns_topic", "acs:mns:cn-hangzhou:1000:/queues/t", false},
       }) {
    EXPECT_EQ(sourceProblem(*findTriggerType(it.type), it.arn, "1000").empty(), it.good)
        << it.type << " " << it.arn;
  }
  EXPECT_EQ(sourceProblem(*findTriggerType("oss"), "acs:oss:r:2000:b", "1000"),
            "sourceArn: account '2000' is not the caller's");
}

TEST(SourceArn, OfEventBridgeIsComputed) {
  Trigger trigger;
  trigger.triggerName = "t";
  trigger.accountId = "1000";
  trigger.serviceName = "s";
  trigger.functionName = "f";
  trigger.triggerConfig.text = R"({"eventSourceConfig":{"eventSourceType":"Default"}})";
  EXPECT_EQ(eventBridgeArn(trigger, "cn-hangzhou"),
            "acs:eventbridge:cn-hangzhou:1000:eventbus/default/rule/s-f-t");
  trigger.triggerConfig.text = R"({"eventSourceConfig":{"eventSourceType":"RocketMQ"}})";
  EXPECT_EQ(eventBridgeArn(trigger, "cn-hangzhou"),
            "acs:eventbridge:cn-hangzhou:1000:eventbus/RocketMQ-f-t/rule/s-f-t");
}

TEST(Trigger, IsTheSameAfterTheStore) {
  Trigger trigger;
  trigger.triggerName = "t";
  trigger.triggerConfig.text = R"({"payload":"\"","deep":[[[]]]})";
  trigger.sourceArn = "acs:oss:::b";
  EXPECT_EQ(fromDocument<Trigger>(toDocument(trigger)), trigger);
}

}  // namespace
}  // namespace openfc::model
