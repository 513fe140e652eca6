#include "api/test_api.h"
#include "model/keys.h"

namespace openfc::api {
namespace {

class TagsTest : public ApiTest {
public:
  static std::string bodyOf(const std::string& arn, const std::string& more) {
    return R"({"resourceArn":")" + arn + "\"," + more + "}";
  }
  Answer tag(const std::string& service, const std::string& tags) {
    return call("TagResource", {.body = bodyOf("services/" + service, R"("tags":)" + tags)});
  }
  Answer untag(const std::string& service, const std::string& more) {
    return call("UntagResource", {.body = bodyOf("services/" + service, more)});
  }
  Answer read(const std::string& arn) {
    return call("GetResourceTags", {.query = "resourceArn=" + percentEncode(arn)});
  }
  std::string tagsOf(const std::string& service) {
    return read("services/" + service).text("tags");
  }
  /// The names of a list, and its token behind them.
  std::string listed(const std::string& query) {
    const auto page = call("ListServices", {.query = query}).json();
    std::string out;
    for (const auto& service : page.at("services").as_array())
      out += std::string(service.at("serviceName").as_string().c_str()) + " ";
    const auto* token = page.as_object().if_contains("nextToken");
    return out + (token == nullptr ? "." : token->as_string().c_str());
  }
};

TEST_F(TagsTest, AreSetOverwrittenAndRead) {
  createService("a");

  const Answer answer = tag("a", R"({"team":"media","empty":""})");
  tag("a", R"({"team":"ops","stage":"prod"})");
  const Answer read = this->read("acs:fc:cn-hangzhou:1000:services/a");

  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.response.body, R"({"requestId":"00000000-0000-4000-8000-000000000000"})");
  EXPECT_EQ(read.status(), 200);
  EXPECT_EQ(read.response.body,
            R"({"resourceArn":"acs:fc:cn-hangzhou:1000:services/a","tags":{"empty":"","stage":)"
            R"("prod","team":"ops"},"requestId":"00000000-0000-4000-8000-000000000000"})");
}

TEST_F(TagsTest, AreNoneAtFirst) {
  createService("a");

  EXPECT_EQ(tagsOf("a"), "{}");
}

TEST_F(TagsTest, NameServicesInEveryForm) {
  createService("a");
  for (const char* arn : {"services/a", "acs:fc:cn-hangzhou:1000:services/a", "acs:fc:::services/a",
                          "acs:fc:cn-hangzhou::services/a", "acs:fc::1000:services/a"}) {
    EXPECT_EQ(read(arn).text("resourceArn"), "acs:fc:cn-hangzhou:1000:services/a") << arn;
  }
}

TEST_F(TagsTest, AreOfServicesOnly) {
  createService("a");
  for (const char* arn : {"a", "services/", "services/a/functions/f", "services/a.1",
                          "acs:fc:cn-hangzhou:1000:a", "acs:oss:cn-hangzhou:1000:b",
                          "acs:fc:cn-hangzhou:services/a", "acs:fc:elsewhere:1000:services/a",
                          "acs:fc:cn-hangzhou:1000:services/a/functions/f", "Services/a"}) {
    EXPECT_EQ(read(arn).code(), "InvalidArgument") << arn;
  }
  EXPECT_EQ(read("acs:fc:cn-hangzhou:2000:services/a").code(), "AccessDenied");
  EXPECT_EQ(call("GetResourceTags").message(), "resourceArn is required");
}

TEST_F(TagsTest, NeedTheService) {
  EXPECT_EQ(tag("nowhere", R"({"a":"b"})").message(), "service 'nowhere' does not exist");
  EXPECT_EQ(untag("nowhere", R"("all":true)").code(), "ServiceNotFound");
  EXPECT_EQ(read("services/nowhere").code(), "ServiceNotFound");
}

