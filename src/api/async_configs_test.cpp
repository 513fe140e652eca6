#include "api/test_api.h"
#include "model/async_config.h"
#include "model/keys.h"

namespace openfc::api {
namespace {

class AsyncConfigsTest : public ApiTest {
public:
  AsyncConfigsTest() {
    createService("s");
    createFunction("s", "f");
  }

  Answer put(const std::string& body, const std::string& service = "s",
             const std::string& function = "f") {
    return call("PutFunctionAsyncInvokeConfig",
                {.path = {{"serviceName", service}, {"functionName", function}}, .body = body});
  }
  Answer named(const std::string& operation, const std::string& service = "s",
               const std::string& function = "f", const std::string& query = "") {
    return call(operation,
                {.path = {{"serviceName", service}, {"functionName", function}}, .query = query});
  }
  Answer get(const std::string& service = "s", const std::string& function = "f") {
    return named("GetFunctionAsyncInvokeConfig", service, function);
  }
  Answer remove(const std::string& service = "s", const std::string& function = "f") {
    return named("DeleteFunctionAsyncInvokeConfig", service, function);
  }
  /// The qualifiers of a list, and its token behind them.
  std::string listed(const std::string& query = "", const std::string& service = "s") {
    const auto page =
        named("ListFunctionAsyncInvokeConfigs", service, "f", query).json().as_object();
    std::string out;
    if (const auto* configs = page.at("configs").if_array()) {
      for (const auto& config : *configs)
        out += std::string(config.at("qualifier").as_string().c_str()) + " ";
    } else {
      out = "null ";
    }
    return out + "[" + page.at("nextToken").as_string().c_str() + "]";
  }
  Task<> setAttempts(int attempts) {
    const std::string key = model::asyncConfigKey("1000", "s", "LATEST", "f");
    const auto found = co_await documents.find(key);
    if (!found) throw std::logic_error("there is no " + key);
    auto config = model::fromDocument<model::AsyncConfig>(found->value);
    config.settings.maxAsyncRetryAttempts = attempts;
    co_await write(store::put(key, model::toDocument(config)));
  }
  /// Writes a configuration of any qualifier past the API.
  void plant(const std::string& service, const std::string& qualifier, const std::string& function,
             bool stateful = false) {
    model::AsyncConfig config{
        .serviceName = service, .functionName = function, .qualifier = qualifier};
    config.settings.statefulInvocation = stateful;
    std::vector<store::Operation> operations;
    operations.push_back(store::put(model::asyncConfigKey("1000", service, qualifier, function),
                                    model::toDocument(config)));
    loop.await(documents.commit(std::move(operations))).value();
  }
};

constexpr const char* destinations =
    R"({"onSuccess":{"destination":"acs:mns:cn-hangzhou:1000:/queues/ok/messages"},)"
    R"("onFailure":{"destination":"acs:fc:cn-hangzhou:1000:services/s.prod/functions/on-error"}})";

TEST_F(AsyncConfigsTest, AreCreatedWithDefaults) {
  const Answer answer = put("{}");

  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(
      answer.response.body,
      R"({"serviceName":"s","functionName":"f","qualifier":"LATEST","destinationConfig":{"onSuccess":null,"onFailure":null},"maxAsyncEventAgeInSeconds":null,"maxAsyncRetryAttempts":3,"statefulInvocation":false,"createdTime":"2022-03-01T08:00:00Z","lastModifiedTime":"2022-03-01T08:00:00Z","service":"s","function":"f"})");
  EXPECT_EQ(get().response.body, answer.response.body);
  EXPECT_EQ(get("s.LATEST").response.body, answer.response.body);
}

TEST_F(AsyncConfigsTest, MergeWhatIsSent) {
  put(std::string(R"({"maxAsyncEventAgeInSeconds":600,"statefulInvocation":true,)") +
      R"("destinationConfig":)" + destinations + "}");
  clock.time += std::chrono::minutes(5);

  const Answer answer =
      put(R"({"maxAsyncRetryAttempts":0,"statefulInvocation":null,"createdTime":"x","else":1})");

  EXPECT_EQ(answer.text("destinationConfig"), destinations);
  EXPECT_EQ(answer.text("maxAsyncEventAgeInSeconds"), "600");
  EXPECT_EQ(answer.text("maxAsyncRetryAttempts"), "0");
  EXPECT_EQ(answer.text("statefulInvocation"), "true");
  EXPECT_EQ(answer.text("createdTime"), "2022-03-01T08:00:00Z");
  EXPECT_EQ(answer.text("lastModifiedTime"), "2022-03-01T08:05:00Z");
  EXPECT_EQ(
      put(R"({"DestinationConfig":{"OnFailure":{"Destination":"acs:mns:::/topics/t/messages"}}})")
          .text("destinationConfig"),
      R"({"onSuccess":null,"onFailure":{"destination":"acs:mns:::/topics/t/messages"}})");
  EXPECT_EQ(put(R"({"destinationConfig":{}})").text("destinationConfig"),
            R"({"onSuccess":null,"onFailure":null})");
}

TEST_F(AsyncConfigsTest, HaveRanges) {
  for (const char* body :
       {R"({"maxAsyncEventAgeInSeconds":1})", R"({"maxAsyncEventAgeInSeconds":2592000})",
        R"({"maxAsyncRetryAttempts":0})", R"({"maxAsyncRetryAttempts":8})", ""}) {
    EXPECT_EQ(put(body).status(), 200) << body;
  }
  for (const char* body :
       {R"({"maxAsyncEventAgeInSeconds":0})", R"({"maxAsyncEventAgeInSeconds":2592001})",
        R"({"maxAsyncRetryAttempts":-1})", R"({"maxAsyncRetryAttempts":9})",
        R"({"maxAsyncRetryAttempts":1.5})", R"({"statefulInvocation":"perhaps"})",
        R"({"destinationConfig":"x"})", R"({"destinationConfig":{"onSuccess":{}}})", "[]", "{"}) {
    EXPECT_EQ(put(body).code(), "InvalidArgument") << body;
  }
  EXPECT_EQ(put(R"({"maxAsyncEventAgeInSeconds":0,"maxAsyncRetryAttempts":9})").message(),
            "maxAsyncEventAgeInSeconds must be between 1 and 2592000 (actual: 0); "
            "maxAsyncRetryAttempts must be between 0 and 8 (actual: 9)");
}

TEST_F(AsyncConfigsTest, NameDestinationsBySyntaxOnly) {
  for (const char* arn :
       {"acs:fc:cn-hangzhou:1:services/no/functions/no", "acs:fc:cn-x:1:services/no.1/functions/no",
        "acs:fc:::services/no.LATEST/functions/no", "acs:mns:cn-x:1:/queues/q/messages",
        "acs:mns:cn-x:1:/topics/t.1/messages", "acs:eventbridge:cn-x:1:eventbus/b"}) {
    const Answer answer =
        put(std::string(R"({"destinationConfig":{"onSuccess":{"destination":")") + arn + "\"}}}");
    EXPECT_EQ(answer.status(), 200) << arn;
  }
  for (const char* arn :
       {"", "x", "acs:fc:cn-x:1:services/no", "acs:fc:cn-x:1:services/9/functions/no",
        "acs:fc:cn-x:1:services/no.a b/functions/no", "acs:fc:cn-x:1:services/a/functions/",
        "acs:mns:cn-x:1:/queues//messages", "acs:mns:cn-x:1:/queues/q",
        "acs:mns:cn-x:/queues/q/messages", "acs:oss:cn-x:1:bucket",
        "arn:fc:cn-x:1:services/no/functions/no", "acs:eventbridge:cn-x:1:eventbus/"}) {
    const Answer answer =
        put(std::string(R"({"destinationConfig":{"onFailure":{"destination":")") + arn + "\"}}}");
    EXPECT_EQ(answer.code(), "InvalidArgument") << arn;
  }
}

TEST_F(AsyncConfigsTest, NeedTheFunctionAndTheQualifier) {
  for (const char* operation :
       {"PutFunctionAsyncInvokeConfig", "GetFunctionAsyncInvokeConfig",
        "DeleteFunctionAsyncInvokeConfig", "ListFunctionAsyncInvokeConfigs"}) {
    EXPECT_EQ(named(operation, "nowhere").message(), "service 'nowhere' does not exist");
    EXPECT_EQ(named(operation, "s", "g").message(), "function 'g' does not exist in service 's'");
  }
  for (const char* operation : {"PutFunctionAsyncInvokeConfig", "GetFunctionAsyncInvokeConfig"}) {
    EXPECT_EQ(named(operation, "s.7").code(), "VersionNotFound") << operation;
    EXPECT_EQ(named(operation, "s.prod").code(), "AliasNotFound") << operation;
  }
  EXPECT_EQ(remove("s.7").code(), "AsyncConfigNotExists");
  EXPECT_EQ(remove("s.prod").code(), "AsyncConfigNotExists");
}

TEST_F(AsyncConfigsTest, AreToldToBeAbsent) {
  EXPECT_EQ(get().status(), 404);
  EXPECT_EQ(get().code(), "AsyncConfigNotExists");
  EXPECT_EQ(get().message(), "async invoke config of 'f' does not exist");
  EXPECT_EQ(remove().code(), "AsyncConfigNotExists");
  EXPECT_EQ(listed(), "null []");
}

TEST_F(AsyncConfigsTest, AreDeleted) {
  put("{}");

  const Answer answer = remove("s.LATEST");

  EXPECT_EQ(answer.status(), 204);
  EXPECT_EQ(answer.response.body, "");
  EXPECT_EQ(get().code(), "AsyncConfigNotExists");
  EXPECT_EQ(remove().code(), "AsyncConfigNotExists");
}

TEST_F(AsyncConfigsTest, GoWithTheFunction) {
  put("{}");

  EXPECT_EQ(named("DeleteFunction").status(), 200);
  createFunction("s", "f");

  EXPECT_EQ(get().code(), "AsyncConfigNotExists");
}

TEST_F(AsyncConfigsTest, AreNotMadeForAFunctionThatIsDeletedMeanwhile) {
  documents.beforeCommit.emplace_back(
      [this] { return write(store::erase(model::functionKey("1000", "s", "f"))); });

  EXPECT_EQ(put("{}").code(), "FunctionNotFound");
  EXPECT_FALSE(loop.await(documents.find(model::asyncConfigKey("1000", "s", "LATEST", "f"))));
}

TEST_F(AsyncConfigsTest, KeepWhatTwoWritersSet) {
  put("{}");
  documents.beforeCommit.emplace_back([this] { return setAttempts(7); });

  const Answer answer = put(R"({"statefulInvocation":true})");

  EXPECT_EQ(answer.text("maxAsyncRetryAttempts"), "7");
  EXPECT_EQ(answer.text("statefulInvocation"), "true");
}

TEST_F(AsyncConfigsTest, AreListedByQualifier) {
  createFunction("s", "g");
  for (const char* qualifier : {"b", "a-b", "1", "a", "ab", "12", "LATEST"}) {
    plant("s", qualifier, "f");
    plant("s", std::string(qualifier) + "x", "g");
  }
  plant("sx", "a", "f");

  EXPECT_EQ(listed(), "1 12 LATEST a a-b ab b []");
  EXPECT_EQ(listed("limit=2"), "1 12 [LATEST]");
  EXPECT_EQ(listed("limit=2&nextToken=LATEST"), "LATEST a [a-b]");
  EXPECT_EQ(listed("limit=2&nextToken=a-b"), "a-b ab [b]");
  EXPECT_EQ(listed("limit=2&nextToken=b"), "b []");
  EXPECT_EQ(listed("limit=7&nextToken="), "1 12 LATEST a a-b ab b []");
  EXPECT_EQ(listed("nextToken=zz"), "null []");
  EXPECT_EQ(listed("", "s.LATEST"), "LATEST []");
  for (const char* query : {"limit=0", "limit=101", "limit=x"}) {
    EXPECT_EQ(named("ListFunctionAsyncInvokeConfigs", "s", "f", query).code(), "InvalidArgument");
  }
}

TEST_F(AsyncConfigsTest, TellWhichFunctionsAreStateful) {
  plant("s", "LATEST", "f", true);
  plant("s", "1", "f");
  plant("s", "2", "f", true);
  plant("t", "a", "h", true);
  const auto listOf = [this](const std::string& query) {
    return call("ListStatefulAsyncInvocationFunctions", {.query = query});
  };

  EXPECT_EQ(
      listOf("").response.body,
      R"({"data":[{"serviceName":"s","functionName":"f","qualifier":"2"},{"serviceName":"s","functionName":"f","qualifier":"LATEST"},{"serviceName":"t","functionName":"h","qualifier":"a"}]})");
  const std::string token = listOf("limit=2").text("nextToken");
  EXPECT_EQ(listOf("limit=2&nextToken=" + percentEncode(token)).response.body,
            R"({"data":[{"serviceName":"t","functionName":"h","qualifier":"a"}]})");
  EXPECT_EQ(listOf("limit=0").code(), "InvalidArgument");
  EXPECT_EQ(call("ListStatefulAsyncInvocationFunctions", {.account = "2000"}).response.body,
            R"({"data":[]})");
}

}  // namespace
}  // namespace openfc::api
