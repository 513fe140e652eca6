#include "api/test_api.h"

#include <map>

namespace openfc::api {
namespace {

class SeenInstances final : public invoke::Instances {
public:
  invoke::ProvisionState provisioned(const std::string&) const override { return {}; }
  std::vector<std::string> instances(const invoke::InstanceQuery& query) const override {
    const auto found = running.find(query.accountId + "/" + query.serviceName + "/" +
                                    query.versionId + "/" + query.functionName + "@" + query.alias);
    return found == running.end() ? std::vector<std::string>() : found->second;
  }
  Task<std::unique_ptr<scheduler::Visit>> visit(invoke::InstanceQuery, std::string,
                                                scheduler::VisitCommand) const override {
    co_return nullptr;
  }
  std::map<std::string, std::vector<std::string>> running;
};

class InstancesTest : public ApiTest {
public:
  InstancesTest() {
    parts.instances = &seen;
    createService("s");
    createFunction("s", "f");
  }
  Answer list(const std::string& service, const std::string& query = "") {
    return call("ListInstances",
                {.path = {{"serviceName", service}, {"functionName", "f"}}, .query = query});
  }
  std::string ids(const std::string& query) {
    std::string out;
    for (const auto& item : list("s", query).json().at("instances").as_array())
      out += std::string(item.at("instanceId").as_string().c_str()) + " ";
    return out;
  }
  void publish() { call("PublishServiceVersion", {.path = {{"serviceName", "s"}}, .body = "{}"}); }

