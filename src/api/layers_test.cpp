#include "api/test_api.h"
#include "model/function.h"
#include "model/keys.h"
#include "model/layer.h"

#include <fstream>

namespace openfc::api {
namespace {

class LayersTest : public ApiTest {
protected:
  static std::string zipOf(const std::string& content) {
    return package::rawZip("python/lib.py", content);
  }
  Answer publishBody(const std::string& name, std::string body,
                     std::vector<http::Header> headers = {}, const std::string& account = "1000") {
    return call("PublishLayerVersion", {.path = {{"layerName", name}},
                                        .headers = std::move(headers),
                                        .body = std::move(body),
                                        .account = account});
  }
  Answer publish(const std::string& name, const std::string& more = "",
                 const std::string& account = "1000") {
    return publishBody(name,
                       R"({"code":{"zipFile":")" + toBase64(zipOf("x = 1\n")) + "\"}" + more + "}",
                       {}, account);
  }
  Answer get(const std::string& name, const std::string& version,
             const std::string& account = "1000") {
    return call("GetLayerVersion",
                {.path = {{"layerName", name}, {"version", version}}, .account = account});
  }
  Answer getByArn(const std::string& arn, const std::string& account = "1000") {
    return call("GetLayerVersionByArn", {.path = {{"arn", arn}}, .account = account});
  }
  Answer remove(const std::string& name, const std::string& version) {
    return call("DeleteLayerVersion", {.path = {{"layerName", name}, {"version", version}}});
  }
  Answer versions(const std::string& name, const std::string& query = "") {
    return call("ListLayerVersions", {.path = {{"layerName", name}}, .query = query});
  }
  Answer layers(const std::string& query = "", const std::string& account = "1000") {
    return call("ListLayers", {.query = query, .account = account});
  }
  Answer putAcl(const std::string& name, const std::string& query,
                const std::string& account = "1000") {
    return call("PutLayerACL", {.path = {{"layerName", name}}, .query = query, .account = account});
  }
  static std::string arnOf(const std::string& name, int version,
                           const std::string& account = "1000") {
    return model::toArn({model::layerOwner(account), name, version});
  }
  /// "name:version" of each listed layer.
  static std::vector<std::string> listed(const Answer& answer) {
    std::vector<std::string> out;
    const auto json = answer.json();
    for (const auto& layer : json.at("layers").as_array()) {
      out.push_back(std::string(layer.at("layerName").as_string().c_str()) + ":" +
                    schema::toText(layer.at("version")));
    }
    return out;
  }
  Answer createWith(const std::string& name, const std::string& layers,
                    const std::string& account = "1000") {
    return call("CreateFunction", {.path = {{"serviceName", "s"}},
                                   .body = functionBody(name, R"(,"layers":[)" + layers + "]"),
                                   .account = account});
  }
  Answer update(const std::string& name, std::string body) {
    return call("UpdateFunction",
                {.path = {{"serviceName", "s"}, {"functionName", name}}, .body = std::move(body)});
  }
  model::Function storedFunction(const std::string& name) {
    return model::fromDocument<model::Function>(
        loop.await(documents.find(model::functionKey("1000", "s", name)))->value);
  }
};

using Names = std::vector<std::string>;

TEST_F(LayersTest, ArePublishedWithAscendingVersions) {
  const Answer first = publish("l", R"(,"description":"d","compatibleRuntime":["python3","Any"])");
  const Answer second = publish("l");

  ASSERT_EQ(first.status(), 200) << first.message();
  EXPECT_EQ(first.header("Etag").size(), 32u);
  EXPECT_EQ(first.text("layerName"), "l");
  EXPECT_EQ(first.text("version"), "1");
  EXPECT_EQ(first.text("description"), "d");
  EXPECT_EQ(first.text("compatibleRuntime"), R"(["python3","Any"])");
  EXPECT_EQ(first.text("codeSize"), std::to_string(zipOf("x = 1\n").size()));
  EXPECT_EQ(first.text("codeChecksum"), std::to_string(package::crc64(zipOf("x = 1\n"))));
  EXPECT_EQ(first.text("createTime"), "2022-03-01T08:00:00Z");
  EXPECT_EQ(first.text("acl"), "0");
  EXPECT_EQ(first.text("arn"), "a9b7ba70783b617e9998dc4dd82eb3c5#l#1");
  EXPECT_EQ(first.text("arnV2"), "acs:fc:cn-hangzhou:1000:layers/l/versions/1");
  EXPECT_EQ(first.text("license"), "");
  const auto reply = first.json();
  EXPECT_EQ(reply.at("code").at("repositoryType").as_string(), "OSS");
  EXPECT_FALSE(reply.as_object().contains("packageDigest"));
  EXPECT_FALSE(reply.as_object().contains("accountId"));
  EXPECT_EQ(second.text("version"), "2");
  EXPECT_EQ(get("l", "1").response.body, first.response.body);
  EXPECT_EQ(get("l", "1").header("Etag"), first.header("Etag"));
}

TEST_F(LayersTest, GiveTheirZip) {
  const auto json = publish("l").json();
  const std::string url(json.at("code").at("location").as_string().c_str());
  FakeExchange exchange({.method = "GET", .target = url.substr(url.find("/openfc/"))});

  const Answer answer = run(exchange, "");

  ASSERT_EQ(answer.status(), 200) << answer.message();
  EXPECT_EQ(loop.await(answer.response.source->next()), zipOf("x = 1\n"));
}

TEST_F(LayersTest, NeedSoundCode) {
  EXPECT_EQ(publishBody("l", "{}").message(), "code is required");
  EXPECT_EQ(publishBody("l", R"({"code":{}})").message(),
            "code must have either zipFile or both ossBucketName and ossObjectName");
  EXPECT_EQ(publishBody("l", R"({"code":{"zipFile":"bm90IGEgemlw"}})").code(), "InvalidArgument");
  const std::string good =
      R"({"Code":{"zipFile":")" + toBase64(zipOf("x")) + R"("},"description":"d"})";
  EXPECT_EQ(publishBody("l", good, {{"X-Fc-Code-Checksum", "1"}}).code(), "InvalidArgument");
  EXPECT_EQ(get("l", "1").code(), "LayerVersionNotFound");
  EXPECT_EQ(
      publishBody("l", good, {{"X-Fc-Code-Checksum", std::to_string(package::crc64(zipOf("x")))}})
          .status(),
      200);
  parts.settings.maxInlineCode = 5;
  EXPECT_EQ(publishBody("l", good).code(), "EntityTooLarge");
}

TEST_F(LayersTest, TakeCodeFromABucket) {
  std::ofstream(directory.path() / "bucket" / "layer.zip") << zipOf("x = 2\n");

  const Answer answer =
      publishBody("l", R"({"code":{"ossBucketName":"bucket","ossObjectName":"layer.zip"}})");

  EXPECT_EQ(answer.text("codeChecksum"), std::to_string(package::crc64(zipOf("x = 2\n"))));
}

TEST_F(LayersTest, RefuseWhatIsOutOfRange) {
  const std::string code = R"("code":{"zipFile":")" + toBase64(zipOf("x")) + "\"}";
  const std::string names = R"(["python3","python3.9","nodejs8","nodejs10","nodejs12","nodejs14"])";
  const std::pair<std::string, std::string> cases[] = {
      {R"("description":")" + std::string(257, 'd') + "\"", "description"},
      {R"("compatibleRuntime":["cobol"])", "compatibleRuntime"},
      {R"("compatibleRuntime":)" + names, "compatibleRuntime"},
      {R"("compatibleRuntime":"python3")", "compatibleRuntime"},
  };
  const auto with = [&](const std::string& member) { return "{" + code + "," + member + "}"; };
  for (const auto& [member, named] : cases) {
    const Answer answer = publishBody("l", with(member));
    EXPECT_EQ(answer.code(), "InvalidArgument") << member;
    EXPECT_NE(answer.message().find(named), std::string::npos) << answer.message();
  }
  EXPECT_EQ(publish("1").code(), "InvalidArgument");
  EXPECT_EQ(publish(std::string(129, 'l')).code(), "InvalidArgument");
  for (const char* version : {"0", "-1", "x", "1.5", "99999999999"})
    EXPECT_EQ(get("l", version).code(), "InvalidArgument") << version;
}

