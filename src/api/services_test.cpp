#include "api/test_api.h"

namespace openfc::api {
namespace {

using ServicesTest = ApiTest;

TEST_F(ServicesTest, AreCreatedWithEveryMember) {
  const Answer answer = createService("orders", R"(,"description":"d","internetAccess":"false")");

  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.header("Content-Type"), "application/json; charset=utf-8");
  EXPECT_EQ(answer.header("Etag").size(), 32u);
  EXPECT_EQ(answer.text("serviceName"), "orders");
  EXPECT_EQ(answer.text("serviceId").size(), 36u);
  EXPECT_EQ(answer.text("internetAccess"), "false");
  EXPECT_EQ(answer.text("createdTime"), "2022-03-01T08:00:00Z");
  EXPECT_EQ(answer.text("tracingConfig"), R"({"type":null,"params":null})");
  EXPECT_FALSE(answer.json().as_object().contains("Etag"));
}

TEST_F(ServicesTest, AreNotCreatedTwice) {
  createService("a");

  const Answer answer = createService("a");

  EXPECT_EQ(answer.status(), 409);
  EXPECT_EQ(answer.code(), "ServiceAlreadyExists");
  EXPECT_EQ(answer.message(), "service 'a' already exists");
}

TEST_F(ServicesTest, OfAccountsAreApart) {
  createService("a");

  EXPECT_EQ(call("GetService", {.path = {{"serviceName", "a"}}, .account = "2000"}).code(),
            "ServiceNotFound");
  EXPECT_EQ(call("ListServices", {.account = "2000"}).response.body, R"({"services":[]})");
  EXPECT_EQ(call("CreateService", {.body = R"({"serviceName":"a"})", .account = "2000"}).status(),
            200);
}

TEST_F(ServicesTest, TellEveryProblemOfABody) {
  const Answer answer =
      call("CreateService", {.body = R"({"serviceName":"9a","description":5,"logConfig":[]})"});

  EXPECT_EQ(answer.code(), "InvalidArgument");
  EXPECT_EQ(answer.message(),
            "ServiceName doesn't match expected format (allowed: ^[_a-zA-Z][-_a-zA-Z0-9]*$, "
            "actual: '9a'); "
            "description must be a string; logConfig must be an object");
}

TEST_F(ServicesTest, NeedABody) {
  for (const char* body : {"", "{}", R"({"serviceName":null})"}) {
    EXPECT_EQ(call("CreateService", {.body = body}).message(), "serviceName is required") << body;
  }
  EXPECT_EQ(call("CreateService", {.body = "null"}).message(), "the body must be a JSON object");
  EXPECT_EQ(call("CreateService", {.body = "{"}).code(), "InvalidArgument");
}

TEST_F(ServicesTest, AreReadBack) {
  const Answer created = createService("a");

  const Answer read = call("GetService", {.path = {{"serviceName", "a.LATEST"}}});

  EXPECT_EQ(read.response.body, created.response.body);
  EXPECT_EQ(read.header("Etag"), created.header("Etag"));
}

TEST_F(ServicesTest, ThatDoNotExistAreToldByTheirQualifiersToo) {
  EXPECT_EQ(call("GetService", {.path = {{"serviceName", "b"}}}).message(),
            "service 'b' does not exist");
  EXPECT_EQ(call("GetService", {.path = {{"serviceName", "b.7"}}}).code(), "ServiceNotFound");
  createService("b");

  EXPECT_EQ(call("GetService", {.path = {{"serviceName", "b.7"}}}).message(),
            "version '7' of service 'b' does not exist");
  EXPECT_EQ(call("GetService", {.path = {{"serviceName", "b.prod"}}}).message(),
            "alias 'prod' of service 'b' does not exist");
  EXPECT_EQ(call("UpdateService", {.path = {{"serviceName", "b.1"}}, .body = "{}"}).message(),
            "UpdateService takes no qualifier (allowed: LATEST, actual: '1')");
  EXPECT_EQ(call("UpdateService", {.path = {{"serviceName", "b.LATEST"}}, .body = "{}"}).status(),
            200);
}

TEST_F(ServicesTest, KeepWhatAnUpdateDoesNotName) {
  const std::string full =
      R"(,"description":"one","role":"r","logConfig":{"project":"p","logstore":"l"},"vpcConfig":{"vpcId":"v"})";
  const Answer created = createService("a", full);
  clock.time += std::chrono::seconds(5);

  const Answer updated =
      call("UpdateService", {.path = {{"serviceName", "a"}},
                             .body = R"({"description":"two","role":null,"vpcConfig":{},)"
                                     R"("serviceName":"b","serviceId":"x"})"});

  EXPECT_EQ(updated.status(), 200);
  EXPECT_NE(updated.header("Etag"), created.header("Etag"));
  EXPECT_EQ(updated.text("serviceName"), "a");
  EXPECT_EQ(updated.text("serviceId"), created.text("serviceId"));
  EXPECT_EQ(updated.text("description"), "two");
  EXPECT_EQ(updated.text("role"), "r");
  EXPECT_EQ(updated.text("logConfig"), created.text("logConfig"));
  EXPECT_EQ(updated.text("vpcConfig"),
            R"({"vpcId":"","vSwitchIds":[],"securityGroupId":"","role":""})");
  EXPECT_EQ(updated.text("createdTime"), "2022-03-01T08:00:00Z");
  EXPECT_EQ(updated.text("lastModifiedTime"), "2022-03-01T08:00:05Z");
}

TEST_F(ServicesTest, NeedALogstoreForRequestMetrics) {
  EXPECT_EQ(createService("a", R"(,"logConfig":{"enableRequestMetrics":true})").message(),
            "Both project and logstore are required for enabling request metrics.");
  createService("a");
  EXPECT_EQ(call("UpdateService",
                 {.path = {{"serviceName", "a"}},
                  .body = R"({"logConfig":{"project":"p","enableRequestMetrics":true}})"})
                .status(),
            400);
}

TEST_F(ServicesTest, AreGuardedByIfMatch) {
  const std::string first = createService("a").header("Etag");
  const auto update = [this](std::string tag) {
    return call("UpdateService",
                {.path = {{"serviceName", "a"}}, .headers = {{"if-match", tag}}, .body = "{}"});
  };
  const std::string second = update(first).header("Etag");
  ASSERT_EQ(second.size(), 32u);

  const Answer refused = update(first);
  EXPECT_EQ(refused.status(), 412);
  EXPECT_EQ(refused.code(), "PreconditionFailed");
  EXPECT_EQ(refused.message(), "the resource being modified has been changed");
  EXPECT_EQ(
      call("DeleteService", {.path = {{"serviceName", "a"}}, .headers = {{"If-Match", first}}})
          .status(),
      412);

  const std::string third = update("\"" + second + "\"").header("Etag");
  EXPECT_EQ(update("W/\"x\", " + third).status(), 200);
  EXPECT_EQ(update("").status(), 200);
  EXPECT_EQ(update("*").status(), 200);
}

TEST_F(ServicesTest, TellALostRace) {
  createService("a");
  const auto attempt = [&](std::string_view operation, std::string tag) {
    documents.beforeCommit.emplace_back([this] { return touch("service/1000/a"); });
    return call(operation,
                {.path = {{"serviceName", "a"}}, .headers = {{"If-Match", tag}}, .body = "{}"});
  };
  const auto etag = [this] {
    return call("GetService", {.path = {{"serviceName", "a"}}}).header("Etag");
  };

  const Answer unguarded = attempt("UpdateService", "");

  EXPECT_EQ(unguarded.status(), 409);
  EXPECT_EQ(unguarded.code(), "ConcurrentUpdateError");
  EXPECT_EQ(attempt("UpdateService", "*").status(), 409);
  EXPECT_EQ(attempt("UpdateService", etag()).status(), 412);
  EXPECT_EQ(attempt("DeleteService", "").status(), 409);
  EXPECT_EQ(attempt("DeleteService", etag()).status(), 412);
}

TEST_F(ServicesTest, AreDeletedOnceAndEmptyOnly) {
  createService("a");
  createFunction("a", "f");
  const Answer refused = call("DeleteService", {.path = {{"serviceName", "a"}}});
  EXPECT_EQ(refused.status(), 409);
  EXPECT_EQ(refused.code(), "ServiceNotEmpty");
  EXPECT_EQ(refused.message(), "service 'a' has active 'functions'.");
  call("DeleteFunction", {.path = {{"serviceName", "a"}, {"functionName", "f"}}});

  const Answer deleted = call("DeleteService", {.path = {{"serviceName", "a"}}});

  EXPECT_EQ(deleted.status(), 200);
  EXPECT_EQ(deleted.response.body, "");
  EXPECT_EQ(deleted.header("Content-Type"), "");
  EXPECT_EQ(call("DeleteService", {.path = {{"serviceName", "a"}}}).code(), "ServiceNotFound");
  EXPECT_TRUE(loop.await(documents.page("", "", 10)).empty());
}

TEST_F(ServicesTest, AreDeletedWith204WhereThatIsSet) {
  parts.settings.deleteWith204 = true;
  createService("a");

  EXPECT_EQ(call("DeleteService", {.path = {{"serviceName", "a"}}}).status(), 204);
}

struct PageCase {
  std::string query;
  std::string names;
  std::string token;
};

TEST_F(ServicesTest, AreListedByName) {
  for (const char* name : {"b-2", "a", "b_3", "Z", "b-1"}) createService(name);
  const PageCase cases[] = {
      {"", "Z a b-1 b-2 b_3 ", ""},
      {"limit=2", "Z a ", "b-1"},
      {"limit=2&nextToken=b-1", "b-1 b-2 ", "b_3"},
      {"limit=2&nextToken=b_3", "b_3 ", ""},
      {"limit=5", "Z a b-1 b-2 b_3 ", ""},
      {"limit=4", "Z a b-1 b-2 ", "b_3"},
      {"Limit=1&NextToken=a", "a ", "b-1"},
      {"limit=&nextToken=&prefix=&startKey=", "Z a b-1 b-2 b_3 ", ""},
      {"prefix=b", "b-1 b-2 b_3 ", ""},
      {"prefix=b&startKey=b-2", "b-2 b_3 ", ""},
      {"prefix=b&startKey=a", "b-1 b-2 b_3 ", ""},
      {"prefix=b&startKey=c", "", ""},
      {"prefix=b&limit=1", "b-1 ", "b-2"},
      {"prefix=b&nextToken=b-2&startKey=zz", "b-2 b_3 ", ""},
      {"startKey=b", "b-1 b-2 b_3 ", ""},
      {"prefix=x", "", ""},
      {"tag_key=value", "", ""},
  };

  for (const PageCase& expected : cases) {
    const auto page = call("ListServices", {.query = expected.query}).json();
    std::string names;
    for (const auto& service : page.at("services").as_array()) {
      names += std::string(service.at("serviceName").as_string().c_str()) + " ";
    }
    const auto* token = page.as_object().if_contains("nextToken");
    EXPECT_EQ(names, expected.names) << expected.query;
    EXPECT_EQ(token == nullptr ? "" : token->as_string().c_str(), expected.token) << expected.query;
  }
}

TEST_F(ServicesTest, RefuseBadPages) {
  for (const char* query :
       {"limit=0", "limit=101", "limit=-1", "limit=x", "limit=1.5", "limit=99999999999999999999",
        "nextToken=a%2Fb", "nextToken=%00", "prefix=%zz"}) {
    EXPECT_EQ(call("ListServices", {.query = query}).code(), "InvalidArgument") << query;
  }
}

TEST_F(ServicesTest, TellAStoreThatCannotWrite) {
  documents.failing = true;

  EXPECT_EQ(createService("a").code(), "InternalServerError");
  EXPECT_EQ(createService("a").code(), "ServiceUnavailable");
}

}  // namespace
}  // namespace openfc::api
