#pragma once

#include <string_view>
#include <utility>
#include <vector>

/// Known signatures, each computed by code that is not ours.
namespace openfc::auth::vectors {

inline constexpr std::string_view accessKeyId = "LTAI5tSpecDemoKey01";
inline constexpr std::string_view accessKeySecret = "spec-demo-secret-4d2b8f0a";

struct Row {
  std::string_view id;
  std::string_view method;
  std::string_view target;
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  std::string_view stringToSign;
  std::string_view sha256;  // of the string, in hex
  std::string_view signature;
};

/// A: JSON body. B: query ignored, empty x-fc header. C: escaped path. D: trigger with a query. E:
/// trigger without. F: pre-signed URL. G: blanks in path and names.
inline const std::vector<Row> rows = {
    {"A",
     "POST",
     "/2016-08-15/services",
     {{"Content-Type", "application/json"},
      {"Content-MD5", "KHhoxAWfTR2eg+YT9oxkTA=="},
      {"Date", "Tue, 01 Mar 2022 08:00:00 GMT"},
      {"X-Fc-Trace-Id", "trace-0001"},
      {"X-Fc-Account-Id", "1300000000000042"}},
     "POST\nKHhoxAWfTR2eg+YT9oxkTA==\napplication/json\nTue, 01 Mar 2022 08:00:00 "
     "GMT\nx-fc-account-id:1300000000000042\nx-fc-trace-id:trace-0001\n/2016-08-15/services",
     "6c8e0f7bc4bc2fb0595db3602cff60bd676243aa0913c59c8529a37c55a0a813",
     "3RY+fvaU7tkspfj5K3jiVyJ6CTDgcXom6ZYLpLdbd5I="},
    {"B",
     "GET",
     "/2016-08-15/services?limit=20&prefix=ord",
     {{"Date", "Tue, 01 Mar 2022 08:00:00 GMT"}, {"X-Fc-Account-Id", ""}},
     "GET\n\n\nTue, 01 Mar 2022 08:00:00 GMT\nx-fc-account-id:\n/2016-08-15/services",
     "b14b1654cdcf775234e056515db7c3acdeef3e11a38602c01b513ed03eee1781",
     "zaCDpLZ4X6X6cyp3OMYKu0LVplnuqUiJ/Hd7LtFDEFM="},
    {"C",
     "POST",
     "/2016-08-15/services/orders-svc.prod/functions/resize%20thumb/invocations",
     {{"Content-Type", "application/octet-stream"},
      {"Content-MD5", "CCwmyKa8dSJqMdpUlcySkg=="},
      {"Date", "Tue, 01 Mar 2022 08:00:00 GMT"},
      {"X-Fc-Invocation-Type", "Sync"},
      {"X-Fc-Log-Type", "Tail"}},
     "POST\nCCwmyKa8dSJqMdpUlcySkg==\napplication/octet-stream\nTue, 01 Mar 2022 08:00:00 "
     "GMT\nx-fc-invocation-type:Sync\nx-fc-log-type:Tail\n/2016-08-15/services/orders-svc.prod/"
     "functions/resize thumb/invocations",
     "c3b7afdca6f2f8d7724817f142f168079a0dcd680bf2e92a6f558094790d8e50",
     "qif5XAM+HqwqvusScNH/2Awl1EglNx+BK79aLumX7yw="},
    {"D",
     "PUT",
     "/2016-08-15/proxy/orders-svc.prod/http-echo/v1/a%20b/"
     "%E4%BD%A0?b=2&a=x%20y&b=10&key-only&name=li+wei&empty=",
     {{"Content-Type", "text/plain"},
      {"Date", "Tue, 01 Mar 2022 08:00:00 GMT"},
      {"X-Fc-Trace-Id", "trace-0002"}},
     "PUT\n\ntext/plain\nTue, 01 Mar 2022 08:00:00 "
     "GMT\nx-fc-trace-id:trace-0002\n/2016-08-15/proxy/orders-svc.prod/http-echo/v1/a "
     "b/\xe4\xbd\xa0\na=x y\nb=10\nb=2\nempty=\nkey-only\nname=li wei",
     "4c15f293ee15a954a58ca7b873c9b89d284a4dc1decd1dc6121990461415e087",
     "D74QCIXPmcpba1jIBduCf0VaqclMea/R+GLRszQsXbc="},
    {"E",
     "GET",
     "/2016-08-15/proxy/orders-svc/http-echo/",
     {{"Date", "Tue, 01 Mar 2022 08:00:00 GMT"}},
     "GET\n\n\nTue, 01 Mar 2022 08:00:00 GMT\n/2016-08-15/proxy/orders-svc/http-echo/\n",
     "4e3069b352f814813968a227bcc9bf7025163afdb467f75199cfb46e671da55f",
     "Lc5dWFTTKnJtslyrlp/As78OJCBecW/2uQcGCur5tIA="},
    {"F",
     "GET",
     "/2016-08-15/proxy/orders-svc/http-echo/"
     "?id=7&x-fc-access-key-id=LTAI5tSpecDemoKey01&x-fc-expires=1646121600&x-fc-signature="
     "y3egNcv1mqmC9dXUSlFhZF4seavtFg0ngqpx1h9kTWE%3D",
     {},
     "GET\n\n\n1646121600\n/2016-08-15/proxy/orders-svc/http-echo/"
     "\nid=7\nx-fc-access-key-id=LTAI5tSpecDemoKey01\nx-fc-expires=1646121600",
     "b2e06146af2bee1a72b8e1c27779c031c5e1d57f853e50e5fb075d95c8a74df7",
     "y3egNcv1mqmC9dXUSlFhZF4seavtFg0ngqpx1h9kTWE="},
    {"G",
     "GET",
     "/2016-08-15/proxy/service-name/func-name/path-with-%20-space/"
     "action?x=1&a=2&x=3&with%20space=foo%20bar",
     {{"Date", "Tue, 01 Mar 2022 08:00:00 GMT"}},
     "GET\n\n\nTue, 01 Mar 2022 08:00:00 GMT\n/2016-08-15/proxy/service-name/func-name/path-with- "
     "-space/action\na=2\nwith space=foo bar\nx=1\nx=3",
     "f665e2b6c819b56084f99621291d8260990ad6d8894dcd1ec2effbcc876d97ca",
     "nUiyJDY/QQzStiCum/DpNXogHKI/cVlRVX3+OWrz7DE="},
};

/// Pre-signed URLs of the Java and Go SDKs' own tests: only the string to sign and its signature
/// are known.
struct TextRow {
  std::string_view id;
  std::string_view secret;
  std::string_view method;
  std::string_view target;
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  std::string_view signature;
};

inline const std::vector<TextRow> sdkRows = {
    {"java: all",
     "akSec",
     "POST",
     "/2016-08-15/proxy/service.LATEST/funcName/test/path/"
     "%E4%B8%AD%E6%96%87?x=a&a=1&x=b&x-fc-access-key-id=akID&x-fc-expires=1583844558&x-fc-security-"
     "token=stsToken",
     {{"Content-MD5", "dummy-md5"},
      {"Content-Type", "application/json"},
      {"X-Fc-Trace-Id", "trace-id"}},
     "PoEmPVmMfNAhQGYUsQhDD+qj+rv4YRCjybLgjtRMJ1U="},
    {"java: custom endpoint",
     "akSec",
     "POST",
     "/test/path/"
     "%E4%B8%AD%E6%96%87?x=a&a=1&x=b&x-fc-access-key-id=akID&x-fc-expires=1583844558&x-fc-security-"
     "token=stsToken",
     {{"Content-MD5", "dummy-md5"},
      {"Content-Type", "application/json"},
      {"X-Fc-Trace-Id", "trace-id"}},
     "q6nscsHhckwZh3oIa7fP+E3JlY8NBOjVHtGMJqvlfbA="},
    {"java: without MD5",
     "akSec",
     "POST",
     "/test/path/"
     "%E4%B8%AD%E6%96%87?x=a&a=1&x=b&x-fc-access-key-id=akID&x-fc-expires=1583844558&x-fc-security-"
     "token=stsToken",
     {{"Content-Type", "application/json"}, {"X-Fc-Trace-Id", "trace-id"}},
     "f+Sz9uZUtt6bpYO1iuH2BpU26FWu/ovTpbGBR0Tn+7s="},
    {"java: without trace id",
     "akSec",
     "POST",
     "/test/path/"
     "%E4%B8%AD%E6%96%87?x=a&a=1&x=b&x-fc-access-key-id=akID&x-fc-expires=1583844558&x-fc-security-"
     "token=stsToken",
     {{"Content-Type", "application/json"}},
     "IalihG51KQhTiwbwrBoFDodjTUTQv9AaAjILPbgoPEU="},
    {"go",
     "akSec",
     "GET",
     "/2016-08-15/proxy/service/func/"
     "?x-fc-access-key-id=akid&x-fc-expires=1583339600&x-fc-security-token=stsToken",
     {},
     "Yi0jCBQ6cTZc+tN8wtYUz9FbYNijx5jDiE3sVNW6XwA="},
};

}  // namespace openfc::auth::vectors
