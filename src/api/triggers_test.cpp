#include "api/test_api.h"
#include "model/keys.h"
#include "model/trigger.h"

namespace openfc::api {
namespace {

constexpr const char* timer =
    R"("triggerType":"timer","triggerConfig":{"cronExpression":"@every 5m"})";
constexpr const char* http =
    R"("triggerType":"http","triggerConfig":{"authType":"anonymous","methods":["GET"]})";
constexpr const char* oss =
    R"("triggerType":"oss","triggerConfig":{"events":["oss:ObjectCreated:*"]},)"
    R"("sourceArn":"acs:oss:cn-hangzhou:1000:photos","invocationRole":"acs:ram::1000:role/r")";

class TriggersApiTest : public ApiTest {
public:
  TriggersApiTest() {
    createService("s");
    createFunction("s", "f");
  }

  Answer create(const std::string& name, const std::string& body,
                const std::string& function = "f") {
    return call("CreateTrigger", {.path = {{"serviceName", "s"}, {"functionName", function}},
                                  .body = R"({"triggerName":")" + name + "\"," + body + "}"});
  }
  Task<> createMeanwhile(std::string name, std::string body) {
    EXPECT_EQ(create(name, body).status(), 200);
    co_return;
  }
  Answer named(const std::string& operation, const std::string& name, const std::string& body = "",
               const std::string& ifMatch = "") {
    Ask ask{.path = {{"serviceName", "s"}, {"functionName", "f"}, {"triggerName", name}},
            .body = body};
    if (!ifMatch.empty()) ask.headers.push_back({"If-Match", ifMatch});
    return call(operation, ask);
  }
  Answer get(const std::string& name) { return named("GetTrigger", name); }
  Answer update(const std::string& name, const std::string& body, const std::string& ifMatch = "") {
    return named("UpdateTrigger", name, body, ifMatch);
  }
  Answer remove(const std::string& name, const std::string& ifMatch = "") {
    return named("DeleteTrigger", name, "", ifMatch);
  }
  /// The keys under which what fires them finds triggers.
  std::string sources() {
    std::string out;
    for (const auto& document : loop.await(documents.page("trigger-source/", "", 100)))
      out += document.key.substr(15) + " ";
    return out;
  }
  /// The trigger as its source finds it.
  model::Trigger atSource(const std::string& key) {
    return model::fromDocument<model::Trigger>(
        loop.await(documents.find("trigger-source/" + key)).value().value);
  }
};

TEST_F(TriggersApiTest, AreCreatedAndRead) {
  const Answer answer = create("t", std::string(oss) + R"(,"description":"d")");

  ASSERT_EQ(answer.status(), 200) << answer.message();
  const std::string id = answer.text("triggerId");
  EXPECT_EQ(id.size(), 36U);
  EXPECT_EQ(
      answer.response.body,
      R"({"triggerName":"t","triggerId":")" + id +
          R"(","description":"d","triggerType":"oss","triggerConfig":{"events":["oss:ObjectCreated:*"]},"sourceArn":"acs:oss:cn-hangzhou:1000:photos","invocationRole":"acs:ram::1000:role/r","qualifier":null,"createdTime":"2022-03-01T08:00:00Z","lastModifiedTime":"2022-03-01T08:00:00Z"})");
  EXPECT_EQ(get("t").response.body, answer.response.body);
  EXPECT_EQ(get("t").header("Etag"), answer.header("Etag"));
  EXPECT_EQ(answer.header("Etag").size(), 32U);
}

TEST_F(TriggersApiTest, HaveASourceAndARoleWhenTheirTypeHas) {
  const Answer neither =
      create("t", R"("triggerType":"oss","triggerConfig":{"events":["oss:ObjectCreated:*"]})");
  EXPECT_EQ(neither.code(), "InvalidArgument");
  EXPECT_EQ(neither.message(), "sourceArn is required; invocationRole is required");
  EXPECT_EQ(create("t", std::string(timer) + R"(,"sourceArn":"dummy","invocationRole":"dummy")")
                .text("sourceArn"),
            "null");
  EXPECT_EQ(get("t").text("invocationRole"), "");
}