TEST_F(TagsTest, HaveRules) {
  createService("a");
  const std::string longest(128, 'k');
  const std::string value(256, 'v');

  EXPECT_EQ(tag("a", R"({")" + longest + R"(":")" + value + "\"}").status(), 200);
  EXPECT_EQ(tag("a", R"({"标签":"值"})").status(), 200);
  for (const std::string& tags :
       {R"({"k)" + longest + R"(":""})", R"({"k":"v)" + value + "\"}", std::string(R"({"":"v"})"),
        std::string(R"({"k\n":"v"})"), std::string(R"({"k":"\u0007"})"), std::string("{}"),
        std::string(R"({"k":null})"), std::string("[]"), std::string(R"({"k":5})")}) {
    EXPECT_EQ(tag("a", tags).code(), "InvalidArgument") << tags;
  }
  EXPECT_EQ(call("TagResource", {.body = "{}"}).message(),
            "resourceArn is required; tags is required");
}

TEST_F(TagsTest, AreTwentyAtMost) {
  createService("a");
  std::string tags;
  for (int i = 0; i < 20; ++i) tags += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + R"(":"v")";

  EXPECT_EQ(tag("a", "{" + tags + R"(,"more":""})").code(), "InvalidArgument");
  EXPECT_EQ(tag("a", "{" + tags + "}").status(), 200);
  EXPECT_EQ(tag("a", "{" + tags + "}").status(), 200);
  const Answer answer = tag("a", R"({"more":""})");
  EXPECT_EQ(answer.status(), 400);
  EXPECT_EQ(answer.code(), "LimitExceededError");
  EXPECT_EQ(answer.message(), "the number of tags exceeds the limit (20)");
}

TEST_F(TagsTest, AreRemovedByKeyOrAll) {
  createService("a");
  tag("a", R"({"a":"1","b":"2","c":"3"})");

  const Answer answer = untag("a", R"("tagKeys":["a","unknown"],"all":false)");
  EXPECT_EQ(answer.response.body, R"({"requestId":"00000000-0000-4000-8000-000000000000"})");
  EXPECT_EQ(tagsOf("a"), R"({"b":"2","c":"3"})");
  EXPECT_EQ(untag("a", R"("tagKeys":["a"])").status(), 200);
  EXPECT_EQ(untag("a", R"("tagKeys":[],"all":true)").status(), 200);
  EXPECT_EQ(tagsOf("a"), "{}");
  EXPECT_EQ(untag("a", R"("all":"true")").status(), 200);
  EXPECT_FALSE(loop.await(documents.find(model::tagsKey("1000", "a"))));
}

TEST_F(TagsTest, AreNotRemovedWithoutKeys) {
  createService("a");

  for (const char* more : {R"("all":false)", R"("tagKeys":[])", R"("tagKeys":null,"all":null)"}) {
    EXPECT_EQ(untag("a", more).message(), "tagKeys is required unless all is true") << more;
  }
  EXPECT_EQ(untag("a", R"("tagKeys":"k","all":1)").code(), "InvalidArgument");
  EXPECT_EQ(call("UntagResource").message(), "resourceArn is required");
}

TEST_F(TagsTest, VanishWithTheService) {
  createService("a");
  tag("a", R"({"k":"v"})");

  call("DeleteService", {.path = {{"serviceName", "a"}}});

  EXPECT_FALSE(loop.await(documents.find(model::tagsKey("1000", "a"))));
  createService("a");
  EXPECT_EQ(tagsOf("a"), "{}");
}

TEST_F(TagsTest, LeaveNothingOfAServiceThatIsDeletedMeanwhile) {
  createService("a");
  documents.beforeCommit.emplace_back(
      [this] { return write(store::erase(model::serviceKey("1000", "a"))); });

  EXPECT_EQ(tag("a", R"({"k":"v"})").code(), "ServiceNotFound");
  EXPECT_FALSE(loop.await(documents.find(model::tagsKey("1000", "a"))));
}

