#include "api/runtime_support.h"
#include "api/test_api.h"

#include <fstream>

namespace openfc::api {
namespace {

class FunctionsTest : public ApiTest {
protected:
  FunctionsTest() { ApiTest::createService("s"); }

  Answer create(const std::string& name, const std::string& more = "") {
    return createFunction("s", name, more);
  }
  Answer createBody(std::string body, std::vector<http::Header> headers = {}) {
    return call(
        "CreateFunction",
        {.path = {{"serviceName", "s"}}, .headers = std::move(headers), .body = std::move(body)});
  }
  Answer createWithCode(const std::string& code, std::vector<http::Header> headers = {}) {
    return createBody(
        R"({"functionName":"f","runtime":"python3","handler":"index.handler","code":)" + code + "}",
        std::move(headers));
  }
  Answer get(const std::string& name) {
    return call("GetFunction", {.path = {{"serviceName", "s"}, {"functionName", name}}});
  }
  Answer update(const std::string& name, std::string body, std::vector<http::Header> headers = {}) {
    return call("UpdateFunction", {.path = {{"serviceName", "s"}, {"functionName", name}},
                                   .headers = std::move(headers),
                                   .body = std::move(body)});
  }
  Answer remove(const std::string& name, std::vector<http::Header> headers = {}) {
    return call("DeleteFunction", {.path = {{"serviceName", "s"}, {"functionName", name}},
                                   .headers = std::move(headers)});
  }
  void putObject(const std::string& name, const std::string& content) {
    std::ofstream(directory.path() / "bucket" / name) << content;
  }
  static std::string checksum() { return std::to_string(package::crc64(zip())); }
};

TEST_F(FunctionsTest, AreCreatedWithTheirCode) {
  const Answer answer = create("f", R"(,"memorySize":256,"environmentVariables":{"A":"b"})");

  EXPECT_EQ(answer.status(), 200) << answer.message();
  EXPECT_EQ(answer.header("Etag").size(), 32u);
  EXPECT_EQ(answer.text("functionName"), "f");
  EXPECT_EQ(answer.text("codeChecksum"), checksum());
  EXPECT_EQ(answer.text("codeSize"), std::to_string(zip().size()));
  EXPECT_EQ(answer.text("memorySize"), "256");
  EXPECT_EQ(answer.text("timeout"), "60");
  EXPECT_EQ(answer.text("caPort"), "null");
  EXPECT_EQ(answer.text("environmentVariables"), R"({"A":"b"})");
  EXPECT_EQ(answer.text("lastModifiedTime"), "2022-03-01T08:00:00Z");
  EXPECT_FALSE(answer.json().as_object().contains("packageDigest"));
  EXPECT_EQ(get("f").response.body, answer.response.body);
  EXPECT_EQ(get("f").header("Etag"), answer.header("Etag"));
}

TEST_F(FunctionsTest, HaveLayersOnceAClientHasSetThem) {
  EXPECT_EQ(create("never").text("layers"), "null");
  EXPECT_EQ(update("never", R"({"description":"d"})").text("layers"), "null");
  EXPECT_EQ(update("never", R"({"layers":null})").text("layers"), "null");
  EXPECT_EQ(update("never", R"({"layers":[]})").text("layers"), "[]");
  EXPECT_EQ(get("never").text("layers"), "[]");
  EXPECT_EQ(create("set", R"(,"layers":[])").text("layers"), "[]");
}

TEST_F(FunctionsTest, ThatCannotRunHereAreTakenWithAWarning) {
  const runtime::Catalogue catalogue("/r", [](const std::string&) { return true; });
  RuntimeSupport runtimes(catalogue, RuntimeSupport::Unavailable::warned);
  parts.runtimes = &runtimes;
  const std::string warning = *catalogue.unavailable("python2.7");

  const Answer created = create("f", R"(,"runtime":"python2.7")");

  EXPECT_EQ(created.status(), 200) << created.message();
  EXPECT_EQ(created.header("X-Openfc-Warning"), warning);
  EXPECT_EQ(update("f", R"({"description":"d"})").header("X-Openfc-Warning"), warning);
  EXPECT_EQ(get("f").header("X-Openfc-Warning"), "");
  EXPECT_EQ(update("f", R"({"runtime":"python3"})").header("X-Openfc-Warning"), "");
}

TEST_F(FunctionsTest, ThatCannotRunHereAreRefusedWhereTheOperatorWantsIt) {
  const runtime::Catalogue catalogue("/r", [](const std::string&) { return true; });
  RuntimeSupport warning(catalogue, RuntimeSupport::Unavailable::warned);
  parts.runtimes = &warning;
  create("old", R"(,"runtime":"java8")");
  RuntimeSupport refusing(catalogue, RuntimeSupport::Unavailable::refused);
  parts.runtimes = &refusing;

  const Answer refused = create("f", R"(,"runtime":"java8")");

  EXPECT_EQ(refused.code(), "InvalidArgument");
  EXPECT_EQ(refused.message(), *catalogue.unavailable("java8"));
  EXPECT_EQ(get("f").code(), "FunctionNotFound");
  EXPECT_EQ(create("f").status(), 200);
  EXPECT_EQ(update("f", R"({"runtime":"go1"})").code(), "InvalidArgument");
  EXPECT_EQ(update("old", R"({"description":"it was there before"})").status(), 200);
}

TEST_F(FunctionsTest, AreNotCreatedTwiceNorWithoutService) {
  create("f");

  EXPECT_EQ(create("f").message(), "function 'f' already exists in service 's'");
  EXPECT_EQ(create("f").code(), "FunctionAlreadyExists");
  EXPECT_EQ(createFunction("nowhere", "f").code(), "ServiceNotFound");
}

TEST_F(FunctionsTest, NeedTheirMembers) {
  EXPECT_EQ(createBody("{}").message(),
            "functionName is required; runtime is required; handler is required");
  EXPECT_EQ(createBody(R"({"functionName":"f","runtime":"python3","handler":"h"})").message(),
            "code is required");
}

TEST_F(FunctionsTest, TakeExactlyOneFormOfCode) {
  const std::string good = "\"zipFile\":\"" + toBase64(zip()) + "\"";
  const std::string problem =
      "code must have either zipFile or both ossBucketName and ossObjectName";
  for (const std::string& code :
       {std::string("{}"), std::string(R"({"zipFile":""})"), std::string(R"({"zipFile":null})"),
        std::string(R"({"ossBucketName":"bucket"})"), std::string(R"({"ossObjectName":"x"})"),
        "{" + good + R"(,"ossBucketName":"bucket","ossObjectName":"x"})",
        "{" + good + R"(,"ossBucketName":"bucket"})"}) {
    EXPECT_EQ(createWithCode(code).message(), problem) << code;
  }
  EXPECT_EQ(createWithCode("5").message(), "code must be an object");
  EXPECT_EQ(createWithCode(R"({"zipFile":5})").message(), "code.zipFile must be a string");
}

TEST_F(FunctionsTest, RefuseWhatIsNoZip) {
  EXPECT_EQ(createWithCode(R"({"zipFile":"%%%"})").message(), "code.zipFile must be valid base64");
  EXPECT_EQ(createWithCode(R"({"zipFile":"bm90IGEgemlw"})").code(), "InvalidArgument");
  EXPECT_EQ(
      createWithCode("{\"zipFile\":\"" + toBase64(package::rawZip("../x", "x")) + "\"}").code(),
      "InvalidArgument");
  EXPECT_EQ(get("f").code(), "FunctionNotFound");
}

TEST_F(FunctionsTest, RefuseTooMuchCode) {
  parts.settings.maxInlineCode = zip().size() - 1;

  EXPECT_EQ(create("f").code(), "EntityTooLarge");
  EXPECT_EQ(create("f").message(), "payload size exceeds maximum allowed size (" +
                                       std::to_string(zip().size() - 1) + " bytes)");
}

TEST_F(FunctionsTest, TakeCodeFromABucket) {
  putObject("good.zip", zip());
  const std::string code = R"({"ossBucketName":"bucket","ossObjectName":"good.zip"})";

  EXPECT_EQ(createWithCode(code, {{"X-Fc-Code-Checksum", "1"}}).code(), "InvalidArgument");
  const Answer answer = createWithCode(code, {{"x-fc-code-checksum", checksum()}});

  EXPECT_EQ(answer.status(), 200) << answer.message();
  EXPECT_EQ(answer.text("codeChecksum"), checksum());
  EXPECT_EQ(createWithCode(R"({"ossBucketName":"other","ossObjectName":"good.zip"})").code(),
            "FunctionAlreadyExists");
  EXPECT_EQ(remove("f").status(), 200);
  EXPECT_EQ(createWithCode(R"({"ossBucketName":"other","ossObjectName":"good.zip"})").code(),
            "InvalidArgument");
}

TEST_F(FunctionsTest, CompareTheChecksumOfTheCaller) {
  for (const char* wrong : {"1", "x", "-1"}) {
    const Answer answer = createBody(functionBody("f"), {{"X-Fc-Code-Checksum", wrong}});
    EXPECT_EQ(answer.code(), "InvalidArgument");
    EXPECT_NE(answer.message().find("X-Fc-Code-Checksum"), std::string::npos);
  }
  EXPECT_EQ(createBody(functionBody("f"), {{"X-Fc-Code-Checksum", ""}}).status(), 200);
  EXPECT_EQ(update("f", "{}", {{"X-Fc-Code-Checksum", "1"}}).status(), 200);
  EXPECT_EQ(update("f", functionBody("f"), {{"X-Fc-Code-Checksum", "1"}}).status(), 400);
}

TEST_F(FunctionsTest, OfContainersNeedAnImageButNoCode) {
  const std::string body = R"({"functionName":"c","runtime":"custom-container","handler":"h")";

  EXPECT_EQ(createBody(body + "}").message(),
            "customContainerConfig.image is required for the runtime custom-container");
  const Answer answer = createBody(
      body + R"(,"code":{},"customContainerConfig":{"image":"i","accelerationType":"Default"}})");

  EXPECT_EQ(answer.status(), 200) << answer.message();
  EXPECT_EQ(answer.json().at("customContainerConfig").at("accelerationInfo").at("status"), "Ready");
  EXPECT_EQ(call("GetFunctionCode", {.path = {{"serviceName", "s"}, {"functionName", "c"}}})
                .response.body,
            R"({"url":"","checksum":"0"})");
  EXPECT_EQ(update("c", R"({"runtime":"python3"})").message(), "code is required");
}

TEST_F(FunctionsTest, AreLimitedInNumberAndOutliveRaces) {
  // Every creation is held up by a change of the service between its read and its commit.
  for (int i = 0; i < 5; ++i) {
    documents.beforeCommit.emplace_back([this] { return touch("service/1000/s"); });
  }
  for (int i = 0; i < 5; ++i) EXPECT_EQ(create("f" + std::to_string(i)).status(), 200);

  const Answer answer = create("f5");

  EXPECT_TRUE(documents.beforeCommit.empty());
  EXPECT_EQ(answer.status(), 400);
  EXPECT_EQ(answer.code(), "LimitExceededError");
  EXPECT_EQ(answer.message(), "the number of functions exceeds the limit (5)");

  EXPECT_EQ(
      call("DeleteFunction", {.path = {{"serviceName", "s"}, {"functionName", "f3"}}}).status(),
      200);
  EXPECT_EQ(create("f6").status(), 200);
  EXPECT_EQ(create("f7").code(), "LimitExceededError");
}

TEST_F(FunctionsTest, AreNotReadToCountThem) {
  create("a");
  create("b");
  const int before = documents.pages;

  EXPECT_EQ(create("c").status(), 200);

  EXPECT_EQ(documents.pages, before);
}

TEST_F(FunctionsTest, KeepWhatAnUpdateDoesNotName) {
  const Answer created =
      create("f", R"(,"description":"d","timeout":30,"environmentVariables":{"A":"1","B":"2"})");
  clock.time += std::chrono::seconds(1);

  const Answer updated =
      update("f", R"({"timeout":"40","description":null,"environmentVariables":{"C":"3"},)"
                  R"("functionName":"g","functionId":"x","codeSize":1})");

  EXPECT_EQ(updated.status(), 200) << updated.message();
  EXPECT_EQ(updated.text("functionName"), "f");
  EXPECT_EQ(updated.text("functionId"), created.text("functionId"));
  EXPECT_EQ(updated.text("timeout"), "40");
  EXPECT_EQ(updated.text("description"), "d");
  EXPECT_EQ(updated.text("environmentVariables"), R"({"C":"3"})");
  EXPECT_EQ(updated.text("codeChecksum"), created.text("codeChecksum"));
  EXPECT_EQ(updated.text("lastModifiedTime"), "2022-03-01T08:00:01Z");
  EXPECT_EQ(
      update("f", R"({"environmentVariables":{},"description":""})").text("environmentVariables"),
      "{}");
}

TEST_F(FunctionsTest, ChangeTheirCode) {
  create("f");
  const std::string other = package::rawZip("index.py", "other");

  const Answer updated = update("f", R"({"code":{"zipFile":")" + toBase64(other) + "\"}}");