TEST_F(TriggersApiTest, OfHttpSayWhereTheyAreCalled) {
  const Answer answer = create("t", http);

  EXPECT_EQ(answer.text("urlInternet"), "http://fc.example:8016/2016-08-15/proxy/s/f/");
  EXPECT_EQ(answer.text("urlIntranet"), answer.text("urlInternet"));
  EXPECT_EQ(answer.text("domainName"), "fc.example");
  parts.settings.publicUrl = "https://fc.example.com/";
  EXPECT_EQ(get("t").text("urlInternet"), "https://fc.example.com/2016-08-15/proxy/s/f/");
  EXPECT_EQ(get("t").text("domainName"), "fc.example.com");
}

TEST_F(TriggersApiTest, OfEventBridgeHaveAComputedSource) {
  const Answer answer = create(
      "t",
      R"("triggerType":"eventbridge","triggerConfig":{"eventSourceConfig":{"eventSourceType":"MNS"}})");
  EXPECT_EQ(answer.text("sourceArn"),
            "acs:eventbridge:cn-hangzhou:1000:eventbus/MNS-f-t/rule/s-f-t");

  const Answer changed =
      update("t", R"({"triggerConfig":{"eventSourceConfig":{"eventSourceType":"Default"}}})");
  EXPECT_EQ(changed.text("sourceArn"),
            "acs:eventbridge:cn-hangzhou:1000:eventbus/default/rule/s-f-t");
  EXPECT_EQ(sources(), "eventbridge/1000/eventbus/default/rule/s-f-t,s/f/t ");
}