TEST_F(LayersTest, NeverUseAVersionAgain) {
  publish("l");
  publish("l");

  EXPECT_EQ(remove("l", "2").status(), 200);
  EXPECT_EQ(remove("l", "2").code(), "LayerVersionNotFound");
  EXPECT_EQ(remove("l", "2").message(), "version '2' of layer 'l' does not exist");
  EXPECT_EQ(publish("l").text("version"), "3");
  remove("l", "1");
  remove("l", "3");
  EXPECT_EQ(layers().text("layers"), "[]");
  EXPECT_EQ(versions("l").code(), "LayerNotFound");
  EXPECT_EQ(publish("l").text("version"), "4");
}

TEST_F(LayersTest, HaveAtMostSoManyVersions) {
  parts.settings.maxVersionsPerLayer = 2;
  publish("l");
  publish("l");

  EXPECT_EQ(publish("l").code(), "LimitExceededError");
  remove("l", "1");
  EXPECT_EQ(publish("l").text("version"), "3");
}

TEST_F(LayersTest, ListTheirVersionsInPages) {
  for (int i = 0; i < 4; ++i) publish("l");
  remove("l", "2");

  EXPECT_EQ(listed(versions("l")), (Names{"l:1", "l:3", "l:4"}));
  EXPECT_FALSE(versions("l").json().as_object().contains("nextVersion"));
  EXPECT_EQ(listed(versions("l", "limit=1")), Names{"l:1"});
  EXPECT_EQ(versions("l", "limit=1").text("nextVersion"), "3");
  EXPECT_EQ(listed(versions("l", "startVersion=3&limit=2")), (Names{"l:3", "l:4"}));
  EXPECT_FALSE(versions("l", "startVersion=3&limit=2").json().as_object().contains("nextVersion"));
  EXPECT_EQ(versions("l", "startVersion=9").text("layers"), "[]");
  EXPECT_EQ(versions("nothing").code(), "LayerNotFound");
  EXPECT_EQ(versions("l", "limit=101").code(), "InvalidArgument");
  EXPECT_EQ(versions("l", "startVersion=0").code(), "InvalidArgument");
}

