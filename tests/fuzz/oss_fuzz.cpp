// What the front of object storage reads of a request: path, host, subresources, conditions, range,
// list parameters, object names. Arbitrary requests must be refused with an error of object storage
// or be understood within their bounds. The input is a request in text: method, target and headers,
// one line each.

#include "auth/oss_signature.h"
#include "base/encoding.h"
#include "oss/error.h"
#include "oss/front.h"
#include "oss/request.h"
#include "oss/xml.h"
#include "package/object_names.h"
#include "request_text.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace openfc;  // NOLINT(google-build-using-namespace): a program of one file

constexpr std::uint64_t objectSize = 1000;
const Time modified(std::chrono::seconds(1'646'121'600));

void demand(bool condition) {
  if (!condition) std::abort();
}

/// Whoever signs one reading of a request passes as that one, and with another secret as none.
void checkSignature(const http::Request& request, const oss::Target& target) {
  auth::OssClaim claim{.accessKeyId = "id", .signature = "", .securityToken = "", .date = "1"};
  const auto text = auth::ossStringToSign(request, oss::signedResource(target), claim);
  if (!text) return;
  claim.signature = toBase64(hmacSha1("secret", *text));
  demand(auth::ossSignatureFits(request, oss::signedResource(target), claim, "secret"));
  demand(!auth::ossSignatureFits(request, oss::signedResource(target), claim, "other"));
}

/// A name that passes cannot lead out of a directory.
void checkName(const std::string& key) {
  if (package::fileNameProblem(key)) return;
  demand(!key.empty() && key.front() != '/' && key.back() != '/');
  demand(("/" + key + "/").find("/../") == std::string::npos);
  demand(("/" + key + "/").find("/./") == std::string::npos);
  demand(key.find('\0') == std::string::npos && key.find("//") == std::string::npos);
}

void checkRange(const http::Request& request) {
  const auto range = oss::rangeOf(request.headers.find("range").value_or(""), objectSize);
  if (const auto* part = std::get_if<oss::ByteRange>(&range)) {
    demand(part->first <= part->last && part->last < objectSize);
#ifdef OPENFC_PLANTED_BUG
    demand(part->first == 0 || part->last + 1 != objectSize);
#endif
  }
}

void checkMeaning(const http::Request& request, const oss::Target& target,
                  const oss::Subresources& subresources) {
  try {
    static_cast<void>(oss::actionOf(oss::operationOf(request, target, subresources)));
    const oss::ListRequest list = oss::listRequestOf(request.rawQuery(), subresources);
    demand(list.limit >= 1 && list.limit <= 1000);
  } catch (const oss::Error& error) {
    demand(error.row().status >= 400 && error.row().status <= 501);
    const std::string shown = oss::escaped(error.message());
    demand(shown.find('<') == std::string::npos);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const http::Request request =
      fuzz::requestOf(std::string_view(reinterpret_cast<const char*>(data), size));

  static_cast<void>(oss::Front::takes(request));
  checkRange(request);
  static_cast<void>(oss::conditionsOf(request.headers, "ABCDEF", modified));
  const auto subresources = auth::ossSubresources(request.rawQuery());
  for (const oss::Target& target : oss::readings(request)) {
    checkName(target.key);
    checkSignature(request, target);
    if (subresources) checkMeaning(request, target, *subresources);
  }
  return 0;
}
