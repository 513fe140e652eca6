#include "api/test_api.h"
#include "model/keys.h"
#include "model/provision_config.h"

namespace openfc::api {
namespace {

class FakeInstances final : public invoke::Instances {
public:
  invoke::ProvisionState provisioned(const std::string& key) const override {
    const auto found = states.find(key);
    return found == states.end() ? invoke::ProvisionState{} : found->second;
  }
  std::vector<std::string> instances(const invoke::InstanceQuery& query) const override {
    const auto found = running.find(query.versionId + "@" + query.alias);
    return found == running.end() ? std::vector<std::string>() : found->second;
  }
  Task<std::unique_ptr<scheduler::Visit>> visit(invoke::InstanceQuery, std::string,
                                                scheduler::VisitCommand) const override {
    co_return nullptr;
  }
  std::map<std::string, invoke::ProvisionState> states;
  std::map<std::string, std::vector<std::string>> running;  // by version@alias
};

class ProvisionConfigsTest : public ApiTest {
public:
  ProvisionConfigsTest() {
    parts.instances = &instances;
    createService("s");
    createFunction("s", "f");
  }

  Answer put(const std::string& body, const std::string& name = "f", const std::string& tag = "") {
    return call("PutProvisionConfig",
                {.path = {{"serviceName", "s.LATEST"}, {"functionName", name}},
                 .headers = {{"If-Match", tag}},
                 .body = body});
  }
  /// As another server would, past the API.
  Task<> provision() {
    std::vector<store::Operation> operations;
    operations.push_back(store::put(model::provisionStateKey("1000", "s"), "{}"));
    operations.push_back(store::put(
        model::provisionKey("1000", "s", "LATEST", "f"),
        model::toDocument(model::ProvisionConfig{
            .serviceName = "s", .functionName = "f", .qualifier = "LATEST", .target = 1})));
    co_await documents.commit(std::move(operations));
  }
  Answer get(const std::string& service = "s.LATEST", const std::string& name = "f") {
    return call("GetProvisionConfig", {.path = {{"serviceName", service}, {"functionName", name}}});
  }
  Answer list(const std::string& query) { return call("ListProvisionConfigs", {.query = query}); }
  Answer remove(const std::string& name = "f") {
    return call("DeleteFunction", {.path = {{"serviceName", "s"}, {"functionName", name}}});
  }
  static std::string action(const std::string& name = "a") {
    return R"({"name":")" + name +
           R"(","startTime":"2022-01-01T00:00:00Z","endTime":"2023-01-01T00:00:00Z","target":5,)"
           R"x("scheduleExpression":"cron(0 0 4 * * *)"})x";
  }
  static constexpr std::string_view policy =
      R"({"name":"p","startTime":"2022-01-01T00:00:00Z","endTime":"2023-01-01T00:00:00Z",)"
      R"("metricType":"ProvisionedConcurrencyUtilization","metricTarget":0.6000000238418579,)"
      R"("minCapacity":1,"maxCapacity":4})";

  FakeInstances instances;
};

TEST_F(ProvisionConfigsTest, AreSetAndReadBackWithWhatBecameOfThem) {
  const std::string arrays = R"("scheduledActions":[)" + action() +
                             R"(],"targetTrackingPolicies":[)" + std::string(policy) + "]";
  instances.states["provision/1000/s/LATEST,f"] = {5, 2, "no memory"};

  const Answer answer = put(R"({"target":3,)" + arrays + "}");

  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.header("Etag").size(), 32u);
  EXPECT_EQ(answer.json(),
            schema::parseJson(R"({"resource":"1000#s#LATEST#f","target":3,"current":2,)" + arrays +
                              R"(,"alwaysAllocateCPU":false,"currentError":"no memory"})"));
  const Answer read = get();
  EXPECT_EQ(read.header("Etag"), answer.header("Etag"));
  EXPECT_EQ(read.text("target"), "5");  // the schedule's
  EXPECT_EQ(read.json().at("targetTrackingPolicies").at(0).at("metricTarget").as_double(),
            0.6000000238418579);
}

TEST_F(ProvisionConfigsTest, KeepWhatIsAbsentOrNullAndClearWhatIsEmpty) {
  put(R"({"target":3,"alwaysAllocateCPU":true,"scheduledActions":[)" + action() + "]}");

  const Answer kept = put(R"({"target":4,"scheduledActions":null})");
  EXPECT_EQ(kept.json().at("scheduledActions").as_array().size(), 1u);
  EXPECT_EQ(kept.text("alwaysAllocateCPU"), "true");

  EXPECT_EQ(put(R"({"target":4,"scheduledActions":[]})").text("scheduledActions"), "[]");
}

TEST_F(ProvisionConfigsTest, ShowNothingWhereNothingWasSet) {
  const Answer answer = get();

  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.response.body,
            R"({"resource":"1000#s#LATEST#f","target":0,"current":0,"scheduledActions":[],)"
            R"("targetTrackingPolicies":[],"alwaysAllocateCPU":false})");
  EXPECT_EQ(put(R"({"target":1})", "f", answer.header("Etag")).status(), 200);
  EXPECT_EQ(put(R"({"target":1})", "f", answer.header("Etag")).code(), "PreconditionFailed");
}