TEST_F(LayersTest, AreListedByNameWithTheirHighestVersion) {
  for (const char* name : {"b", "a", "a-b", "c", "b"}) publish(name);
  publish("other", "", "2000");
  remove("c", "1");

  EXPECT_EQ(listed(layers()), (Names{"a:1", "a-b:1", "b:2"}));
  EXPECT_EQ(listed(layers("limit=2")), (Names{"a:1", "a-b:1"}));
  EXPECT_EQ(layers("limit=2").text("nextToken"), "b");
  EXPECT_EQ(listed(layers("limit=2&nextToken=b")), Names{"b:2"});
  EXPECT_FALSE(layers("limit=2&nextToken=b").json().as_object().contains("nextToken"));
  EXPECT_EQ(listed(layers("prefix=a")), (Names{"a:1", "a-b:1"}));
  EXPECT_EQ(listed(layers("startKey=aa")), Names{"b:2"});
  EXPECT_EQ(layers("limit=0").code(), "InvalidArgument");
  remove("b", "2");
  EXPECT_EQ(listed(layers("prefix=b")), Names{"b:1"});
}

TEST_F(LayersTest, AreReadByTheirArn) {
  const Answer made = publish("l");

  EXPECT_EQ(getByArn(arnOf("l", 1)).response.body, made.response.body);
  EXPECT_EQ(getByArn("acs:fc:elsewhere:1000:layers/l/versions/1").response.body,
            made.response.body);
  EXPECT_EQ(getByArn(arnOf("l", 2)).code(), "LayerVersionNotFound");
  EXPECT_EQ(getByArn(arnOf("l", 1), "2000").code(), "LayerVersionNotFound");
  for (const char* arn : {"l", "x#l#1", "a9b7ba70783b617e9998dc4dd82eb3c5#l#01",
                          "a9b7ba70783b617e9998dc4dd82eb3c5#l#", "acs:fc:r:1000:layers/l"}) {
    EXPECT_EQ(getByArn(arn).code(), "InvalidArgument") << arn;
  }
}

