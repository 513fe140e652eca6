#include "api/test_api.h"
#include "model/keys.h"
#include "model/version.h"

namespace openfc::api {
namespace {

class VersionsTest : public ApiTest {
protected:
  VersionsTest() {
    createService("s", R"(,"description":"of the service")");
    createFunction("s", "f", R"(,"environmentVariables":{"V":"1"})");
  }

  Answer publish(std::string body = "", std::vector<http::Header> headers = {}) {
    return call(
        "PublishServiceVersion",
        {.path = {{"serviceName", "s"}}, .headers = std::move(headers), .body = std::move(body)});
  }
  Answer remove(const std::string& version, const std::string& service = "s") {
    return call("DeleteServiceVersion",
                {.path = {{"serviceName", service}, {"versionId", version}}});
  }
  Answer list(const std::string& query = "", const std::string& service = "s") {
    return call("ListServiceVersions", {.path = {{"serviceName", service}}, .query = query});
  }
  Answer updateService(const std::string& body) {
    return call("UpdateService", {.path = {{"serviceName", "s"}}, .body = body});
  }
  Answer updateFunction(const std::string& body) {
    return call("UpdateFunction",
                {.path = {{"serviceName", "s"}, {"functionName", "f"}}, .body = body});
  }
  Answer deleteFunction(const std::string& name) {
    return call("DeleteFunction", {.path = {{"serviceName", "s"}, {"functionName", name}}});
  }
  /// As many versions as that, each with a description of the service of its own.
  void publishMany(int count) {
    for (int i = 0; i < count; ++i) {
      updateService(R"({"description":")" + std::to_string(i) + "\"}");
      publish();
    }
  }
  static std::string ids(const Answer& answer) {
    std::string out;
    const auto json = answer.json();
    for (const auto& version : json.at("versions").as_array())
      out += std::string(version.at("versionId").as_string().c_str()) + " ";
    return out;
  }
  Answer getService(const std::string& qualified) {
    return call("GetService", {.path = {{"serviceName", qualified}}});
  }
  Answer getFunction(const std::string& qualified, const std::string& name = "f") {
    return call("GetFunction", {.path = {{"serviceName", qualified}, {"functionName", name}}});
  }
};

TEST_F(VersionsTest, ArePublishedWithAscendingNumbers) {
  const Answer first = publish(R"({"Description":"d"})");
  updateService(R"({"role":"r"})");
  const Answer second = publish();

  ASSERT_EQ(first.status(), 200) << first.message();
  EXPECT_EQ(first.response.body,
            R"({"versionId":"1","description":"d","createdTime":"2022-03-01T08:00:00Z",)"
            R"("lastModifiedTime":"2022-03-01T08:00:00Z"})");
  EXPECT_EQ(first.header("Etag").size(), 32u);
  EXPECT_EQ(second.text("versionId"), "2");
  EXPECT_EQ(second.text("description"), "of the service");
}

TEST_F(VersionsTest, NumbersAreNeverGivenTwice) {
  publish();
  remove("1");

  EXPECT_EQ(publish().text("versionId"), "2");
}

TEST_F(VersionsTest, NeedAChangeSinceTheLast) {
  publish();

  const Answer again = publish(R"({"description":"other"})");
  updateFunction(R"({"description":""})");
  const Answer unchanged = publish();
  remove("1");
  const Answer deleted = publish();

  EXPECT_EQ(again.code(), "VersionPublishError");
  EXPECT_EQ(again.status(), 409);
  EXPECT_EQ(again.message(), "no change since version '1'");
  EXPECT_EQ(unchanged.code(), "VersionPublishError");
  EXPECT_EQ(deleted.status(), 200) << deleted.message();
}

TEST_F(VersionsTest, EveryChangeCounts) {
  const std::vector<std::function<Answer()>> changes = {
      [&] { return updateService(R"({"internetAccess":false})"); },
      [&] { return updateFunction(R"({"timeout":7})"); },
      [&] {
        return updateFunction(R"({"code":{"zipFile":")" +
                              toBase64(package::rawZip("index.py", "x = 1\n")) + "\"}}");
      },
      [&] { return createFunction("s", "g"); },
      [&] { return deleteFunction("g"); },
  };
  publish();

  for (const auto& change : changes) {
    ASSERT_EQ(change().status(), 200);
    EXPECT_EQ(publish().status(), 200);
  }

