#include "base/error.h"
#include "model/alias.h"
#include "model/function.h"
#include "model/function_rules.h"
#include "model/keys.h"
#include "model/names.h"
#include "model/service.h"
#include "model/version.h"

#include <gtest/gtest.h>

namespace openfc::model {
namespace {

std::string problemOf(std::string_view body) {
  try {
    schema::fromText<FunctionConfig>(body);
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

TEST(FunctionConfig, HasTheDocumentedDefaults) {
  const auto config =
      schema::fromText<FunctionConfig>(R"({"runtime":"python3","handler":"index.handler"})");

  EXPECT_EQ(
      schema::toText(config),
      R"({"description":"","runtime":"python3","handler":"index.handler","initializer":"","timeout":60,)"
      R"("initializationTimeout":3,"memorySize":128,"environmentVariables":{},"instanceConcurrency":1,)"
      R"("instanceSoftConcurrency":null,"instanceType":"e1","caPort":null,"customContainerConfig":null,)"
      R"("customRuntimeConfig":null,"customDNS":null,"customHealthCheckConfig":null,)"
      R"("instanceLifecycleConfig":null,"layers":null,"gpuMemorySize":null,"cpu":null,"diskSize":null})");
}

struct Case {
  std::string_view member;   // added to a sound configuration
  std::string_view message;  // what the refusal holds; "" = accepted
};

class FunctionRule : public testing::TestWithParam<Case> {};

TEST_P(FunctionRule, IsKept) {
  const std::string message = problemOf(R"({"runtime":"python3","handler":"index.handler",)" +
                                        std::string(GetParam().member) + "}");

  if (GetParam().message.empty()) {
    EXPECT_EQ(message, "");
  } else {
    EXPECT_NE(message.find(GetParam().message), std::string::npos) << message;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, FunctionRule,
    testing::Values(
        Case{R"("memorySize":128)", ""}, Case{R"("memorySize":3072)", ""},
        Case{R"("memorySize":32768)", ""},
        Case{R"("memorySize":64)", "memorySize must be at least 128"},
        Case{R"("memorySize":100)", "The value must be a multiple of 64 MB"},
        Case{R"("memorySize":130)", "The value must be a multiple of 64 MB"},
        Case{R"("memorySize":3136)",
             "Memory is set to an invalid value (allowed: 4096 | 8192 | 16384 | 32768, actual: "
             "'3136')"},
        Case{R"("runtime":"10")", "Runtime is set to an invalid value (allowed: nodejs4.4 | "},
        Case{R"("runtime":"nodejs4.4")", ""}, Case{R"("runtime":"custom.debian10")", ""},
        Case{R"("timeout":0)", "timeout must be between 1 and 86400 (actual: 0)"},
        Case{R"("timeout":86400)", ""}, Case{R"("timeout":86401)", "timeout must be"},
        Case{R"("timeout":"120")", ""},
        Case{R"("initializationTimeout":301)", "initializationTimeout must be between 1 and 300"},
        Case{R"("handler":"")", "handler must not be empty"},
        Case{R"("environmentVariables":{"A_1":"x y~"})", ""},
        Case{R"("environmentVariables":{"PATH":"/code"})", ""},
        Case{R"("environmentVariables":{"A":""})",
             "Environment variable value doesn't match expected format (allowed: ^[[:print:]]+$, "
             "actual: '')"},
        Case{R"("environmentVariables":{"A":"a\nb"})", "actual: '***')"},
        Case{R"("environmentVariables":{"_A":"x"})",
             "Environment variable name doesn't match expected format"},
        Case{R"("environmentVariables":{"FC_X":"x"})", "the name 'FC_X' is reserved"},
        Case{R"("environmentVariables":{"topic":"x"})", "the name 'topic' is reserved"},
        Case{R"("instanceConcurrency":0)", "instanceConcurrency must be between 1 and 100"},
        Case{R"("instanceConcurrency":100)", ""},
        Case{R"("instanceType":"x")", "InstanceType is set to an invalid"},
        Case{R"("caPort":0)", "caPort must be between 1 and 65535"}, Case{R"("CAPort":9000)", ""},
        Case{R"("cpu":0.35)", ""}, Case{R"("cpu":0.33)", "cpu must be a multiple of 0.05"},
        Case{R"("diskSize":512)", ""},
        Case{R"("diskSize":513)", "diskSize is set to an invalid value"},
        Case{R"("gpuMemorySize":1500)", "gpuMemorySize must be a multiple of 1024"},
        Case{R"("customContainerConfig":{"image":"i","command":"[\"a\"]"})", ""},
        Case{R"("customContainerConfig":{"image":"i","command":"a"})",
             "must be texts of JSON arrays"},
        Case{R"("customHealthCheckConfig":{"timeoutSeconds":4})",
             "customHealthCheckConfig.timeoutSeconds must be between 1 and 3"},
        Case{R"("instanceLifecycleConfig":{"preFreeze":{"handler":""},"preStop":{"handler":""}})",
             ""},
        Case{R"("InstanceLifecycleConfig":{"PreFreeze":{"Handler":"a.b","timeout":91}})",
             "instanceLifecycleConfig.preFreeze.timeout must be between 1 and 90"},
        Case{R"("customDNS":{"nameServers":null,"searches":null,"dnsOptions":null})", ""},
        Case{R"("layers":[],"initializer":"","instanceSoftConcurrency":null)", ""},
        Case{R"("name":"x","service":{},"import":false,"headers":{"Authorization":"FC a:b"})",
             ""}));

TEST(FunctionConfig, RefusesMoreThanFourKilobytesOfVariables) {
  const auto body = [](std::size_t size) {
    return R"({"runtime":"python3","handler":"h","environmentVariables":{"AB":")" +
           std::string(size, 'x') + R"("}})";
  };

