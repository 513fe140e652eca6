#include "base/encoding.h"
#include "cli/recorder.h"
#include "cli/runner.h"

#include <boost/json.hpp>

#include <gtest/gtest.h>

namespace openfc::cli {
namespace {

namespace json = boost::json;

/// One command line and the request that it makes.
struct Case {
  std::vector<std::string> arguments;
  std::string request;
  std::string body;  // "" = none
};

TEST(Words, StandForOperationsOfTheApi) {
  const std::string function = "/2016-08-15/services/s/functions/f";
  const Case cases[] = {
      {{"version", "publish", "s", "--description", "d"},
       "POST /2016-08-15/services/s/versions",
       R"({"description":"d"})"},
      {{"version", "list", "s"}, "GET /2016-08-15/services/s/versions", ""},
      {{"version", "delete", "s", "2"}, "DELETE /2016-08-15/services/s/versions/2", ""},
      {{"alias", "list", "s"}, "GET /2016-08-15/services/s/aliases", ""},
      {{"alias", "delete", "s", "prod"}, "DELETE /2016-08-15/services/s/aliases/prod", ""},
      {{"provision", "set", "s.prod/f", "3"},
       "PUT /2016-08-15/services/s.prod/functions/f/provision-config",
       R"({"target":3})"},
      {{"provision", "get", "s.prod/f"},
       "GET /2016-08-15/services/s.prod/functions/f/provision-config",
       ""},
      {{"provision", "list", "--serviceName", "s"},
       "GET /2016-08-15/provision-configs?serviceName=s",
       ""},
      {{"trigger", "create", "s/f", "t", "--triggerType", "http", "--triggerConfig", R"({"a":1})"},
       "POST " + function + "/triggers",
       R"({"triggerName":"t","triggerType":"http","triggerConfig":{"a":1}})"},
      {{"trigger", "list", "s/f"}, "GET " + function + "/triggers", ""},
      {{"trigger", "get", "s/f", "t"}, "GET " + function + "/triggers/t", ""},
      {{"trigger", "delete", "s/f", "t"}, "DELETE " + function + "/triggers/t", ""},
      {{"domain", "create", "a.example", "--protocol", "HTTP"},
       "POST /2016-08-15/custom-domains",
       R"({"domainName":"a.example","protocol":"HTTP"})"},
      {{"domain", "delete", "a.example"}, "DELETE /2016-08-15/custom-domains/a.example", ""},
      {{"tag", "add", "s", "a=1", "b=2=3"},
       "POST /2016-08-15/tag",
       R"({"resourceArn":"services/s","tags":{"a":"1","b":"2=3"}})"},
      {{"tag", "list", "s"}, "GET /2016-08-15/tag?resourceArn=services%2Fs", ""},
      {{"tag", "remove", "s", "a", "b"},
       "DELETE /2016-08-15/tag",
       R"({"resourceArn":"services/s","tagKeys":["a","b"]})"},
      {{"tag", "remove", "s", "--all"},
       "DELETE /2016-08-15/tag",
       R"({"resourceArn":"services/s","all":true})"},
      {{"instance", "list", "s/f"}, "GET " + function + "/instances", ""},
      {{"layer", "list"}, "GET /2016-08-15/layers", ""},
      {{"layer", "versions", "l"}, "GET /2016-08-15/layers/l/versions", ""},
      {{"layer", "delete", "l", "2"}, "DELETE /2016-08-15/layers/l/versions/2", ""},
  };
  for (const Case& row : cases) {
    Recorder recorder([](const auto&) { return http::Response{.body = "{}"}; });
    std::vector<std::string> arguments = row.arguments;
    arguments.insert(arguments.end(), {"--endpoint", recorder.endpoint()});

    const Ran ran = runCommand(arguments, {});

    ASSERT_EQ(ran.status, 0) << row.request << ": " << ran.err;
    const http::Request request = recorder.requests().at(0);
    EXPECT_EQ(request.method + " " + request.target, row.request);
    if (row.body.empty()) {
      EXPECT_EQ(request.body, "") << row.request;
    } else {
      EXPECT_EQ(json::parse(request.body), json::parse(row.body));
    }
  }
}

TEST(Words, PublishADirectoryAsALayer) {
  const TemporaryDirectory directory;
  directory.write("python/a.py", "a = 1\n");
  Recorder recorder([](const auto&) { return http::Response{.body = "{}"}; });

  const Ran ran = runCommand({"layer", "publish", "l", directory.path().string(),
                              "--compatibleRuntime", "python3", "--endpoint", recorder.endpoint()},
                             {});

  ASSERT_EQ(ran.status, 0) << ran.err;
  const http::Request request = recorder.requests().at(0);
  EXPECT_EQ(request.method + " " + request.target, "POST /2016-08-15/layers/l/versions");
  const json::value body = json::parse(request.body);
  EXPECT_EQ(body.at("compatibleRuntime"), json::parse(R"(["python3"])"));
  EXPECT_TRUE(fromBase64(body.at("code").at("zipFile").as_string()).value_or("").starts_with("PK"));
}

TEST(Words, SetAnAliasWhetherItIsThereOrNot) {
  Recorder recorder([](const http::Request& request) {
    if (request.method == "PUT")
      return http::Response{.status = 404,
                            .body = R"({"ErrorCode":"AliasNotFound","ErrorMessage":"none"})"};
    return http::Response{.body = "{}"};
  });

  const Ran ran = runCommand(
      {"alias", "set", "s", "prod", "2", "--canary", "3=20%", "--endpoint", recorder.endpoint()},
      {});

  ASSERT_EQ(ran.status, 0) << ran.err;
  const auto& requests = recorder.requests();
  EXPECT_EQ(requests.at(0).target, "/2016-08-15/services/s/aliases/prod");
  EXPECT_EQ(json::parse(requests.at(0).body),
            json::parse(R"({"versionId":"2","additionalVersionWeight":{"3":0.2}})"));
  EXPECT_EQ(requests.at(1).method + " " + requests.at(1).target,
            "POST /2016-08-15/services/s/aliases");
  EXPECT_EQ(json::parse(requests.at(1).body).at("aliasName"), "prod");
  for (const char* wrong : {"3", "3=20", "=20%", "3=120%", "3=x%"})
    EXPECT_EQ(runCommand({"alias", "set", "s", "prod", "2", "--canary", wrong}, {}).status, 2);
}

TEST(Words, LeaveTheBareVersionToTheProgram) {
  EXPECT_TRUE(runCommand({"version"}, {}).out.starts_with("openfc 0."));
  EXPECT_TRUE(runCommand({"--version"}, {}).out.starts_with("openfc 0."));
}

}  // namespace
}  // namespace openfc::cli