  SeenInstances seen;
};

TEST_F(InstancesTest, AreThoseOfTheVersion) {
  publish();
  seen.running["1000/s/LATEST/f@"] = {"c-2", "c-1"};
  seen.running["1000/s/1/f@"] = {"c-3"};

  EXPECT_EQ(list("s").response.body,
            R"({"instances":[{"instanceId":"c-1","versionId":0},{"instanceId":"c-2",)"
            R"("versionId":0}]})");
  EXPECT_EQ(list("s.LATEST").response.body, list("s").response.body);
  EXPECT_EQ(list("s.1").response.body, R"({"instances":[{"instanceId":"c-3","versionId":1}]})");
  EXPECT_EQ(list("s").header("Content-Type"), "application/json; charset=utf-8");
}

TEST_F(InstancesTest, OfAnAliasAreThoseOfAllItsVersions) {
  publish();
  call("UpdateFunction", {.path = {{"serviceName", "s"}, {"functionName", "f"}},
                          .body = R"({"description":"other"})"});
  publish();
  call("CreateAlias",
       {.path = {{"serviceName", "s"}},
        .body = R"({"aliasName":"prod","versionId":"2","additionalVersionWeight":{"1":0.5}})"});
  seen.running["1000/s/1/f@prod"] = {"c-1"};
  seen.running["1000/s/2/f@prod"] = {"c-2"};
  seen.running["1000/s/2/f@"] = {"c-9"};

  EXPECT_EQ(list("s.prod").response.body,
            R"({"instances":[{"instanceId":"c-1","versionId":1},{"instanceId":"c-2",)"
            R"("versionId":2}]})");
}

TEST_F(InstancesTest, AreAnArrayWhereTheConfigurationSaysSo) {
  parts.settings.instancesAsArray = true;
  EXPECT_EQ(list("s").response.body, "[]");

  seen.running["1000/s/LATEST/f@"] = {"c-1", "c-2"};
  EXPECT_EQ(list("s").response.body,
            R"([{"instanceId":"c-1","versionId":0},{"instanceId":"c-2","versionId":0}])");
}

TEST_F(InstancesTest, AreThoseThatAreAskedFor) {
  seen.running["1000/s/LATEST/f@"] = {"c-1", "c-2", "c-3"};

  EXPECT_EQ(ids("instanceIds=c-1&instanceIds=c-3&instanceIds=c-9"), "c-1 c-3 ");
  EXPECT_EQ(ids("instanceIds=c-1,c-2"), "c-1 c-2 ");
  EXPECT_EQ(ids("instanceIds=" + percentEncode(R"(["c-2","c-3"])")), "c-2 c-3 ");
  EXPECT_EQ(ids("instanceIds=" + percentEncode(R"(["[\"c-2\"]"])")), "c-2 ");
  EXPECT_EQ(ids("instanceIds="), "c-1 c-2 c-3 ");
  EXPECT_EQ(list("s", "instanceIds=" + percentEncode("[5]")).code(), "InvalidArgument");
  EXPECT_EQ(list("s", "instanceIds=" + percentEncode("[\"c")).code(), "InvalidArgument");
}

TEST_F(InstancesTest, AreTwentyUnlessAskedOtherwise) {
  for (int i = 0; i < 30; ++i)
    seen.running["1000/s/LATEST/f@"].push_back("c-" + std::to_string(100 + i));
  const auto count = [this](const std::string& query) {
    return list("s", query).json().at("instances").as_array().size();
  };

  EXPECT_EQ(count(""), 20u);
  EXPECT_EQ(count("limit=0"), 20u);
  EXPECT_EQ(count("limit=1"), 1u);
  EXPECT_EQ(count("limit=1000"), 30u);
  EXPECT_EQ(list("s", "limit=1001").code(), "InvalidArgument");
  EXPECT_EQ(list("s", "limit=-1").code(), "InvalidArgument");
}

TEST_F(InstancesTest, NeedWhatTheyBelongTo) {
  EXPECT_EQ(list("x").code(), "ServiceNotFound");
  EXPECT_EQ(list("s.7").code(), "VersionNotFound");
  EXPECT_EQ(list("s.prod").code(), "AliasNotFound");
  EXPECT_EQ(call("ListInstances", {.path = {{"serviceName", "s"}, {"functionName", "x"}}}).code(),
            "FunctionNotFound");
}

using AccountTest = ApiTest;

TEST_F(AccountTest, TellsZonesAndTheDefaultRole) {
  parts.settings.availabilityZones = {"cn-hongkong-c"};

  EXPECT_EQ(call("GetAccountSettings").response.body,
            R"({"availableAZs":["cn-hongkong-c"],"defaultRole":""})");

  call("CreateRole", {.body = R"({"roleName":"AliyunFCDefaultRole"})"});
  EXPECT_EQ(call("GetAccountSettings").text("defaultRole"),
            "acs:ram::1000:role/AliyunFCDefaultRole");
}

TEST_F(AccountTest, TellsTheLimitsThatAreAskedFor) {
  parts.settings.maxInlineCode = 104857600;
  parts.settings.maxConcurrency = 300;

  EXPECT_EQ(
      call("GetAccountConfigs", {.query = "config=CodeSizeLimit&config=Concurrency"}).response.body,
      R"({"CodeSizeLimit":"104857600","Concurrency":"300"})");
  EXPECT_EQ(call("GetAccountConfigs").json().as_object().size(), 4u);
}

TEST_F(AccountTest, ListsReservedCapacitiesInPages) {
  EXPECT_EQ(call("ListReservedCapacities").response.body, R"({"reservedCapacities":[]})");
  for (const char* id : {"a", "b", "c"})
    parts.settings.reservedCapacities.push_back({.instanceId = id, .cu = 4});

  const Answer first = call("ListReservedCapacities", {.query = "limit=2"});
  const Answer second = call("ListReservedCapacities", {.query = "nextToken=c"});

  EXPECT_EQ(first.json().at("reservedCapacities").as_array().size(), 2u);
  EXPECT_EQ(first.text("nextToken"), "c");
  EXPECT_EQ(second.response.body,
            R"({"reservedCapacities":[{"instanceId":"c","cu":4,"deadline":"1970-01-01T00:00:00Z",)"
            R"("createdTime":"1970-01-01T00:00:00Z","lastModifiedTime":"1970-01-01T00:00:00Z",)"
            R"("isRefunded":"false"}]})");
}

class VpcBindingsTest : public ApiTest {
public:
  VpcBindingsTest() { createService("s"); }
  Answer ask(const char* operation, const std::string& service, const std::string& vpc = "") {
    return call(operation, {.path = {{"serviceName", service}},
                            .body = vpc.empty() ? "" : R"({"vpcId":")" + vpc + "\"}"});
  }
};

TEST_F(VpcBindingsTest, AreMadeListedAndEnded) {
  EXPECT_EQ(ask("ListVpcBindings", "s").response.body, R"({"vpcIds":[]})");
  for (const char* vpc : {"vpc-b", "vpc-a", "vpc-b"})
    EXPECT_EQ(ask("CreateVpcBinding", "s", vpc).status(), 200);

  EXPECT_EQ(ask("ListVpcBindings", "s").response.body, R"({"vpcIds":["vpc-a","vpc-b"]})");

  parts.settings.deleteWith204 = true;  // clients assert 200 here
  EXPECT_EQ(ask("DeleteVpcBinding", "s", "vpc-a").status(), 200);
  EXPECT_EQ(ask("ListVpcBindings", "s").response.body, R"({"vpcIds":["vpc-b"]})");
}

TEST_F(VpcBindingsTest, GoWithTheirService) {
  ask("CreateVpcBinding", "s", "vpc-a");

  EXPECT_EQ(call("DeleteService", {.path = {{"serviceName", "s"}}}).status(), 200);
  createService("s");

  EXPECT_EQ(ask("ListVpcBindings", "s").response.body, R"({"vpcIds":[]})");
}

TEST_F(VpcBindingsTest, NeedAServiceAndAVpc) {
  EXPECT_EQ(ask("CreateVpcBinding", "x", "vpc-a").code(), "ServiceNotFound");
  EXPECT_EQ(ask("DeleteVpcBinding", "x", "vpc-a").code(), "ServiceNotFound");
  EXPECT_EQ(ask("ListVpcBindings", "x").code(), "ServiceNotFound");
  EXPECT_EQ(ask("CreateVpcBinding", "s").message(), "vpcId is required");
  EXPECT_EQ(ask("CreateVpcBinding", "s", "a/b").code(), "InvalidArgument");
}

}  // namespace
}  // namespace openfc::api