TEST_F(ProvisionConfigsTest, AreRemovedByATargetOfZero) {
  put(R"({"target":3,"scheduledActions":[)" + action() + "]}");
  instances.states["provision/1000/s/LATEST,f"] = {0, 2, std::nullopt};

  const Answer answer = put(R"({"target":0})");

  EXPECT_EQ(answer.text("scheduledActions"), "[]");
  EXPECT_EQ(answer.text("current"), "2");
  EXPECT_EQ(list("").response.body, R"({"provisionConfigs":[]})");
  EXPECT_EQ(answer.header("Etag"), get().header("Etag"));
  EXPECT_EQ(put(R"({"target":0})").status(), 200);
}

TEST_F(ProvisionConfigsTest, StayWithATargetOfZeroAndASchedule) {
  put(R"({"target":0,"scheduledActions":[)" + action() + "]}");

  EXPECT_EQ(list("").json().at("provisionConfigs").as_array().size(), 1u);
}

TEST_F(ProvisionConfigsTest, TellWhatIsWrong) {
  const auto message = [&](const std::string& body) { return put(body).message(); };

  EXPECT_EQ(message("{}"), "target is required");
  EXPECT_EQ(message(R"({"target":-1})"), "target must be between 0 and 10000 (actual: -1)");
  EXPECT_EQ(message(R"({"target":10001})"), "target must be between 0 and 10000 (actual: 10001)");
  EXPECT_EQ(message(R"({"target":1,"scheduledActions":[)" + action() + "," + action() + "]}"),
            "Duplicate action name 'a' in ScheduledActions is not allowed");
  std::string many;
  for (int i = 0; i < 110; ++i) many += (i > 0 ? "," : "") + action("a" + std::to_string(i));
  EXPECT_EQ(message(R"({"target":1,"scheduledActions":[)" + many + "]}"),
            "ScheduledActions contains too many values (max: 100, actual: 110)");
  EXPECT_EQ(message(R"({"target":1,"targetTrackingPolicies":[{"name":"p"}]})"),
            "targetTrackingPolicies[0].startTime is required; "
            "targetTrackingPolicies[0].endTime is required; "
            "targetTrackingPolicies[0].metricType is required; "
            "targetTrackingPolicies[0].metricTarget is required; "
            "targetTrackingPolicies[0].minCapacity is required; "
            "targetTrackingPolicies[0].maxCapacity is required");
  EXPECT_EQ(get("s").message(), "qualifier is required");
}

TEST_F(ProvisionConfigsTest, NeedWhatTheyName) {
  EXPECT_EQ(get("x.LATEST").code(), "ServiceNotFound");
  EXPECT_EQ(get("s.prod").code(), "AliasNotFound");
  EXPECT_EQ(get("s.3").code(), "VersionNotFound");
  EXPECT_EQ(get("s.LATEST", "x").code(), "FunctionNotFound");
  EXPECT_EQ(put(R"({"target":1})", "x").code(), "FunctionNotFound");
}

TEST_F(ProvisionConfigsTest, KeepTheirFunctionFromBeingDeleted) {
  put(R"({"target":1})");

  const Answer refused = remove();
  EXPECT_EQ(refused.status(), 409);
  EXPECT_EQ(refused.code(), "ProvisionConfigExist");
  EXPECT_EQ(refused.message(), "function 'f' still has a provision config");

  put(R"({"target":0})");
  EXPECT_EQ(remove().status(), 200);
}

TEST_F(ProvisionConfigsTest, AreSeenByADeletionThatTheyOvertake) {
  documents.beforeCommit.emplace_back([this] { return provision(); });

  EXPECT_EQ(remove().code(), "ProvisionConfigExist");
}

TEST_F(ProvisionConfigsTest, AreNotSetForAFunctionThatIsGoneMeanwhile) {
  documents.beforeCommit.emplace_back(
      [this] { return write(store::erase(model::functionKey("1000", "s", "f"))); });

  EXPECT_EQ(put(R"({"target":1})").code(), "FunctionNotFound");
}

TEST_F(ProvisionConfigsTest, AreListedInPagesByServiceAndQualifier) {
  createFunction("s", "g");
  createService("t");
  createFunction("t", "f");
  put(R"({"target":1})", "g");
  put(R"({"target":1})", "f");
  call("PutProvisionConfig",
       {.path = {{"serviceName", "t.LATEST"}, {"functionName", "f"}}, .body = R"({"target":1})"});
  const auto names = [](const Answer& answer) {
    std::string out;
    for (const auto& item : answer.json().at("provisionConfigs").as_array())
      out += std::string(item.at("resource").as_string().c_str()) + " ";
    return out;
  };

  EXPECT_EQ(names(list("")), "1000#s#LATEST#f 1000#s#LATEST#g 1000#t#LATEST#f ");
  EXPECT_EQ(names(list("serviceName=s")), "1000#s#LATEST#f 1000#s#LATEST#g ");
  EXPECT_EQ(names(list("serviceName=s&qualifier=LATEST&limit=2")),
            "1000#s#LATEST#f 1000#s#LATEST#g ");
  EXPECT_EQ(names(list("serviceName=s&qualifier=prod")), "");
  EXPECT_FALSE(list("serviceName=s&limit=2").json().as_object().contains("nextToken"));
  const Answer first = list("limit=2");
  const Answer second = list("limit=2&nextToken=" + percentEncode(first.text("nextToken")));
  EXPECT_EQ(names(second), "1000#t#LATEST#f ");
  EXPECT_FALSE(second.json().as_object().contains("nextToken"));
  EXPECT_EQ(list("qualifier=prod").message(), "qualifier needs serviceName");
  EXPECT_EQ(list("serviceName=x").code(), "ServiceNotFound");
  EXPECT_EQ(list("limit=101").code(), "InvalidArgument");
}