TEST_F(TriggersApiTest, TakeTheTextOfAnObject) {
  EXPECT_EQ(
      create("t", R"("triggerType":"timer","triggerConfig":"{\"cronExpression\":\"@every 5m\"}")")
          .text("triggerConfig"),
      R"({"cronExpression":"@every 5m"})");
  for (const char* config : {R"("[]")", "[]", "3", R"("{")", R"("")", "null"}) {
    EXPECT_EQ(create("u", std::string(R"("triggerType":"timer","triggerConfig":)") + config).code(),
              "InvalidArgument")
        << config;
  }
}

TEST_F(TriggersApiTest, MayHaveParametersAsDeepAsABody) {
  const std::string deep = std::string(61, '[') + std::string(61, ']');
  const Answer answer = create(
      "t", R"("triggerType":"log","triggerConfig":{"sourceConfig":{"logstore":"l"},)"
           R"("functionParameter":{"a":)" +
               deep + "}}," + R"("sourceArn":"acs:log:r:1000:project/p","invocationRole":"r")");
  ASSERT_EQ(answer.status(), 200) << answer.message();
  EXPECT_EQ(get("t").response.body, answer.response.body);
}

TEST_F(TriggersApiTest, RefuseUnknownTypesAndNames) {
  EXPECT_EQ(create("t", R"("triggerType":"rds","triggerConfig":{})").code(), "InvalidArgument");
  EXPECT_EQ(create("1t", timer).message(),
            "TriggerName doesn't match expected format (allowed: ^[_a-zA-Z][-_a-zA-Z0-9]*$, "
            "actual: '1t')");
  EXPECT_EQ(create("t", std::string(timer) + R"(,"qualifier":"a/b")").code(), "InvalidArgument");
}

TEST_F(TriggersApiTest, NeedTheirParents) {
  EXPECT_EQ(create("t", timer, "g").code(), "FunctionNotFound");
  EXPECT_EQ(create("t", std::string(timer) + R"(,"qualifier":"7")").code(), "VersionNotFound");
  EXPECT_EQ(create("t", std::string(timer) + R"(,"qualifier":"prod")").code(), "AliasNotFound");
  EXPECT_EQ(create("t", std::string(timer) + R"(,"qualifier":"LATEST")").text("qualifier"),
            "LATEST");
  for (const char* operation : {"GetTrigger", "UpdateTrigger", "DeleteTrigger"})
    EXPECT_EQ(named(operation, "nothing", "{}").code(), "TriggerNotFound") << operation;
  EXPECT_EQ(get("nothing").message(),
            "trigger 'nothing' does not exist in function 'f' of service 's'");
  EXPECT_EQ(call("ListTriggers", {.path = {{"serviceName", "s"}, {"functionName", "g"}}}).code(),
            "FunctionNotFound");
  EXPECT_EQ(call("GetTrigger",
                 {.path = {{"serviceName", "x"}, {"functionName", "f"}, {"triggerName", "t"}}})
                .code(),
            "ServiceNotFound");
}

TEST_F(TriggersApiTest, ExcludeEachOther) {
  create("t", timer);
  EXPECT_EQ(create("t", timer).code(), "TriggerAlreadyExists");
  EXPECT_EQ(create("u", http).code(), "InvalidArgument");
  createFunction("s", "g");
  EXPECT_EQ(create("h", http, "g").status(), 200);
  EXPECT_EQ(create("i", http, "g").message(),
            "an HTTP trigger is the only trigger of its function under a qualifier");
  EXPECT_EQ(create("i", std::string(http) + R"(,"qualifier":"LATEST")", "g").code(),
            "InvalidArgument");
  EXPECT_EQ(create("i", timer, "g").message(),
            "a function has either HTTP triggers or triggers of other types");
}

TEST_F(TriggersApiTest, ExcludeEachOtherWhenTheyComeAtOnce) {
  documents.beforeCommit.emplace_back([this] { return createMeanwhile("first", http); });
  EXPECT_EQ(create("second", timer).code(), "InvalidArgument");
  EXPECT_EQ(get("second").code(), "TriggerNotFound");
}

TEST_F(TriggersApiTest, AreLimited) {
  parts.settings.maxTriggersPerFunction = 2;
  create("a", timer);
  create("b", timer);
  const Answer third = create("c", timer);
  EXPECT_EQ(third.code(), "LimitExceededError");
  EXPECT_EQ(third.message(), "the number of triggers exceeds the limit (2)");
  remove("a");
  EXPECT_EQ(create("c", timer).status(), 200);
}

TEST_F(TriggersApiTest, AreMergedByUpdates) {
  const Answer before = create("t", std::string(oss) + R"(,"description":"d")");
  clock.time += std::chrono::minutes(5);

  const Answer after = update(
      "t", R"({"triggerConfig":{"filter":{"key":{"suffix":".png"}}},"invocationRole":"other",)"
           R"("description":null,"qualifier":null,"triggerType":"oss"})");

  ASSERT_EQ(after.status(), 200) << after.message();
  EXPECT_EQ(after.text("triggerConfig"),
            R"({"events":["oss:ObjectCreated:*"],"filter":{"key":{"suffix":".png"}}})");
  EXPECT_EQ(after.text("invocationRole"), "other");
  EXPECT_EQ(after.text("description"), "d");
  EXPECT_EQ(after.text("createdTime"), before.text("createdTime"));
  EXPECT_EQ(after.text("lastModifiedTime"), "2022-03-01T08:05:00Z");
  EXPECT_EQ(after.text("triggerId"), before.text("triggerId"));
  EXPECT_NE(after.header("Etag"), before.header("Etag"));
  EXPECT_EQ(get("t").response.body, after.response.body);
  EXPECT_EQ(update("t", R"({"description":""})").text("description"), "");
}

TEST_F(TriggersApiTest, KeepWhatUpdatesCannotChange) {
  create("t", oss);
  EXPECT_EQ(update("t", R"({"triggerType":"timer"})").message(), "triggerType cannot be changed");
  EXPECT_EQ(update("t", R"({"sourceArn":"acs:oss:r:1000:other"})").code(), "InvalidArgument");
  EXPECT_EQ(update("t", R"({"triggerName":"u"})").code(), "InvalidArgument");
  EXPECT_EQ(update("t", R"({"triggerConfig":{"events":["oss:None"]}})").code(), "InvalidArgument");
  EXPECT_EQ(update("t", R"({"qualifier":"7"})").code(), "VersionNotFound");
  const std::string mns =
      R"("triggerType":"mns_topic","triggerConfig":{},"sourceArn":"acs:mns:r:1000:/topics/t",)"
      R"("invocationRole":"r")";
  create("m", mns);
  EXPECT_EQ(update("m", R"({"description":"x"})").message(),
            "Updating trigger is not supported yet.");
}

TEST_F(TriggersApiTest, AreFoundByWhatFiresThem) {
  create("t", timer);
  create("o", oss);
  EXPECT_EQ(sources(), "oss/1000/photos,s/f/o timer/1000/s/f/t ");

  update("t", R"({"description":"new"})");
  EXPECT_EQ(atSource("timer/1000/s/f/t").description, "new");
  remove("t");
  EXPECT_EQ(sources(), "oss/1000/photos,s/f/o ");
}

TEST_F(TriggersApiTest, HonourIfMatch) {
  const std::string etag = create("t", timer).header("Etag");
  EXPECT_EQ(update("t", "{}", "other").code(), "PreconditionFailed");
  const std::string newer = update("t", "{}", etag).header("Etag");
  EXPECT_EQ(remove("t", etag).code(), "PreconditionFailed");
  EXPECT_EQ(remove("t", newer).status(), 200);
  EXPECT_EQ(remove("t").code(), "TriggerNotFound");
}

TEST_F(TriggersApiTest, LoseRacesUnharmed) {
  create("t", timer);
  const std::string key = model::triggersPrefix("1000", "s", "f") + "t";
  documents.beforeCommit.emplace_back([this, key] { return touch(key); });
  EXPECT_EQ(update("t", R"({"description":"x"})").code(), "ConcurrentUpdateError");
  documents.beforeCommit.emplace_back([this, key] { return touch(key); });
  EXPECT_EQ(remove("t").code(), "ConcurrentUpdateError");
  EXPECT_EQ(get("t").text("description"), "");
}

TEST_F(TriggersApiTest, AreListedByName) {
  for (const char* name : {"b", "a2", "a1", "c"}) create(name, timer);
  const auto list = [this](const std::string& query) {
    const auto page = call("ListTriggers",
                           {.path = {{"serviceName", "s"}, {"functionName", "f"}}, .query = query})
                          .json()
                          .as_object();
    std::string out;
    for (const auto& trigger : page.at("triggers").as_array())
      out += std::string(trigger.at("triggerName").as_string().c_str()) + " ";
    return out + (page.contains("nextToken") ? page.at("nextToken").as_string().c_str() : "-");
  };
  EXPECT_EQ(list(""), "a1 a2 b c -");
  EXPECT_EQ(list("limit=2"), "a1 a2 b");
  EXPECT_EQ(list("limit=2&nextToken=b"), "b c -");
  EXPECT_EQ(list("prefix=a"), "a1 a2 -");
  EXPECT_EQ(list("startKey=b"), "b c -");
}

TEST_F(TriggersApiTest, KeepTheirFunction) {
  create("t", timer);
  const Ask ask{.path = {{"serviceName", "s"}, {"functionName", "f"}}};
  EXPECT_EQ(call("DeleteFunction", ask).message(), "function 'f' has active 'triggers'.");
  remove("t");
  EXPECT_EQ(call("DeleteFunction", ask).status(), 200);
  EXPECT_EQ(loop.await(documents.page("trigger", "", 10)).size(), 0U);
}

TEST_F(TriggersApiTest, AreApartFromOtherAccounts) {
  create("t", timer);
  const Answer other = call(
      "GetTrigger", {.path = {{"serviceName", "s"}, {"functionName", "f"}, {"triggerName", "t"}},
                     .account = "2000"});
  EXPECT_EQ(other.code(), "ServiceNotFound");
}

}  // namespace
}  // namespace openfc::api