  EXPECT_EQ(ids(list()), "6 5 4 3 2 1 ");
}

TEST_F(VersionsTest, FreezeTheServiceAndItsFunctions) {
  createFunction("s", "g");
  publish(R"({"description":"first"})");
  const Answer before = getFunction("s.1");
  updateService(R"({"description":"later","internetAccess":false})");
  updateFunction(R"({"environmentVariables":{"V":"2"}})");
  deleteFunction("g");
  createFunction("s", "h");

  const Answer service = getService("s.1");
  EXPECT_EQ(service.text("description"), "first");
  EXPECT_EQ(service.text("internetAccess"), "true");
  EXPECT_EQ(service.header("Etag").size(), 32u);
  EXPECT_EQ(getService("s.LATEST").text("description"), "later");
  EXPECT_EQ(getFunction("s.1").text("environmentVariables"), R"({"V":"1"})");
  EXPECT_EQ(getFunction("s.1").response.body, before.response.body);
  EXPECT_EQ(getFunction("s").text("environmentVariables"), R"({"V":"2"})");
  const auto names = [&](const std::string& qualified) {
    std::string out;
    const auto json = call("ListFunctions", {.path = {{"serviceName", qualified}}}).json();
    for (const auto& function : json.at("functions").as_array())
      out += std::string(function.at("functionName").as_string().c_str()) + " ";
    return out;
  };
  EXPECT_EQ(names("s.1"), "f g ");
  EXPECT_EQ(names("s"), "f h ");
  EXPECT_EQ(getFunction("s.1", "h").message(), "function 'h' does not exist in service 's'");
  EXPECT_EQ(
      call("GetFunctionCode", {.path = {{"serviceName", "s.1"}, {"functionName", "g"}}}).status(),
      200);
}

TEST_F(VersionsTest, ShowTheirOwnLogs) {
  publish();
  deleteFunction("f");
  const auto read = [&](const std::string& qualified) {
    return call("ReadFunctionLogs", {.path = {{"serviceName", qualified}, {"functionName", "f"}}});
  };

  EXPECT_EQ(read("s.1").status(), 200);
  EXPECT_EQ(logs.last.serviceName, "s");
  EXPECT_EQ(logs.last.versionId, "1");
  EXPECT_EQ(read("s").code(), "FunctionNotFound");
  EXPECT_EQ(read("s.2").code(), "VersionNotFound");
  createFunction("s", "f");
  read("s.LATEST");
  EXPECT_EQ(logs.last.versionId, "LATEST");
}

TEST_F(VersionsTest, OfNothingHaveNoFunctions) {
  createService("empty");
  const Answer published = call("PublishServiceVersion", {.path = {{"serviceName", "empty"}}});

  EXPECT_EQ(published.status(), 200) << published.message();
  EXPECT_EQ(call("ListFunctions", {.path = {{"serviceName", "empty.1"}}}).response.body,
            R"({"functions":[]})");
}

TEST_F(VersionsTest, AreOfOneMoment) {
  const std::vector<std::function<Task<>()>> changes = {
      [&] { return touch(model::serviceKey("1000", "s")); },
      [&] { return touch(model::functionKey("1000", "s", "f")); },
      [&] { return touch(model::functionCountKey("1000", "s")); },
  };

  for (const auto& change : changes) {
    documents.beforeCommit.push_back(change);
    const Answer refused = publish();
    EXPECT_EQ(refused.code(), "ConcurrentUpdateError");
  }

  EXPECT_EQ(ids(list()), "");
}

TEST_F(VersionsTest, TwoPublicationsNeverShareANumber) {
  publish();
  updateService(R"({"role":"r"})");
  documents.beforeCommit.emplace_back([&] { return touch(model::versionStateKey("1000", "s")); });

  EXPECT_EQ(publish().code(), "ConcurrentUpdateError");
  EXPECT_EQ(publish().text("versionId"), "2");
}

TEST_F(VersionsTest, AreOfTheStateThatIfMatchNames) {
  const std::string etag = getService("s").header("Etag");

  const Answer wrong = publish("", {{"If-Match", "0"}});
  documents.beforeCommit.emplace_back([&] { return touch(model::functionKey("1000", "s", "f")); });
  const Answer lost = publish("", {{"If-Match", etag}});
  const Answer right = publish("", {{"If-Match", etag}});

  EXPECT_EQ(wrong.code(), "PreconditionFailed");
  EXPECT_EQ(lost.code(), "PreconditionFailed");
  EXPECT_EQ(right.text("versionId"), "1");
}