TEST_F(LayersTest, AreOpenToOtherAccountsOnceTheyArePublic) {
  publish("l");
  publish("l");
  publish("own", "", "2000");

  EXPECT_EQ(layers("public=true", "2000").text("layers"), "[]");
  EXPECT_EQ(putAcl("l", "public=true").status(), 200);
  EXPECT_EQ(get("l", "1").text("acl"), "1");
  EXPECT_EQ(getByArn(arnOf("l", 1), "2000").text("acl"), "1");
  EXPECT_EQ(get("l", "1", "2000").code(), "LayerVersionNotFound");
  for (const char* query :
       {"public=true", "official=true", "isPublic=true", "public=true&official=true"}) {
    EXPECT_EQ(listed(layers(query, "2000")), Names{"l:2"}) << query;
  }
  EXPECT_EQ(publish("l").text("acl"), "1");
  EXPECT_EQ(putAcl("l", "public=false").status(), 200);
  EXPECT_EQ(getByArn(arnOf("l", 3), "2000").code(), "LayerVersionNotFound");
  EXPECT_EQ(layers("public=true", "2000").text("layers"), "[]");
  EXPECT_EQ(putAcl("l", "").message(), "public is required");
  EXPECT_EQ(putAcl("nothing", "public=true").code(), "LayerNotFound");
  EXPECT_EQ(putAcl("l", "public=true", "2000").code(), "LayerNotFound");
}

TEST_F(LayersTest, PublicOnesOfAllAccountsComeInPages) {
  for (const char* account : {"1000", "2000"}) {
    publish("l", "", account);
    putAcl("l", "public=true", account);
  }
  publish("k", "", "2000");
  putAcl("k", "public=true", "2000");

  const Answer first = layers("public=true&limit=2");
  const Answer rest =
      layers("public=true&limit=2&nextToken=" + percentEncode(first.text("nextToken")));

  EXPECT_EQ(listed(first), (Names{"k:1", "l:1"}));
  EXPECT_EQ(listed(rest), Names{"l:1"});
  EXPECT_NE(rest.response.body, first.response.body);
}

TEST_F(LayersTest, OneVersionCanBeMadePublicAlone) {
  publish("l");
  publish("l");

  const Answer answer =
      call("PublishPublicLayerVersion", {.path = {{"layerName", "l"}, {"version", "1"}}});

  EXPECT_EQ(answer.text("acl"), "1");
  EXPECT_EQ(get("l", "2").text("acl"), "0");
  EXPECT_EQ(listed(layers("public=true", "2000")), Names{"l:1"});
  EXPECT_EQ(
      call("PublishPublicLayerVersion", {.path = {{"layerName", "l"}, {"version", "9"}}}).code(),
      "LayerVersionNotFound");
}

TEST_F(LayersTest, PermanentDeletionIsForTheOwnerOnly) {
  publish("l");
  const std::map<std::string, std::string> path = {
      {"accountId", "1000"}, {"layerName", "l"}, {"version", "1"}};

  EXPECT_EQ(call("PermanentDeleteLayerVersion", {.path = path, .account = "2000"}).code(),
            "AccessDenied");
  EXPECT_EQ(call("PermanentDeleteLayerVersion", {.path = path}).status(), 200);
  EXPECT_EQ(get("l", "1").code(), "LayerVersionNotFound");
}

TEST_F(LayersTest, ALostRaceIsRunAgain) {
  publish("l");
  documents.beforeCommit.emplace_back(
      [this] { return touch(model::layerStateKey(model::layerOwner("1000"), "l")); });

  EXPECT_EQ(publish("l").text("version"), "2");
  EXPECT_EQ(listed(versions("l")), (Names{"l:1", "l:2"}));
}