  EXPECT_EQ(updated.status(), 200) << updated.message();
  EXPECT_EQ(updated.text("codeChecksum"), std::to_string(package::crc64(other)));
  EXPECT_EQ(updated.text("handler"), "index.handler");
}

TEST_F(FunctionsTest, AreUpdatedByTheRulesOfCreation) {
  create("f", R"(,"instanceConcurrency":10)");

  EXPECT_EQ(update("f", R"({"timeout":0})").message(),
            "timeout must be between 1 and 86400 (actual: 0)");
  EXPECT_EQ(update("f", R"({"code":{}})").code(), "InvalidArgument");
  EXPECT_EQ(update("f", R"({"instanceSoftConcurrency":11})").message(),
            "instanceSoftConcurrency must be at most instanceConcurrency (10, actual: 11)");
  EXPECT_EQ(update("g", "{}").message(), "function 'g' does not exist in service 's'");
  EXPECT_EQ(update("f", "{").code(), "InvalidArgument");
}

TEST_F(FunctionsTest, AreGuardedByIfMatchAndTellALostRace) {
  const std::string first = create("f").header("Etag");
  EXPECT_EQ(update("f", "{}", {{"If-Match", first}}).status(), 200);
  const auto interfered = [this](std::string_view tag) {
    documents.beforeCommit.emplace_back([this] { return touch("function/1000/s/f"); });
    return update("f", "{}", {{"If-Match", std::string(tag)}});
  };

  EXPECT_EQ(update("f", "{}", {{"If-Match", first}}).code(), "PreconditionFailed");
  EXPECT_EQ(remove("f", {{"If-Match", first}}).code(), "PreconditionFailed");
  EXPECT_EQ(interfered("").code(), "ConcurrentUpdateError");
  EXPECT_EQ(interfered("").message(), "the resource is being updated by another request");
  EXPECT_EQ(interfered(get("f").header("Etag")).code(), "PreconditionFailed");
  documents.beforeCommit.emplace_back([this] { return touch("function/1000/s/f"); });
  EXPECT_EQ(remove("f").code(), "ConcurrentUpdateError");
}

TEST_F(FunctionsTest, AreDeletedOnce) {
  create("f");

  const Answer deleted = remove("f");

  EXPECT_EQ(deleted.status(), 200);
  EXPECT_EQ(deleted.response.body, "");
  EXPECT_EQ(remove("f").code(), "FunctionNotFound");
  EXPECT_EQ(call("DeleteFunction", {.path = {{"serviceName", "x"}, {"functionName", "f"}}}).code(),
            "ServiceNotFound");
}

TEST_F(FunctionsTest, WithTriggersStay) {
  create("f");
  std::vector<store::Operation> operations;
  operations.push_back(store::put("trigger/1000/s/f/t", "{}"));
  ASSERT_TRUE(loop.await(documents.commit(std::move(operations))));

  const Answer refused = remove("f");

  EXPECT_EQ(refused.status(), 409);
  EXPECT_EQ(refused.code(), "FunctionNotEmpty");
  EXPECT_EQ(refused.message(), "function 'f' has active 'triggers'.");
}

TEST_F(FunctionsTest, AreListedOfTheirServiceOnly) {
  ApiTest::createService("s2");
  createFunction("s2", "other");
  for (const char* name : {"b", "a", "c"}) create(name);
  const auto list = [this](const std::string& service, const std::string& query) {
    const Answer answer =
        call("ListFunctions", {.path = {{"serviceName", service}}, .query = query});
    if (answer.error) return answer.code();
    std::string out;
    const auto page = answer.json();
    for (const auto& item : page.at("functions").as_array())
      out += item.at("functionName").as_string().c_str();
    if (const auto* token = page.as_object().if_contains("nextToken"))
      out += std::string(">") + token->as_string().c_str();
    return out;
  };

  EXPECT_EQ(list("s", ""), "abc");
  EXPECT_EQ(list("s.LATEST", "limit=2"), "ab>c");
  EXPECT_EQ(list("s", "limit=2&nextToken=c"), "c");
  EXPECT_EQ(list("s2", ""), "other");
  EXPECT_EQ(list("s", "limit=0"), "InvalidArgument");
  EXPECT_EQ(list("x", ""), "ServiceNotFound");
  EXPECT_EQ(list("s.1", ""), "VersionNotFound");
  EXPECT_EQ(list("s.prod", ""), "AliasNotFound");
}

TEST_F(FunctionsTest, OfVersionsAndAliasesAreNotFound) {
  create("f");
  const auto code = [this](std::string_view operation, std::string service) {
    return call(operation, {.path = {{"serviceName", service}, {"functionName", "f"}}}).code();
  };

  for (const char* operation : {"GetFunction", "GetFunctionCode"}) {
    EXPECT_EQ(code(operation, "s.LATEST"), "");
    EXPECT_EQ(code(operation, "s.3"), "VersionNotFound");
    EXPECT_EQ(code(operation, "s.prod"), "AliasNotFound");
    EXPECT_EQ(code(operation, "x.3"), "ServiceNotFound");
  }
  EXPECT_EQ(code("DeleteFunction", "s.3"), "InvalidArgument");
}

TEST_F(FunctionsTest, HandOutTheirCodeForAWhile) {
  create("f");
  const auto code = [this](std::string base) {
    parts.settings.publicUrl = std::move(base);
    return call("GetFunctionCode", {.path = {{"serviceName", "s"}, {"functionName", "f"}}});
  };
  const Answer answer = code("");
  EXPECT_EQ(answer.text("checksum"), checksum());
  const std::string url = answer.text("url");
  EXPECT_TRUE(url.starts_with("http://fc.example:8016/openfc/code/")) << url;
  EXPECT_TRUE(code("https://fc.test/").text("url").starts_with("https://fc.test/openfc/code/"));
  const std::string target = url.substr(std::string("http://fc.example:8016").size());
  const auto download = [this](std::string from) {
    FakeExchange exchange({.method = "GET", .target = std::move(from), .headers = {}, .body = ""});
    return run(exchange, "");
  };

  Answer loaded = download(target);

  ASSERT_EQ(loaded.status(), 200) << loaded.message();
  EXPECT_EQ(loaded.header("X-Oss-Hash-Crc64ecma"), checksum());
  EXPECT_EQ(loaded.response.source->length(), zip().size());
  EXPECT_EQ(loop.await(loaded.response.source->next()), zip());
  EXPECT_EQ(loop.await(loaded.response.source->next()), "");

  EXPECT_EQ(download(target + "0").code(), "InvalidArgument");
  EXPECT_EQ(download(target.substr(0, target.find('?'))).code(), "InvalidArgument");
  for (const char* part : {"/code/", "expires=", "checksum=", "signature="}) {
    std::string forged = target;
    char& changed = forged[forged.find(part) + std::string(part).size()];
    changed = changed == '1' ? '2' : '1';
    EXPECT_EQ(download(forged).code(), "AccessDenied") << part;
  }
  clock.time += parts.settings.downloadExpiry + std::chrono::seconds(1);
  EXPECT_EQ(download(target).message(), "the download URL has expired");
}

TEST_F(FunctionsTest, ShowTheirLogs) {
  create("f");
  logs.records = {{.cursor = 7,
                   .time = clock.time + std::chrono::milliseconds(123),
                   .instanceId = "c-1",
                   .requestId = "r",
                   .text = "a \xff b"}};

  const Answer answer =
      call("ReadFunctionLogs",
           {.path = {{"serviceName", "s"}, {"functionName", "f"}},
            .query = "after=3&limit=5&wait=2&requestId=r&contains=a+b&since=2022-03-01T08:00:00Z"});

  EXPECT_EQ(
      answer.response.body,
      R"({"records":[{"cursor":7,"time":"2022-03-01T08:00:00.123Z","instanceId":"c-1","requestId":"r",)"
      "\"text\":\"a \xEF\xBF\xBD b\",\"versionId\":\"LATEST\"}],\"next\":7}");
  EXPECT_EQ(logs.last.accountId, "1000");
  EXPECT_EQ(logs.last.after, 3u);
  EXPECT_EQ(logs.last.limit, 5u);
  EXPECT_EQ(logs.last.wait, std::chrono::seconds(2));
  EXPECT_EQ(logs.last.contains, "a b");
  EXPECT_EQ(logs.last.since, clock.time);
  EXPECT_EQ(logs.last.versionId, std::nullopt);
  EXPECT_EQ(
      call("ReadFunctionLogs", {.path = {{"serviceName", "s"}, {"functionName", "g"}}}).code(),
      "FunctionNotFound");
  EXPECT_EQ(call("ReadFunctionLogs",
                 {.path = {{"serviceName", "s"}, {"functionName", "f"}}, .query = "wait=61"})
                .code(),
            "InvalidArgument");
}

}  // namespace
}  // namespace openfc::api
