#pragma once

#include "auth/policy.h"

#include <iterator>
#include <string_view>

/// Policy documents, and what each says about an action on a resource.
namespace openfc::auth::policy_table {

/// What the rows of the table are decided by.
struct Document {
  std::string_view name;
  std::string_view text;
};

inline constexpr Document documents[] = {
    {"nothing",
     R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"fc:None","Resource":"*"}]})"},
    {"everything",
     R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})"},
    {"fc", R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"fc:*","Resource":"*"}]})"},
    {"reader",
     R"({"Version":"1","Statement":[{"Effect":"Allow","Action":["fc:Get*","fc:List*"],"Resource":"*"}]})"},
    {"one service",
     R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"fc:*",
         "Resource":["acs:fc:*:*:services/shop","acs:fc:*:*:services/shop/*"]}]})"},
    {"prefix",
     R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"fc:*",
         "Resource":"acs:fc:*:*:services/dev-*"}]})"},
    {"invoker",
     R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"fc:InvokeFunction",
         "Resource":"acs:fc:cn-hangzhou:1000:services/shop.*/functions/pay"}]})"},
    {"question",
     R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"fc:?etService",
         "Resource":"acs:fc:*:*:services/s?"}]})"},
    {"all but deletes",
     R"({"Version":"1","Statement":[
         {"Effect":"Allow","Action":"fc:*","Resource":"*"},
         {"Effect":"Deny","Action":"fc:Delete*","Resource":"*"}]})"},
    {"deny first",
     R"({"Version":"1","Statement":[
         {"Effect":"Deny","Action":"fc:*","Resource":"acs:fc:*:*:services/prod*"},
         {"Effect":"Allow","Action":"fc:*","Resource":"*"}]})"},
    {"not action",
     R"({"Version":"1","Statement":[{"Effect":"Allow","NotAction":["fc:Delete*","openfc:*"],"Resource":"*"}]})"},
    {"deny not action",
     R"({"Version":"1","Statement":[
         {"Effect":"Allow","Action":"*","Resource":"*"},
         {"Effect":"Deny","NotAction":"fc:Get*","Resource":"*"}]})"},
    {"office",
     R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"fc:*","Resource":"*",
         "Condition":{"IpAddress":{"acs:SourceIp":["10.1.0.0/16","192.168.7.9"]}}}]})"},
    {"office v6",
     R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"fc:*","Resource":"*",
         "Condition":{"IpAddress":{"acs:SourceIp":"2001:db8::/33"}}}]})"},
    {"all v6",
     R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"fc:*","Resource":"*",
         "Condition":{"IpAddress":{"acs:SourceIp":"::/0"}}}]})"},
    {"all v4",
     R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"fc:*","Resource":"*",
         "Condition":{"IpAddress":{"acs:SourceIp":"0.0.0.0/0"}}}]})"},
    {"deny outside",
     R"({"Version":"1","Statement":[
         {"Effect":"Allow","Action":"fc:*","Resource":"*"},
         {"Effect":"Deny","Action":"fc:*","Resource":"*",
          "Condition":{"NotIpAddress":{"acs:SourceIp":["10.0.0.0/8","2001:db8::1"]}}}]})"},
    {"until March",
     R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"fc:*","Resource":"*",
         "Condition":{"DateLessThan":{"acs:CurrentTime":"2022-03-01T00:00:00Z"}}}]})"},
    {"through March 1st",
     R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"fc:*","Resource":"*",
         "Condition":{"DateLessThanEquals":{"acs:CurrentTime":"2022-03-01T00:00:00Z"}}}]})"},
    {"from March",
     R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"fc:*","Resource":"*",
         "Condition":{"DateGreaterThanEquals":{"acs:CurrentTime":"2022-03-01T00:00:00Z"}}}]})"},
    {"after March 1st",
     R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"fc:*","Resource":"*",
         "Condition":{"DateGreaterThan":{"acs:CurrentTime":"2022-03-01T00:00:00Z"}}}]})"},
    {"one instant",
     R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"fc:*","Resource":"*",
         "Condition":{"DateEquals":{"acs:CurrentTime":"2022-03-01T00:00:00Z"}}}]})"},
    {"not that instant",
     R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"fc:*","Resource":"*",
         "Condition":{"DateNotEquals":{"acs:CurrentTime":["2022-03-01T00:00:00Z","2022-03-02T00:00:00Z"]}}}]})"},
    {"office hours",
     R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"fc:*","Resource":"*",
         "Condition":{"IpAddress":{"acs:sourceip":"10.0.0.0/8"},
                      "DateGreaterThan":{"acs:CurrentTime":"2022-03-01T08:00:00Z"},
                      "DateLessThan":{"acs:CurrentTime":"2022-03-01T18:00:00.000Z"}}}]})"},
    {"other account",
     R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"fc:*","Resource":"acs:fc:*:2000:*"}]})"},
    {"other region",
     R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"fc:*","Resource":"acs:fc:cn-shanghai:*:*"}]})"},
    {"keys",
     R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"openfc:*","Resource":"acs:openfc:*:*:keys/*"}]})"},
};