class OnDemandConfigsTest : public ApiTest {
public:
  Answer put(const std::string& service, int count, const std::string& tag = "") {
    return call(
        "PutFunctionOnDemandConfig",
        {.path = {{"serviceName", service}, {"functionName", "f"}},
         .headers = {{"If-Match", tag}},
         .body = R"({"resource":"ignored","maximumInstanceCount":)" + std::to_string(count) + "}"});
  }
  Answer named(const char* operation, const std::string& service, const std::string& tag = "") {
    return call(operation, {.path = {{"serviceName", service}, {"functionName", "f"}},
                            .headers = {{"If-Match", tag}}});
  }
  Answer get(const std::string& service) { return named("GetFunctionOnDemandConfig", service); }
};

TEST_F(OnDemandConfigsTest, NeedNothingThatTheyName) {
  const Answer answer = put("s.prod", 7);

  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.response.body,
            R"({"resource":"services/s.prod/functions/f","maximumInstanceCount":7})");
  EXPECT_EQ(get("s.prod").response.body, answer.response.body);
  EXPECT_EQ(get("s.prod").header("Etag"), answer.header("Etag"));
  EXPECT_EQ(put("s", 1).text("resource"), "services/s.LATEST/functions/f");
}

TEST_F(OnDemandConfigsTest, AreDeleted) {
  put("s.prod", 7);

  EXPECT_EQ(named("DeleteFunctionOnDemandConfig", "s.prod").status(), 204);
  EXPECT_EQ(get("s.prod").status(), 404);
  EXPECT_EQ(get("s.prod").code(), "OnDemandConfigNotFound");
  EXPECT_EQ(named("DeleteFunctionOnDemandConfig", "s.prod").code(), "OnDemandConfigNotFound");
}

TEST_F(OnDemandConfigsTest, HonourIfMatch) {
  const std::string tag = put("s.prod", 7).header("Etag");
  const std::string next = put("s.prod", 8, tag).header("Etag");

  EXPECT_EQ(put("s.prod", 9, tag).code(), "PreconditionFailed");
  EXPECT_EQ(put("s.test", 9, tag).code(), "PreconditionFailed");
  EXPECT_EQ(named("DeleteFunctionOnDemandConfig", "s.prod", tag).code(), "PreconditionFailed");
  EXPECT_EQ(named("DeleteFunctionOnDemandConfig", "s.prod", next).status(), 204);
}

TEST_F(OnDemandConfigsTest, StayBelowNineTenthsOfTheAccountsLimit) {
  parts.settings.maxConcurrency = 10;

  EXPECT_EQ(put("s", 9).status(), 200);
  EXPECT_EQ(put("s", 10).message(), "maximumInstanceCount must be between 0 and 9 (actual: 10)");
  EXPECT_EQ(put("s", -1).message(), "maximumInstanceCount must be at least 0 (actual: -1)");
  EXPECT_EQ(put("s", 0).status(), 200);
}

TEST_F(OnDemandConfigsTest, AreNullInAnEmptyList) {
  EXPECT_EQ(call("ListOnDemandConfigs", {}).text("configs"), "null");
}

TEST_F(OnDemandConfigsTest, AreListedByResource) {
  for (const char* service : {"b.prod", "a.prod", "a.LATEST"}) put(service, 1);
  const auto names = [&](const std::string& query) {
    std::string out;
    const Answer answer = call("ListOnDemandConfigs", {.query = query});
    for (const auto& item : answer.json().at("configs").as_array())
      out += std::string(item.at("resource").as_string().c_str()).substr(9, 8) + " ";
    return answer.json().as_object().contains("nextToken") ? out + answer.text("nextToken") : out;
  };

  EXPECT_EQ(names(""), "a.LATEST a.prod/f b.prod/f ");
  EXPECT_EQ(names("limit=1"), "a.LATEST services/a.prod/functions/f");
  EXPECT_EQ(names("nextToken=services/a.prod/functions/f&limit=1"),
            "a.prod/f services/b.prod/functions/f");
  EXPECT_EQ(names("prefix=services/a.p"), "a.prod/f ");
  EXPECT_EQ(names("startKey=services/a.q"), "b.prod/f ");
}

}  // namespace
}  // namespace openfc::api
