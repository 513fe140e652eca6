#include "api/test_api.h"
#include "model/alias.h"
#include "model/keys.h"

namespace openfc::api {
namespace {

class AliasesTest : public ApiTest {
protected:
  AliasesTest() {
    createService("s");
    createFunction("s", "f");
    for (const char* description : {"one", "two"}) {
      call("PublishServiceVersion",
           {.path = {{"serviceName", "s"}},
            .body = std::string(R"({"description":")") + description + "\"}"});
      call("UpdateService", {.path = {{"serviceName", "s"}}, .body = R"({"description":"later"})"});
    }
  }

  Answer create(const std::string& name, const std::string& more = R"("versionId":"1")",
                const std::string& service = "s") {
    return call("CreateAlias", {.path = {{"serviceName", service}},
                                .body = R"({"aliasName":")" + name + "\"" +
                                        (more.empty() ? "" : "," + more) + "}"});
  }
  Answer update(const std::string& body, std::vector<http::Header> headers = {},
                const std::string& name = "a", const std::string& service = "s") {
    return call("UpdateAlias", {.path = {{"serviceName", service}, {"aliasName", name}},
                                .headers = std::move(headers),
                                .body = body});
  }
  Answer get(const std::string& name = "a", const std::string& service = "s") {
    return call("GetAlias", {.path = {{"serviceName", service}, {"aliasName", name}}});
  }
  Answer remove(std::vector<http::Header> headers = {}, const std::string& name = "a",
                const std::string& service = "s") {
    return call("DeleteAlias", {.path = {{"serviceName", service}, {"aliasName", name}},
                                .headers = std::move(headers)});
  }
  Answer list(const std::string& query = "", const std::string& service = "s") {
    return call("ListAliases", {.path = {{"serviceName", service}}, .query = query});
  }
  Answer deleteVersion(const std::string& version) {
    return call("DeleteServiceVersion", {.path = {{"serviceName", "s"}, {"versionId", version}}});
  }
};

TEST_F(AliasesTest, AreCreated) {
  const Answer bare = create("a");
  const Answer full = create(
      "b", R"("versionId":"1","description":"d","additionalVersionWeight":{"2":0.25,"1":0.75})");

  ASSERT_EQ(bare.status(), 200) << bare.message();
  EXPECT_EQ(bare.response.body,
            R"({"aliasName":"a","versionId":"1","description":"","additionalVersionWeight":null,)"
            R"("serviceName":"s","createdTime":"2022-03-01T08:00:00Z",)"
            R"("lastModifiedTime":"2022-03-01T08:00:00Z"})");
  EXPECT_EQ(bare.header("Etag").size(), 32u);
  ASSERT_EQ(full.status(), 200) << full.message();
  EXPECT_EQ(full.text("description"), "d");
  const auto weights = full.json();
  EXPECT_EQ(weights.at("additionalVersionWeight").at("2").to_number<double>(), 0.25);
  EXPECT_EQ(get("b").response.body, full.response.body);
  EXPECT_EQ(get("b").header("Etag"), full.header("Etag"));
}

TEST_F(AliasesTest, TakeAllThatClientsSend) {
  for (const auto& [name, weights] : std::map<std::string, std::string>{
           {"null", "null"}, {"empty", "{}"}, {"same", R"({"1":1.0})"}, {"none", R"({"2":0})"}}) {
    EXPECT_EQ(create(name, R"("VersionId":"1","additionalVersionWeight":)" + weights).status(), 200)
        << name;
  }
  EXPECT_EQ(get("empty").text("additionalVersionWeight"), "null");
}

TEST_F(AliasesTest, AreCheckedBeforeTheyAreWritten) {
  struct Case {
    std::string name;
    std::string more;
    std::string code;
  };
  const std::vector<Case> cases = {
      {"", R"("versionId":"1")", "InvalidArgument"},
      {"12", R"("versionId":"1")", "InvalidArgument"},
      {"a.b", R"("versionId":"1")", "InvalidArgument"},
      {"LATEST", R"("versionId":"1")", "InvalidArgument"},
      {std::string(129, 'a'), R"("versionId":"1")", "InvalidArgument"},
      {"a", "", "InvalidArgument"},
      {"a", R"("versionId":"")", "InvalidArgument"},
      {"a", R"("versionId":"3")", "VersionNotFound"},
      {"a", R"("versionId":"01")", "VersionNotFound"},
      {"a", R"("versionId":"LATEST")", "VersionNotFound"},
      {"a", R"("versionId":"1","additionalVersionWeight":{"3":0.1})", "VersionNotFound"},
      {"a", R"("versionId":"1","additionalVersionWeight":{"x":0.1})", "VersionNotFound"},
      {"a", R"("versionId":"1","additionalVersionWeight":{"2":1.01})", "InvalidArgument"},
      {"a", R"("versionId":"1","additionalVersionWeight":{"2":-0.1})", "InvalidArgument"},
      {"a", R"("versionId":"1","additionalVersionWeight":{"2":0.6,"1":0.5})", "InvalidArgument"},
      {"a", R"("versionId":"1","additionalVersionWeight":{"2":"much"})", "InvalidArgument"},
      {"a", R"("versionId":"1","additionalVersionWeight":[0.1])", "InvalidArgument"},
  };

  for (const Case& one : cases)
    EXPECT_EQ(create(one.name, one.more).code(), one.code) << one.name << one.more;

  EXPECT_EQ(create("a", R"("versionId":"3")").message(),
            "version '3' of service 's' does not exist");
  EXPECT_EQ(create("a", R"("versionId":"1")", "none").code(), "ServiceNotFound");
  EXPECT_EQ(list().response.body, R"({"aliases":[]})");
}

TEST_F(AliasesTest, HaveNamesOfTheirOwn) {
  create("a");

  const Answer again = create("a", R"("versionId":"2")");

  EXPECT_EQ(again.status(), 409);
  EXPECT_EQ(again.code(), "AliasAlreadyExists");
  EXPECT_EQ(again.message(), "alias 'a' of service 's' already exists");
  EXPECT_EQ(get().text("versionId"), "1");
}

TEST_F(AliasesTest, ChangeByWhatIsGiven) {
  const Answer before =
      create("a", R"("versionId":"1","description":"d","additionalVersionWeight":{"2":0.5})");
  clock.time += std::chrono::hours(1);

  const Answer kept = update(R"({"versionId":null,"additionalVersionWeight":null})");
  EXPECT_EQ(kept.text("versionId"), "1");
  EXPECT_EQ(kept.text("description"), "d");
  EXPECT_NE(kept.text("additionalVersionWeight"), "null");
  EXPECT_EQ(kept.text("lastModifiedTime"), "2022-03-01T09:00:00Z");
  EXPECT_EQ(kept.text("createdTime"), "2022-03-01T08:00:00Z");
  EXPECT_NE(kept.header("Etag"), before.header("Etag"));
  const Answer changed =
      update(R"({"versionId":"2","description":"","additionalVersionWeight":{}})");
  EXPECT_EQ(changed.text("versionId"), "2");
  EXPECT_EQ(changed.text("description"), "");
  EXPECT_EQ(changed.text("additionalVersionWeight"), "null");
  EXPECT_EQ(get().response.body, changed.response.body);
}

TEST_F(AliasesTest, ChangeOnlyToWhatIsThere) {
  create("a");

  EXPECT_EQ(update(R"({"versionId":"9"})").message(), "version '9' of service 's' does not exist");
  EXPECT_EQ(update(R"({"additionalVersionWeight":{"9":0.1}})").code(), "VersionNotFound");
  EXPECT_EQ(update(R"({"versionId":""})").code(), "InvalidArgument");
  EXPECT_EQ(update("{}", {}, "b").message(), "alias 'b' of service 's' does not exist");
  EXPECT_EQ(update("{}", {}, "a", "none").code(), "ServiceNotFound");
}

TEST_F(AliasesTest, ChangeWhenTheirVersionHasGone) {
  create("a");
  deleteVersion("1");

  EXPECT_EQ(update(R"({"description":"d"})").text("description"), "d");
  EXPECT_EQ(update(R"({"versionId":"2"})").text("versionId"), "2");
}

TEST_F(AliasesTest, ChangeFromTheStateThatIfMatchNames) {
  const std::string etag = create("a").header("Etag");

  EXPECT_EQ(update("{}", {{"If-Match", "0"}}).code(), "PreconditionFailed");
  const Answer right = update("{}", {{"If-Match", etag}});
  EXPECT_EQ(right.status(), 200);
  EXPECT_EQ(remove({{"If-Match", etag}}).code(), "PreconditionFailed");
  EXPECT_EQ(remove({{"If-Match", right.header("Etag")}}).status(), 204);
}

TEST_F(AliasesTest, NeverOverwriteAChangeUnseen) {
  create("a");
  const auto race = [&] {
    documents.beforeCommit.emplace_back([&] { return touch(model::aliasKey("1000", "s", "a")); });
  };

  race();
  EXPECT_EQ(update("{}").code(), "ConcurrentUpdateError");
  race();
  EXPECT_EQ(update("{}", {{"If-Match", get().header("Etag")}}).code(), "PreconditionFailed");
  race();
  EXPECT_EQ(remove({{"If-Match", get().header("Etag")}}).code(), "PreconditionFailed");
  race();
  EXPECT_EQ(remove().status(), 204);
}

TEST_F(AliasesTest, AreNotMadeOfAVersionThatGoes) {
  documents.beforeCommit.emplace_back(
      [&] { return write(store::erase(model::versionKey("1000", "s", 2))); });

  EXPECT_EQ(create("a", R"("versionId":"1","additionalVersionWeight":{"2":0.1})").message(),
            "version '2' of service 's' does not exist");
}

TEST_F(AliasesTest, GoWithTheConfigurationsUnderThem) {
  create("a");
  for (const auto& [operation, body] : std::map<std::string, std::string>{
           {"PutFunctionAsyncInvokeConfig", "{}"}, {"PutProvisionConfig", R"({"target":1})"}}) {
    const Answer put =
        call(operation, {.path = {{"serviceName", "s.a"}, {"functionName", "f"}}, .body = body});
    ASSERT_EQ(put.status(), 200) << put.message();
  }

  const Answer removed = remove();

  EXPECT_EQ(removed.status(), 204) << removed.message();
  for (const std::string& prefix :
       {model::asyncConfigsPrefix("1000", "s", "a"), model::provisionsPrefix("1000", "s", "a")}) {
    EXPECT_TRUE(loop.await(documents.page(prefix, "", 1)).empty()) << prefix;
  }
  EXPECT_EQ(remove().message(), "alias 'a' of service 's' does not exist");
  EXPECT_EQ(get().code(), "AliasNotFound");
  EXPECT_EQ(remove({}, "a", "none").code(), "ServiceNotFound");
  EXPECT_EQ(get("a", "none").code(), "ServiceNotFound");
}

TEST_F(AliasesTest, AreListedByName) {
  for (const char* name : {"b", "ab", "aa", "c"}) create(name);
  const auto names = [&](const std::string& query) {
    std::string out;
    const auto json = list(query).json();
    for (const auto& alias : json.at("aliases").as_array())
      out += std::string(alias.at("aliasName").as_string().c_str()) + " ";
    return out;
  };

  EXPECT_EQ(names(""), "aa ab b c ");
  EXPECT_EQ(names("prefix=a"), "aa ab ");
  EXPECT_EQ(names("startKey=b"), "b c ");
  EXPECT_EQ(names("limit=3"), "aa ab b ");
  EXPECT_EQ(list("limit=3").text("nextToken"), "c");
  EXPECT_FALSE(list("limit=4").json().as_object().contains("nextToken"));
  EXPECT_EQ(list("limit=0").code(), "InvalidArgument");
  EXPECT_EQ(list("", "none").code(), "ServiceNotFound");
}

TEST_F(AliasesTest, StandForTheirMainVersion) {
  create("a", R"("versionId":"1","additionalVersionWeight":{"2":1})");

  EXPECT_EQ(call("GetService", {.path = {{"serviceName", "s.a"}}}).text("description"), "one");
  EXPECT_EQ(call("GetFunction", {.path = {{"serviceName", "s.a"}, {"functionName", "f"}}}).status(),
            200);
  EXPECT_EQ(call("ListFunctions", {.path = {{"serviceName", "s.a"}}}).status(), 200);
  update(R"({"versionId":"2"})");
  EXPECT_EQ(call("GetService", {.path = {{"serviceName", "s.a"}}}).text("description"), "two");
}

TEST_F(AliasesTest, OfADeletedVersionFindNothing) {
  create("a");

  EXPECT_EQ(deleteVersion("1").status(), 204);

  for (const char* operation : {"GetService", "ListFunctions"}) {
    EXPECT_EQ(call(operation, {.path = {{"serviceName", "s.a"}}}).message(),
              "version '1' of service 's' does not exist")
        << operation;
  }
  EXPECT_EQ(call("GetFunction", {.path = {{"serviceName", "s.a"}, {"functionName", "f"}}}).code(),
            "VersionNotFound");
  EXPECT_EQ(call("GetService", {.path = {{"serviceName", "s.other"}}}).message(),
            "alias 'other' of service 's' does not exist");
  EXPECT_EQ(call("GetService", {.path = {{"serviceName", "none.other"}}}).code(),
            "ServiceNotFound");
}

TEST_F(AliasesTest, KeepTheirService) {
  create("a");
  call("DeleteFunction", {.path = {{"serviceName", "s"}, {"functionName", "f"}}});
  for (const char* version : {"1", "2"}) deleteVersion(version);
  const auto deleteService = [&] {
    return call("DeleteService", {.path = {{"serviceName", "s"}}});
  };

  EXPECT_EQ(deleteService().message(), "service 's' has active 'aliases'.");
  remove();
  EXPECT_EQ(deleteService().status(), 200);
}

}  // namespace
}  // namespace openfc::api