TEST_F(VersionsTest, AreListedByNumber) {
  publishMany(11);

  EXPECT_EQ(ids(list()), "11 10 9 8 7 6 5 4 3 2 1 ");
  EXPECT_EQ(list().text("direction"), "BACKWARD");
  EXPECT_FALSE(list().json().as_object().contains("nextToken"));
  EXPECT_EQ(ids(list("direction=FORWARD&startKey=9")), "9 10 11 ");
  EXPECT_EQ(ids(list("direction=BACKWARD&startKey=10&limit=2")), "10 9 ");
  EXPECT_EQ(list("direction=BACKWARD&startKey=10&limit=2").text("nextToken"), "8");
  EXPECT_EQ(ids(list("limit=9&nextToken=8&startKey=11")), "8 7 6 5 4 3 2 1 ");
  EXPECT_EQ(list("direction=FORWARD&limit=9").text("nextToken"), "10");
  EXPECT_EQ(ids(list("startKey=99999999999999999999&limit=1")), "11 ");
  EXPECT_EQ(ids(list("startKey=0")), "");
}

TEST_F(VersionsTest, AreListedOnlyAsAsked) {
  for (const char* query : {"limit=0", "limit=101", "limit=x", "direction=SIDEWAYS", "startKey=a",
                            "nextToken=a", "startKey=-1"}) {
    EXPECT_EQ(list(query).code(), "InvalidArgument") << query;
  }
  EXPECT_EQ(list("", "none").code(), "ServiceNotFound");
}

TEST_F(VersionsTest, AreDeletedWithAllThatTheyFroze) {
  publish();
  for (const auto& [operation, body] : std::map<std::string, std::string>{
           {"PutFunctionAsyncInvokeConfig", "{}"}, {"PutProvisionConfig", R"({"target":1})"}}) {
    const Answer put =
        call(operation, {.path = {{"serviceName", "s.1"}, {"functionName", "f"}}, .body = body});
    ASSERT_EQ(put.status(), 200) << put.message();
  }

  const Answer removed = remove("1");

  EXPECT_EQ(removed.status(), 204) << removed.message();
  EXPECT_EQ(removed.response.body, "");
  EXPECT_EQ(remove("1").message(), "version '1' of service 's' does not exist");
  for (const std::string& prefix :
       {model::publishedPrefix("1000", "s", 1), model::asyncConfigsPrefix("1000", "s", "1"),
        model::provisionsPrefix("1000", "s", "1")}) {
    EXPECT_TRUE(loop.await(documents.page(prefix, "", 1)).empty()) << prefix;
  }
  for (const char* operation : {"GetFunction", "GetFunctionCode"}) {
    EXPECT_EQ(call(operation, {.path = {{"serviceName", "s.1"}, {"functionName", "f"}}}).code(),
              "VersionNotFound");
  }
  for (const char* operation : {"GetService", "ListFunctions"})
    EXPECT_EQ(call(operation, {.path = {{"serviceName", "s.1"}}}).code(), "VersionNotFound");
}

TEST_F(VersionsTest, HaveOneNameEach) {
  publish();

  for (const char* name : {"01", "2", "0", "99999999999", "LATEST", "x"})
    EXPECT_EQ(remove(name).code(), "VersionNotFound") << name;
  EXPECT_EQ(getService("s.01").message(), "version '01' of service 's' does not exist");
  EXPECT_EQ(getService("none.1").code(), "ServiceNotFound");
  EXPECT_EQ(getFunction("none.1").code(), "ServiceNotFound");
  EXPECT_EQ(remove("1", "none").code(), "ServiceNotFound");
  EXPECT_EQ(call("PublishServiceVersion", {.path = {{"serviceName", "none"}}}).code(),
            "ServiceNotFound");
}

TEST_F(VersionsTest, KeepTheirService) {
  publish();
  deleteFunction("f");
  const auto deleteService = [&] {
    return call("DeleteService", {.path = {{"serviceName", "s"}}});
  };

  EXPECT_EQ(deleteService().message(), "service 's' has active 'versions'.");
  remove("1");
  EXPECT_EQ(deleteService().status(), 200);
  EXPECT_TRUE(loop.await(documents.page("version", "", 1)).empty());
}

}  // namespace
}  // namespace openfc::api