TEST_F(LayersTest, AreAttachedToFunctions) {
  createService("s");
  const auto made = publish("l", R"(,"compatibleRuntime":["python3"])");
  publish("m");

  const Answer answer =
      createWith("f", "\"" + arnOf("l", 1) + "\",\"acs:fc:r:1000:layers/m/versions/1\"");

  ASSERT_EQ(answer.status(), 200) << answer.message();
  EXPECT_EQ(answer.text("layers"),
            "[\"" + arnOf("l", 1) + R"(","acs:fc:r:1000:layers/m/versions/1"])");
  EXPECT_FALSE(answer.json().as_object().contains("attachedLayers"));
  const auto attached = storedFunction("f").attachedLayers;
  ASSERT_EQ(attached.size(), 2u);
  EXPECT_EQ(attached[0].arn, arnOf("l", 1));
  EXPECT_EQ(attached[0].packageDigest, toHex(sha256(zipOf("x = 1\n"))));
}

TEST_F(LayersTest, ThatCannotBeAttachedAreNamed) {
  createService("s");
  publish("node", R"(,"compatibleRuntime":["nodejs12"])");
  publish("l");
  publish("foreign", "", "2000");

  EXPECT_EQ(createWith("f", R"("nonsense")").code(), "InvalidArgument");
  EXPECT_NE(createWith("f", R"("nonsense")").message().find("layers[0]"), std::string::npos);
  EXPECT_EQ(createWith("f", "\"" + arnOf("l", 2) + "\"").code(), "LayerVersionNotFound");
  EXPECT_EQ(createWith("f", "\"" + arnOf("foreign", 1, "2000") + "\"").code(),
            "LayerVersionNotFound");
  const Answer wrong = createWith("f", "\"" + arnOf("l", 1) + "\",\"" + arnOf("node", 1) + "\"");
  EXPECT_EQ(wrong.code(), "InvalidArgument");
  EXPECT_NE(wrong.message().find("layers[1]"), std::string::npos) << wrong.message();
  parts.settings.maxLayersSize = 10;
  EXPECT_NE(createWith("f", "\"" + arnOf("l", 1) + "\"").message().find("layers must have"),
            std::string::npos);
  EXPECT_EQ(createWith("f", R"("a","a","a","a","a","a")").code(), "InvalidArgument");
}

TEST_F(LayersTest, PublicOnesOfOthersAreAttachedAndStay) {
  createService("s");
  publish("l", "", "2000");
  putAcl("l", "public=true", "2000");
  const std::string arn = "\"" + arnOf("l", 1, "2000") + "\"";

  EXPECT_EQ(createWith("f", arn).status(), 200);
  putAcl("l", "public=false", "2000");
  EXPECT_EQ(createWith("g", arn).code(), "LayerVersionNotFound");
  EXPECT_EQ(update("f", R"({"description":"d","layers":[)" + arn + "]}").status(), 200);
  EXPECT_EQ(storedFunction("f").attachedLayers.size(), 1u);
}

TEST_F(LayersTest, DeletedOnesStayWithTheFunctionsThatHaveThem) {
  createService("s");
  publish("l", R"(,"compatibleRuntime":["python3"])");
  const std::string arn = "\"" + arnOf("l", 1) + "\"";
  createWith("f", arn);
  remove("l", "1");

  EXPECT_EQ(update("f", R"({"timeout":5})").status(), 200);
  EXPECT_EQ(storedFunction("f").attachedLayers.size(), 1u);
  EXPECT_NE(update("f", R"({"runtime":"nodejs12"})").message().find("layers[0]"),
            std::string::npos);
  EXPECT_EQ(update("f", R"({"layers":[]})").text("layers"), "[]");
  EXPECT_TRUE(storedFunction("f").attachedLayers.empty());
  EXPECT_EQ(update("f", R"({"layers":[)" + arn + "]}").code(), "LayerVersionNotFound");
}

}  // namespace
}  // namespace openfc::api