TEST_F(TagsTest, OfTwoWritersAreAllKept) {
  createService("a");
  documents.beforeCommit.emplace_back([this] {
    return write(store::put(model::tagsKey("1000", "a"), R"({"tags":{"other":"1"}})"));
  });

  EXPECT_EQ(tag("a", R"({"mine":"2"})").status(), 200);

  EXPECT_EQ(tagsOf("a"), R"({"mine":"2","other":"1"})");
}

TEST_F(TagsTest, DoNotChangeTheServicesState) {
  const Answer created = createService("a");

  tag("a", R"({"k":"v"})");

  EXPECT_EQ(call("GetService", {.path = {{"serviceName", "a"}}}).header("Etag"),
            created.header("Etag"));
}

TEST_F(TagsTest, StandInLists) {
  for (const char* name : {"a", "b", "c", "d"}) createService(name);
  tag("b", R"({"k":"v"})");
  tag("d", R"({"k":"w"})");

  const auto services = call("ListServices", {.query = "limit=3"}).json().at("services");

  EXPECT_EQ(schema::toText(services.at(0).at("tags")), "{}");
  EXPECT_EQ(schema::toText(services.at(1).at("tags")), R"({"k":"v"})");
  EXPECT_EQ(schema::toText(services.at(2).at("tags")), "{}");
  EXPECT_EQ(
      schema::toText(
          call("ListServices", {.query = "startKey=c"}).json().at("services").at(1).at("tags")),
      R"({"k":"w"})");
}

TEST_F(TagsTest, FilterLists) {
  for (const char* name : {"a", "b", "c", "ca", "d"}) createService(name);
  tag("a", R"({"team":"media","stage":"prod"})");
  tag("b", R"({"team":"ops","stage":"prod"})");
  tag("c", R"({"team":"media"})");
  tag("ca", R"({"team":"media","a/b=c":"x y"})");

  EXPECT_EQ(listed("tag_team=media"), "a c ca .");
  EXPECT_EQ(listed("tag_team="), "a b c ca .");
  EXPECT_EQ(listed("tag_team"), "a b c ca .");
  EXPECT_EQ(listed("tag_team=media&tag_stage=prod"), "a .");
  EXPECT_EQ(listed("tag_team=media&tag_team=ops"), ".");
  EXPECT_EQ(listed("tag_Team=media"), ".");
  EXPECT_EQ(listed("Tag_team=ops"), "b .");
  EXPECT_EQ(listed("tag_a%2Fb%3Dc=x+y"), "ca .");
  EXPECT_EQ(listed("tag_team=media&prefix=c"), "c ca .");
  EXPECT_EQ(listed("tag_team=media&startKey=b"), "c ca .");
  EXPECT_EQ(listed("tag_team=media&limit=1"), "a c");
  EXPECT_EQ(listed("tag_team=media&limit=1&nextToken=c"), "c ca");
  EXPECT_EQ(listed("tag_team=media&limit=1&nextToken=ca&startKey=a"), "ca .");
  EXPECT_EQ(listed("tag_team=media&limit=3"), "a c ca .");
  EXPECT_EQ(call("ListServices", {.query = "tag_team=media", .account = "2000"}).response.body,
            R"({"services":[]})");
  EXPECT_EQ(
      schema::toText(
          call("ListServices", {.query = "tag_team=ops"}).json().at("services").at(0).at("tags")),
      R"({"stage":"prod","team":"ops"})");
}

TEST_F(TagsTest, FilterListsBeyondWhatIsReadAtOnce) {
  for (int i = 0; i < 450; ++i) {
    const std::string name = "s" + std::to_string(1000 + i);
    createService(name);
    tag(name, i % 220 == 219 ? R"({"rare":"1"})" : R"({"often":"1"})");
  }

  EXPECT_EQ(listed("tag_rare=1"), "s1219 s1439 .");
  EXPECT_EQ(listed("tag_rare=1&limit=1"), "s1219 s1439");
  EXPECT_EQ(listed("tag_often=1&limit=2&startKey=s1198"), "s1198 s1199 s1200");
}

}  // namespace
}  // namespace openfc::api