/// One question. `resource` is what stands behind "acs:fc:cn-hangzhou:1000:" unless it is a whole
/// ARN.
struct Row {
  std::string_view document;
  std::string_view action;
  std::string_view resource;
  Decision expected;
  std::string_view ip = "10.1.2.3";
  std::string_view time = "2022-02-15T12:00:00Z";
};

inline constexpr Decision yes = Decision::allowed;
inline constexpr Decision no = Decision::denied;
inline constexpr Decision silent = Decision::silent;

inline constexpr Row rows[] = {
    // Actions.
    {"nothing", "fc:GetService", "services/shop", silent},
    {"everything", "fc:GetService", "services/shop", yes},
    {"everything", "openfc:CreateAccessKey", "acs:openfc:cn-hangzhou:1000:keys/*", yes},
    {"everything", "oss:PutObject", "acs:oss:cn-hangzhou:1000:bucket/a/b", yes},
    {"fc", "fc:GetService", "services/shop", yes},
    {"fc", "FC:getservice", "services/shop", yes},
    {"fc", "fc:", "services/shop", yes},
    {"fc", "openfc:GetAccessKey", "acs:openfc:cn-hangzhou:1000:keys/k", silent},
    {"fc", "ram:PassRole", "acs:ram::1000:role/r", silent},
    {"fc", "fcx:GetService", "services/shop", silent},
    {"reader", "fc:GetService", "services/shop", yes},
    {"reader", "fc:GetFunctionCode", "services/shop/functions/pay", yes},
    {"reader", "fc:ListServices", "services/*", yes},
    {"reader", "fc:CreateService", "services/*", silent},
    {"reader", "fc:ForgetService", "services/shop", silent},
    {"reader", "fc:Get", "services/shop", yes},
    {"reader", "fc:InvokeFunction", "services/shop/functions/pay", silent},
    {"question", "fc:GetService", "services/s1", yes},
    {"question", "fc:SetService", "services/s1", yes},
    {"question", "fc:ReetService", "services/s1", silent},
    {"question", "fc:etService", "services/s1", silent},
    // Resources.
    {"question", "fc:GetService", "services/s", silent},
    {"question", "fc:GetService", "services/s12", silent},
    {"question", "fc:GetService", "services/S1", silent},
    {"question", "fc:GetService", "services/s*", yes},
    {"one service", "fc:GetService", "services/shop", yes},
    {"one service", "fc:DeleteService", "services/shop", yes},
    {"one service", "fc:GetFunction", "services/shop/functions/pay", yes},
    {"one service", "fc:CreateFunction", "services/shop/functions/*", yes},
    {"one service", "fc:CreateTrigger", "services/shop/functions/pay/triggers/*", yes},
    {"one service", "fc:GetService", "services/shop2", silent},
    {"one service", "fc:GetService", "services/sho", silent},
    {"one service", "fc:GetService", "services/Shop", silent},
    {"one service", "fc:GetService", "services/shop.prod", silent},
    {"one service", "fc:CreateService", "services/*", silent},
    {"one service", "fc:ListServices", "services/*", silent},
    {"one service", "fc:ListLayers", "layers/*", silent},
    {"one service", "fc:GetService", "acs:fc:cn-shanghai:2000:services/shop", yes},
    {"one service", "fc:GetService", "acs:fcx:cn-hangzhou:1000:services/shop", silent},
    {"one service", "fc:GetService", "acs:fc:cn-hangzhou:1000", silent},
    {"one service", "fc:GetService", "", silent},
    {"prefix", "fc:GetService", "services/dev-", yes},
    {"prefix", "fc:GetService", "services/dev-a", yes},
    {"prefix", "fc:InvokeFunction", "services/dev-a.prod/functions/f", yes},
    {"prefix", "fc:GetService", "services/dev", silent},
    {"prefix", "fc:GetService", "services/a-dev-b", silent},
    {"prefix", "fc:GetService", "acs:fc:cn-hangzhou:x:services/b:1:services/dev-a", silent},
    {"invoker", "fc:InvokeFunction", "services/shop.prod/functions/pay", yes},
    {"invoker", "fc:InvokeFunction", "services/shop.LATEST/functions/pay", yes},
    {"invoker", "fc:InvokeFunction", "services/shop/functions/pay", silent},
    {"invoker", "fc:InvokeFunction", "services/shop.prod/functions/pays", silent},
    {"invoker", "fc:InvokeFunction", "services/shop.prod/functions/other", silent},
    {"invoker", "fc:GetFunction", "services/shop.prod/functions/pay", silent},
    {"invoker", "fc:InvokeFunction", "acs:fc:cn-hangzhou:2000:services/shop.1/functions/pay",
     silent},
    {"invoker", "fc:InvokeFunction", "acs:fc:cn-beijing:1000:services/shop.1/functions/pay",
     silent},
    {"other account", "fc:GetService", "services/shop", silent},
    {"other account", "fc:GetService", "acs:fc:cn-hangzhou:2000:services/shop", yes},
    {"other region", "fc:GetService", "services/shop", silent},
    {"other region", "fc:GetService", "acs:fc:cn-shanghai:1000:services/shop", yes},
    {"keys", "openfc:CreateAccessKey", "acs:openfc:cn-hangzhou:1000:keys/*", yes},
    {"keys", "openfc:GetAccessKey", "acs:openfc:cn-hangzhou:1000:keys/k", yes},
    {"keys", "openfc:GetRole", "acs:openfc:cn-hangzhou:1000:roles/r", silent},
    {"keys", "fc:GetService", "services/shop", silent},
    // Deny wins, wherever it stands.
    {"all but deletes", "fc:GetService", "services/shop", yes},
    {"all but deletes", "fc:DeleteService", "services/shop", no},
    {"all but deletes", "fc:deletefunction", "services/shop/functions/pay", no},
    {"all but deletes", "openfc:DeleteRole", "acs:openfc:cn-hangzhou:1000:roles/r", silent},
    {"deny first", "fc:GetService", "services/shop", yes},
    {"deny first", "fc:GetService", "services/prod", no},
    {"deny first", "fc:InvokeFunction", "services/prod.live/functions/f", no},
    {"deny first", "fc:InvokeFunction", "services/production/functions/f", no},
    {"deny first", "fc:GetService", "services/preprod", yes},
    // NotAction.
    {"not action", "fc:GetService", "services/shop", yes},
    {"not action", "fc:DeleteService", "services/shop", silent},
    {"not action", "openfc:CreateAccessKey", "acs:openfc:cn-hangzhou:1000:keys/*", silent},
    {"not action", "ram:PassRole", "acs:ram::1000:role/r", yes},
    {"deny not action", "fc:GetService", "services/shop", yes},
    {"deny not action", "fc:ListServices", "services/*", no},
    // Source addresses.
    {"office", "fc:GetService", "services/shop", yes, "10.1.0.0"},
    {"office", "fc:GetService", "services/shop", yes, "10.1.255.255"},
    {"office", "fc:GetService", "services/shop", silent, "10.2.0.0"},
    {"office", "fc:GetService", "services/shop", silent, "10.0.255.255"},
    {"office", "fc:GetService", "services/shop", yes, "192.168.7.9"},
    {"office", "fc:GetService", "services/shop", silent, "192.168.7.8"},
    {"office", "fc:GetService", "services/shop", yes, "::ffff:10.1.2.3"},
    {"office", "fc:GetService", "services/shop", silent, "2001:db8::1"},
    {"office", "fc:GetService", "services/shop", silent, ""},
    {"office", "fc:GetService", "services/shop", silent, "nonsense"},
    {"office v6", "fc:GetService", "services/shop", yes, "2001:db8::1"},
    {"office v6", "fc:GetService", "services/shop", yes, "2001:db8:7fff:ffff::"},
    {"office v6", "fc:GetService", "services/shop", silent, "2001:db8:8000::"},
    {"office v6", "fc:GetService", "services/shop", silent, "10.1.2.3"},
    {"office v6", "fc:GetService", "services/shop", yes, "2001:db8::1%eth0"},
    {"all v6", "fc:GetService", "services/shop", yes, "fe80::1"},
    {"all v6", "fc:GetService", "services/shop", silent, "10.1.2.3"},
    {"all v4", "fc:GetService", "services/shop", yes, "203.0.113.7"},
    {"all v4", "fc:GetService", "services/shop", silent, "fe80::1"},
    {"deny outside", "fc:GetService", "services/shop", yes, "10.200.0.1"},
    {"deny outside", "fc:GetService", "services/shop", yes, "2001:db8::1"},
    {"deny outside", "fc:GetService", "services/shop", no, "2001:db8::2"},
    {"deny outside", "fc:GetService", "services/shop", no, "11.0.0.1"},
    {"deny outside", "fc:GetService", "services/shop", no, ""},
    // Times.
    {"until March", "fc:GetService", "services/shop", yes, "10.1.2.3", "2022-02-28T23:59:59Z"},
    {"until March", "fc:GetService", "services/shop", silent, "10.1.2.3", "2022-03-01T00:00:00Z"},
    {"through March 1st", "fc:GetService", "services/shop", yes, "10.1.2.3",
     "2022-03-01T00:00:00Z"},
    {"through March 1st", "fc:GetService", "services/shop", silent, "10.1.2.3",
     "2022-03-01T00:00:01Z"},
    {"from March", "fc:GetService", "services/shop", silent, "10.1.2.3", "2022-02-28T23:59:59Z"},
    {"from March", "fc:GetService", "services/shop", yes, "10.1.2.3", "2022-03-01T00:00:00Z"},
    {"after March 1st", "fc:GetService", "services/shop", silent, "10.1.2.3",
     "2022-03-01T00:00:00Z"},
    {"after March 1st", "fc:GetService", "services/shop", yes, "10.1.2.3", "2022-03-01T00:00:01Z"},
    {"one instant", "fc:GetService", "services/shop", yes, "10.1.2.3", "2022-03-01T00:00:00Z"},
    {"one instant", "fc:GetService", "services/shop", silent, "10.1.2.3", "2022-03-01T00:00:01Z"},
    {"not that instant", "fc:GetService", "services/shop", silent, "10.1.2.3",
     "2022-03-02T00:00:00Z"},
    {"not that instant", "fc:GetService", "services/shop", yes, "10.1.2.3", "2022-03-03T00:00:00Z"},
    // Several conditions must all hold.
    {"office hours", "fc:GetService", "services/shop", yes, "10.9.9.9", "2022-03-01T12:00:00Z"},
    {"office hours", "fc:GetService", "services/shop", silent, "11.9.9.9", "2022-03-01T12:00:00Z"},
    {"office hours", "fc:GetService", "services/shop", silent, "10.9.9.9", "2022-03-01T07:00:00Z"},
    {"office hours", "fc:GetService", "services/shop", silent, "10.9.9.9", "2022-03-01T18:00:00Z"},
};
static_assert(std::size(rows) >= 100);

}  // namespace openfc::auth::policy_table