  EXPECT_EQ(problemOf(body(4094)), "");
  EXPECT_EQ(problemOf(body(4095)),
            "environmentVariables must have at most 4096 bytes together (actual: 4097)");
}

TEST(FunctionConfig, IsCheckedAsAWhole) {
  FunctionConfig config{.runtime = "custom-container", .instanceSoftConcurrency = 5};
  schema::Problems problems;

  check(config, problems);

  EXPECT_EQ(problems.text(),
            "instanceSoftConcurrency must be at most instanceConcurrency (1, actual: 5); "
            "customContainerConfig.image is required for the runtime custom-container");
}

TEST(Function, SurvivesTheStoreAndHidesWhatIsStoredOnly) {
  Function function{.functionName = "f",
                    .functionId = "id",
                    .codeSize = 7,
                    .packageDigest = "abc",
                    .generation = 3};
  function.config = {.runtime = "custom", .handler = "h", .caPort = 8080, .cpu = 0.35};
  function.config.environmentVariables = {{"A", "b"}};
  function.config.customContainerConfig =
      CustomContainerConfig{.image = "i", .accelerationType = "Default"};
  function.config.instanceLifecycleConfig =
      InstanceLifecycleConfig{.preStop = {.handler = "a.b", .timeout = 9}};
  function.config = settled(function.config);

  const auto again = fromDocument<Function>(toDocument(function));
  const std::string shown = schema::toText(function);

  EXPECT_EQ(again, function);
  EXPECT_EQ(again.config.customContainerConfig->accelerationInfo, AccelerationInfo{"Ready"});
  EXPECT_EQ(shown.find("abc"), std::string::npos);
  EXPECT_EQ(shown.find("generation"), std::string::npos);
}

TEST(Service, HasEveryMemberOfTheWireAlsoWhenNothingIsSet) {
  Service service{.serviceName = "s", .serviceId = "id"};
  service.config = settled(service.config);

  EXPECT_EQ(
      schema::toText(service),
      R"({"serviceName":"s","serviceId":"id","description":"","role":"","internetAccess":true,"logConfig":{"project":"",)"
      R"("logstore":"","enableRequestMetrics":false,"enableInstanceMetrics":false},"vpcConfig":)"
      R"({"vpcId":"","vSwitchIds":[],"securityGroupId":"","role":""},"nasConfig":{"userId":-1,"groupId":-1,)"
      R"("mountPoints":[]},"ossMountConfig":{"mountPoints":[]},"tracingConfig":{"type":null,"params":null},)"
      R"("createdTime":"1970-01-01T00:00:00Z","lastModifiedTime":"1970-01-01T00:00:00Z"})");
}

TEST(ServiceConfig, ReadsWhatClientsSend) {
  const auto config = schema::fromText<ServiceConfig>(
      R"({"NasConfig":{"UserId":"-1","GroupId":-1,"MountPoints":[{"ServerAddr":"a:/","MountDir":"/m"}]},)"
      R"("vpcConfig":{"vpcId":"v","vswitchIds":["a"],"securityGroupId":"s"},"logConfig":{"project":"p","logStore":"l"},)"
      R"("tracingConfig":{"type":"Jaeger","params":{"endpoint":"http://e"}}})");

  EXPECT_EQ(config.nasConfig.userId, -1);
  EXPECT_EQ(config.nasConfig.mountPoints.at(0).mountDir, "/m");
  EXPECT_EQ(config.vpcConfig.vSwitchIds, std::vector<std::string>{"a"});
  EXPECT_EQ(config.logConfig.logstore, "l");
  EXPECT_EQ(config.tracingConfig.params->at("endpoint"), "http://e");
}

TEST(ServiceConfig, WantsAnEndpointForTraces) {
  const auto accepted = [](TracingConfig tracing) {
    ServiceConfig config;
    config.tracingConfig = std::move(tracing);
    schema::Problems found;
    check(config, found);
    return found.empty();
  };

  EXPECT_TRUE(accepted({}));
  EXPECT_TRUE(accepted({"Jaeger", {{{"endpoint", "https://host:1/api/traces?token=a"}}}}));
  EXPECT_TRUE(accepted({std::nullopt, {{{"other", "x"}}}}));
  EXPECT_FALSE(accepted({"Jaeger", std::nullopt}));
  for (const char* endpoint : {"host", "ftp://host", "http://", "http://?x", "http://a\nb"}) {
    EXPECT_FALSE(accepted({std::nullopt, {{{"endpoint", endpoint}}}})) << endpoint;
  }
}

TEST(ServiceConfig, SwitchesRequestMetricsOnWithALogstore) {
  ServiceConfig config;
  config.logConfig = {.project = "p", .logstore = "l"};

  EXPECT_EQ(settled(config).logConfig.enableRequestMetrics, true);
  EXPECT_EQ(settled(config).logConfig.enableInstanceMetrics, false);
  config.logConfig.enableRequestMetrics = false;
  EXPECT_EQ(settled(config).logConfig.enableRequestMetrics, false);
}

TEST(ServiceConfig, NeedsALogstoreForRequestMetrics) {
  ServiceConfig config;
  config.logConfig.enableRequestMetrics = true;
  schema::Problems problems;

  check(config, problems);

  EXPECT_EQ(problems.text(),
            "Both project and logstore are required for enabling request metrics.");
}

TEST(Names, FollowThePattern) {
  for (const std::string_view good : {"a", "_", "A-b_9"})
    EXPECT_TRUE(namePattern.matches(good)) << good;
  for (const std::string_view bad : {"", "9a", "-a", "a.b", "a/b", "ä", "a b"}) {
    EXPECT_FALSE(namePattern.matches(bad)) << bad;
  }
}

TEST(Names, TellKindsOfQualifiers) {
  EXPECT_EQ(kindOf(""), QualifierKind::latest);
  EXPECT_EQ(kindOf("LATEST"), QualifierKind::latest);
  EXPECT_EQ(kindOf("12"), QualifierKind::version);
  EXPECT_EQ(kindOf("prod"), QualifierKind::alias);
}

TEST(Names, GiveEachVersionOneName) {
  EXPECT_EQ(versionNumber("1"), 1);
  EXPECT_EQ(versionNumber("2147483647"), 2147483647);
  for (const std::string_view bad : {"", "0", "01", "-1", "+1", " 1", "1 ", "2147483648", "a"})
    EXPECT_EQ(versionNumber(bad), std::nullopt) << bad;
}

TEST(Keys, KeepVersionsInTheOrderOfTheirNumbers) {
  EXPECT_LT(versionKey("1", "s", 9), versionKey("1", "s", 10));
  EXPECT_TRUE(versionKey("1", "s", 9).starts_with(versionsPrefix("1", "s")));
  EXPECT_EQ(publishedKey("1", "s", 9, "f"), publishedPrefix("1", "s", 9) + "f");
}

TEST(Alias, SharesInvocationsByWeight) {
  struct Case {
    VersionWeights weights;
    double random;
    std::string_view version;
  };
  const Case cases[] = {
      {{}, 0.0, "1"},
      {{{"2", 0.25}}, 0.0, "2"},
      {{{"2", 0.25}}, 0.2499, "2"},
      {{{"2", 0.25}}, 0.25, "1"},
      {{{"2", 0.25}}, 0.9999, "1"},
      {{{"2", 0.0}}, 0.0, "1"},
      {{{"2", 1.0}}, 0.9999, "2"},
      {{{"1", 1.0}}, 0.5, "1"},
      {{{"2", 0.25}, {"3", 0.25}}, 0.24, "2"},
      {{{"2", 0.25}, {"3", 0.25}}, 0.25, "3"},
      {{{"2", 0.25}, {"3", 0.25}}, 0.5, "1"},
  };

  for (const Case& one : cases) {
    const AliasConfig alias{.versionId = "1", .additionalVersionWeight = one.weights};
    EXPECT_EQ(chooseVersion(alias, one.random), one.version) << one.random;
  }
  EXPECT_EQ(chooseVersion({.versionId = "1"}, 0.5), "1");
}

TEST(Alias, TakesSharesThatAreOneInDecimals) {
  EXPECT_NO_THROW(schema::fromText<AliasConfig>(
      R"({"versionId":"1","additionalVersionWeight":{"2":0.7,"3":0.1,"4":0.2}})"));
  EXPECT_THROW(schema::fromText<AliasConfig>(
                   R"({"versionId":"1","additionalVersionWeight":{"2":0.7,"3":0.31}})"),
               Error);
}

TEST(Version, IsNamedByAllThatIsSet) {
  const Service service{.serviceName = "s"};
  const Function function{.functionName = "f", .packageDigest = "d"};
  const std::string digest = contentDigest(service, {function});
  Service laterService = service;
  Function laterFunction = function;
  laterService.lastModifiedTime = laterFunction.lastModifiedTime = Time(std::chrono::hours(1));
  laterFunction.generation = 7;
  Service otherService = service;
  otherService.config.role = "r";
  Function otherFunction = function;
  otherFunction.packageDigest = "e";

  EXPECT_EQ(contentDigest(laterService, {laterFunction}), digest);
  EXPECT_NE(contentDigest(otherService, {function}), digest);
  EXPECT_NE(contentDigest(service, {otherFunction}), digest);
  EXPECT_NE(contentDigest(service, {}), digest);
}

TEST(Keys, StandUnderTheirPrefixes) {
  EXPECT_EQ(serviceKey("1", "s"), servicesPrefix("1") + "s");
  EXPECT_EQ(functionKey("1", "s", "f"), functionsPrefix("1", "s") + "f");
  EXPECT_FALSE(functionKey("1", "s2", "f").starts_with(functionsPrefix("1", "s")));
}

}  // namespace
}  // namespace openfc::model
