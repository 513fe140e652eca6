#include "auth/canonical.h"

#include "auth/signer.h"
#include "auth/vectors.h"
#include "base/encoding.h"

#include <gtest/gtest.h>

namespace openfc::auth {
namespace {

template <class Row>
http::Request requestOf(const Row& row) {
  http::Request request{.method = std::string(row.method), .target = std::string(row.target)};
  for (const auto& [name, value] : row.headers) {
    request.headers.add(std::string(name), std::string(value));
  }
  return request;
}

std::string dateOf(const http::Request& request) {
  return std::string(
      request.headers.find("date").value_or(queryValue(request.rawQuery(), expiresParameter)));
}

TEST(Canonical, ReproducesEveryKnownVector) {
  for (const vectors::Row& row : vectors::rows) {
    const http::Request request = requestOf(row);

    const std::string text = stringToSign(request, dateOf(request), formOf(request.rawPath()),
                                          {.query = Query::withoutSignature});

    EXPECT_EQ(text, row.stringToSign) << row.id;
    EXPECT_EQ(toHex(sha256(text)), row.sha256) << row.id;
    EXPECT_EQ(signatureOf(vectors::accessKeySecret, text), row.signature) << row.id;
  }
}

TEST(Canonical, ReproducesThePresignedUrlsOfTheJavaAndGoSdks) {
  for (const vectors::TextRow& row : vectors::sdkRows) {
    const http::Request request = requestOf(row);

    const std::string text =
        stringToSign(request, dateOf(request), Form::trigger, {.query = Query::withoutSignature});

    EXPECT_EQ(signatureOf(row.secret, text), row.signature) << row.id << '\n' << text;
  }
}

struct ResourceCase {
  const char* target;
  Spelling spelling;
  const char* resource;
};

TEST(Canonical, SpellsTheResourceAsClientsDo) {
  const ResourceCase cases[] = {
      {"/a+b%20c%2Fd", {}, "/a+b c/d"},
      {"/a%20b", {.path = PathSpelling::raw}, "/a%20b"},
      {"/2016-08-15/proxy/s/f/?k&e=&v=1", {}, "/2016-08-15/proxy/s/f/\ne=\nk\nv=1"},
      {"/2016-08-15/proxy/s/f/?k&e=&v=1",
       {.bareKeys = BareKeys::exchanged},
       "/2016-08-15/proxy/s/f/\ne\nk=\nv=1"},
      {"/2016-08-15/proxy/s/f/?&&a=1&", {}, "/2016-08-15/proxy/s/f/\na=1"},
      {"/2016-08-15/proxy/s/f/?a=b=c", {}, "/2016-08-15/proxy/s/f/\na=b=c"},
      {"/2016-08-15/proxy/s/f/?x=1&x-fc-expires=2",
       {},
       "/2016-08-15/proxy/s/f/\nx-fc-expires=2\nx=1"},
      {"/2016-08-15/proxy/s/f/?%E4%BD%A0=1&z=2", {}, "/2016-08-15/proxy/s/f/\nz=2\n\xe4\xbd\xa0=1"},
  };
  for (const ResourceCase& row : cases) {
    const http::Request request{.method = "GET", .target = row.target};
    std::string out;

    ASSERT_TRUE(appendResource(out, request, formOf(request.rawPath()), row.spelling))
        << row.target;

    EXPECT_EQ(out, row.resource);
  }
}

TEST(Canonical, ReportsInvalidEscapes) {
  for (const char* target :
       {"/a%2", "/a%zz", "/2016-08-15/proxy/s/f/?a=%", "/2016-08-15/proxy/s/f/?%x=1"}) {
    const http::Request request{.method = "GET", .target = target};
    std::string out;

    EXPECT_FALSE(appendResource(out, request, formOf(request.rawPath()), {})) << target;
  }
}

TEST(Canonical, SignsTheFirstValueOfARepeatedHeaderAndSortsNamesWithoutCase) {
  http::Request request{.method = "GET", .target = "/"};
  for (const auto& [name, value] :
       {std::pair{"X-Fc-B", "1"}, {"x-fc-a", ""}, {"X-FC-B", "2"}, {"x-fc", "no"}}) {
    request.headers.add(name, value);
  }

  EXPECT_EQ(stringToSign(request, "d", Form::ordinary), "GET\n\n\nd\nx-fc-a:\nx-fc-b:1\n/");
}

}  // namespace
}  // namespace openfc::auth
