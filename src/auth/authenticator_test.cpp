#include "auth/authenticator.h"

#include "auth/signer.h"
#include "auth/vectors.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/time_text.h"

#include <gtest/gtest.h>

#include <functional>

namespace openfc::auth {
namespace {

const Time vectorTime(std::chrono::seconds(1'646'121'600));  // Tue, 01 Mar 2022 08:00:00 GMT

class AuthenticatorTest : public testing::Test {
protected:
  Keys keys_{{{.id = std::string(vectors::accessKeyId),
               .secret = std::string(vectors::accessKeySecret),
               .accountId = "1300000000000042"},
              {.id = "disabled", .secret = "s", .accountId = "1", .enabled = false}}};
  Authenticator authenticator_{keys_};
  Signer signer_{std::string(vectors::accessKeyId), std::string(vectors::accessKeySecret)};

  http::Request signedRequest(std::string target = "/2016-08-15/services") const {
    http::Request request{.method = "GET", .target = std::move(target)};
    signer_.sign(request, vectorTime);
    return request;
  }
  std::optional<Error> refusal(const http::Request& request, Time now = vectorTime) const {
    try {
      static_cast<void>(authenticator_.authenticate(request, now));
    } catch (const Error& error) {
      return error;
    }
    return std::nullopt;
  }
  std::string messageOf(const http::Request& request, Time now = vectorTime) const {
    const auto error = refusal(request, now);
    return error ? error->message() : "accepted";
  }
  std::string_view refusalName(const http::Request& request, Time now = vectorTime) const {
    const auto error = refusal(request, now);
    return error ? rowOf(error->code()).name : "accepted";
  }
};

TEST_F(AuthenticatorTest, AcceptsEveryKnownVector) {
  for (const vectors::Row& row : vectors::rows) {
    http::Request request{.method = std::string(row.method), .target = std::string(row.target)};
    for (const auto& [name, value] : row.headers)
      request.headers.add(std::string(name), std::string(value));
    if (request.headers.has("date")) {
      request.headers.add("Authorization", "FC " + std::string(vectors::accessKeyId) + ":" +
                                               std::string(row.signature));
    }

    EXPECT_EQ(authenticator_.authenticate(request, vectorTime).accountId, "1300000000000042")
        << row.id;
  }
}

TEST_F(AuthenticatorTest, AnswersTheFirstFailureInTheDocumentedOrder) {
  struct Case {
    const char* what;
    std::function<void(http::Request&)> change;
    const char* code;
  };
  const Case cases[] = {
      {"nothing", [](auto&) {}, "accepted"},
      {"no date and no authorization",
       [](auto& r) { r.headers.remove("date"), r.headers.remove("authorization"); },
       "MissingRequiredHeader"},
      {"empty date", [](auto& r) { r.headers.set("date", ""); }, "MissingRequiredHeader"},
      {"no authorization", [](auto& r) { r.headers.remove("authorization"); }, "AccessDenied"},
      {"other scheme", [](auto& r) { r.headers.set("authorization", "Bearer x"); },
       "SignatureNotMatch"},
      {"no blank", [](auto& r) { r.headers.set("authorization", "FCa:b"); }, "SignatureNotMatch"},
      {"no colon", [](auto& r) { r.headers.set("authorization", "FC ab"); }, "SignatureNotMatch"},
      {"no key", [](auto& r) { r.headers.set("authorization", "FC :b"); }, "SignatureNotMatch"},
      {"no signature", [](auto& r) { r.headers.set("authorization", "FC a:"); },
       "SignatureNotMatch"},
      {"unknown key before skew",
       [](auto& r) {
         r.headers.set("authorization", "FC a:b:c"),
             r.headers.set("date", "Tue, 01 Mar 2011 08:00:00 GMT");
       },
       "InvalidAccessKeyID"},
      {"unknown key before a bad escape",
       [](auto& r) { r.headers.set("authorization", "FC a:b"), r.target = "/%zz"; },
       "InvalidAccessKeyID"},
      {"disabled key", [](auto& r) { r.headers.set("authorization", "FC disabled:x"); },
       "InvalidAccessKeyID"},
      {"unreadable date", [](auto& r) { r.headers.set("date", "yesterday"); }, "InvalidArgument"},
      {"skew before signature",
       [](auto& r) { r.headers.set("date", "Tue, 01 Mar 2011 08:00:00 GMT"); },
       "RequestTimeTooSkewed"},
      {"a year that no clock holds",
       [](auto& r) { r.headers.set("date", "Tue, 01 Mar 4044 08:00:00 GMT"); },
       "RequestTimeTooSkewed"},
      {"the same in the other form", [](auto& r) { r.headers.set("date", "9999-03-01T08:00:00Z"); },
       "RequestTimeTooSkewed"},
      {"bad escape", [](auto& r) { r.target = "/%zz"; }, "InvalidArgument"},
      {"other method", [](auto& r) { r.method = "PUT"; }, "SignatureNotMatch"},
      {"added x-fc header", [](auto& r) { r.headers.add("x-fc-log-type", "Tail"); },
       "SignatureNotMatch"},
      {"wrong signature before host",
       [](auto& r) { r.headers.add("host", "7.r.fc.aliyuncs.com"), r.method = "PUT"; },
       "SignatureNotMatch"},
      {"other account's host", [](auto& r) { r.headers.add("host", "7.r.fc.aliyuncs.com"); },
       "AccessDenied"},
  };
  for (const Case& row : cases) {
    http::Request request = signedRequest();

    row.change(request);

    EXPECT_EQ(refusalName(request), row.code) << row.what;
  }
}

TEST_F(AuthenticatorTest, SaysWhatIsWrongInTheDocumentedWords) {
  http::Request request = signedRequest();
  EXPECT_EQ(messageOf(request, vectorTime + std::chrono::seconds(901)),
            "the difference between the request time 'Tue, 01 Mar 2022 08:00:00 GMT' and the "
            "current time "
            "'Tue, 01 Mar 2022 08:15:01 GMT' is too large");
  request.headers.set("host", "7.cn-hangzhou.fc.aliyuncs.com");
  EXPECT_EQ(messageOf(request), "The service or function doesn't belong to you.");
  request.headers.set("authorization", "FC nobody:x");
  EXPECT_EQ(messageOf(request), "invalid access key ID 'nobody'");
  request.headers.remove("authorization");
  EXPECT_EQ(messageOf(request), "required HTTP header Authorization was not specified");
  request.headers.remove("date");
  EXPECT_EQ(messageOf(request), "required HTTP header Date was not specified");
}

TEST_F(AuthenticatorTest, AllowsFifteenMinutesOfSkewInclusive) {
  const http::Request request = signedRequest();

  for (const int seconds : {-900, 0, 900}) {
    EXPECT_EQ(refusalName(request, vectorTime + std::chrono::seconds(seconds)), "accepted")
        << seconds;
  }
  EXPECT_EQ(refusalName(request, vectorTime + std::chrono::milliseconds(900'999)), "accepted");
  for (const int seconds : {-901, 901}) {
    EXPECT_EQ(refusalName(request, vectorTime + std::chrono::seconds(seconds)),
              "RequestTimeTooSkewed")
        << seconds;
  }
}

TEST_F(AuthenticatorTest, LetsXFcDateReplaceDate) {
  http::Request request{.method = "GET", .target = "/2016-08-15/services"};
  request.headers.add("x-fc-date", toHttpDate(vectorTime));
  signer_.sign(request, vectorTime + std::chrono::hours(9));

  EXPECT_FALSE(request.headers.has("date"));
  EXPECT_EQ(refusalName(request), "accepted");
}

TEST_F(AuthenticatorTest, AcceptsEitherSpellingOfThePath) {
  for (const PathSpelling path : {PathSpelling::decoded, PathSpelling::raw}) {
    http::Request request{.method = "GET", .target = "/2016-08-15/layerarn/a%23b%2Fc"};
    request.headers.add("Date", toHttpDate(vectorTime));
    const std::string text =
        stringToSign(request, toHttpDate(vectorTime), Form::ordinary, {.path = path});
    request.headers.add("Authorization", "FC " + std::string(vectors::accessKeyId) + ":" +
                                             signatureOf(vectors::accessKeySecret, text));

    EXPECT_EQ(refusalName(request), "accepted");
  }
}

TEST_F(AuthenticatorTest, AcceptsEitherFormOfBareKeysOnTriggers) {
  for (const BareKeys bareKeys : {BareKeys::asSent, BareKeys::exchanged}) {
    http::Request request{.method = "GET", .target = "/2016-08-15/proxy/s/f/%20?a=&b=1"};
    request.headers.add("Date", toHttpDate(vectorTime));
    const std::string text =
        stringToSign(request, toHttpDate(vectorTime), Form::trigger, {.bareKeys = bareKeys});
    request.headers.add("Authorization", "FC " + std::string(vectors::accessKeyId) + ":" +
                                             signatureOf(vectors::accessKeySecret, text));

    EXPECT_EQ(refusalName(request), "accepted");
  }
}

TEST_F(AuthenticatorTest, ChecksPresignedUrls) {
  const http::Request request{.method = "GET", .target = "/2016-08-15/proxy/s/f/x%20y?q=1"};
  http::Request url{.method = "GET", .target = signer_.presigned(request, vectorTime)};

  EXPECT_EQ(refusalName(url), "accepted");
  EXPECT_EQ(messageOf(url, vectorTime + std::chrono::seconds(1)), "the signed URL has expired");
  url.target += "&more=1";
  EXPECT_EQ(refusalName(url), "SignatureNotMatch");
}

TEST_F(AuthenticatorTest, RefusesIncompletePresignedUrls) {
  const std::string base = "/2016-08-15/proxy/s/f/?x-fc-signature=a";
  const std::pair<std::string, const char*> cases[] = {
      {"", "SignatureNotMatch"},
      {"&x-fc-access-key-id=nobody&x-fc-expires=1", "InvalidAccessKeyID"},
      {"&x-fc-access-key-id=nobody&x-fc-expires=soon", "InvalidArgument"},
      {"&x-fc-access-key-id=nobody", "InvalidArgument"},
      {"&x-fc-access-key-id=nobody&x-fc-expires=99999999999999999999", "InvalidArgument"},
      {"&x-fc-access-key-id=LTAI5tSpecDemoKey01&x-fc-expires=9223372036854775807",
       "SignatureNotMatch"},
  };
  for (const auto& [query, code] : cases) {
    EXPECT_EQ(refusalName({.method = "GET", .target = base + query}), code) << query;
  }
}

TEST_F(AuthenticatorTest, TakesNoSignatureFromTheQueryOfOrdinaryRequests) {
  EXPECT_EQ(refusalName({.method = "GET", .target = "/2016-08-15/services?x-fc-signature=a"}),
            "MissingRequiredHeader");
}

TEST(AccountOfHost, IsADigitsOnlyFirstLabel) {
  const std::pair<const char*, const char*> cases[] = {
      {"13.cn-hangzhou.fc.aliyuncs.com", "13"},
      {"13.localhost:8016", "13"},
      {"127.0.0.1", ""},
      {"127.0.0.1:8016", ""},
      {"localhost:8016", ""},
      {"", ""},
      {"13", ""},
      {"[::1]:80", ""},
      {"fc.example", ""},
      {".x", ""},
  };
  for (const auto& [host, account] : cases) EXPECT_EQ(accountOfHost(host), account) << host;
}

}  // namespace
}  // namespace openfc::auth
