#include "api/download.h"

#include "api/resource.h"
#include "base/check.h"
#include "base/encoding.h"
#include "base/error.h"
#include "http/file_body.h"

#include <fmt/core.h>

#include <cerrno>

namespace openfc::api {
namespace {

using schema::field;
using schema::Field;
using schema::In;

constexpr std::string_view downloadPath = "/openfc/code/";

std::int64_t unixSeconds(Time time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

/// What the signature of a URL covers: everything that the download depends on.
std::string signatureOf(const Settings& settings, const DownloadCode& download) {
  return toHex(hmacSha256(settings.downloadKey, fmt::format("code\n{}\n{}\n{}", download.digest,
                                                            download.expires, download.checksum)));
}

}  // namespace

std::string baseUrl(const Context& context) {
  std::string_view url = context.settings().publicUrl;
  while (url.ends_with('/')) url.remove_suffix(1);
  if (!url.empty()) return std::string(url);
  const std::string_view scheme = context.call.exchange.encrypted() ? "https" : "http";
  const std::string_view host = context.request().headers.find("Host").value_or("localhost");
  const bool namesPort = host.rfind(':') != std::string_view::npos && !host.ends_with(']');
  if (namesPort || context.settings().port == 0) return fmt::format("{}://{}", scheme, host);
  return fmt::format("{}://{}:{}", scheme, host, context.settings().port);
}

const schema::Shape& shapeOf(const FunctionCode*) {
  using T = FunctionCode;
  static constexpr Field fields[] = {
      field<&T::url>("url", "Where the ZIP can be downloaded for a while, without signature."),
      field<&T::checksum>("checksum", "CRC-64 of the ZIP, unsigned decimal."),
  };
  static constexpr schema::Shape shape = schema::shape<T>("FunctionCode", fields);
  return shape;
}

const schema::Shape& shapeOf(const DownloadCode*) {
  using T = DownloadCode;
  static constexpr Field fields[] = {
      field<&T::digest>("digest", "The package.",
                        {.required = true, .maxLength = 64, .in = In::path}),
      field<&T::expires>("expires", "Until when the URL is good, in seconds since 1970.",
                         {.required = true, .in = In::query}),
      field<&T::checksum>("checksum", "CRC-64 of the package.",
                          {.required = true, .maxLength = 20, .in = In::query}),
      field<&T::signature>("signature", "Says that the server made the URL.",
                           {.required = true, .maxLength = 64, .secret = true, .in = In::query}),
  };
  static constexpr schema::Shape shape = schema::shape<T>("DownloadCode", fields);
  return shape;
}

std::string downloadUrl(const Context& context, const std::string& digest,
                        const std::string& checksum) {
  const DownloadCode download{
      .digest = digest,
      .expires = unixSeconds(context.now() + context.settings().downloadExpiry),
      .checksum = checksum,
      .signature = ""};
  return fmt::format("{}{}{}?expires={}&checksum={}&signature={}", baseUrl(context), downloadPath,
                     download.digest, download.expires, download.checksum,
                     signatureOf(context.settings(), download));
}

Task<FunctionCode> getFunctionCode(Context context, GetFunction input) {
  const auto function =
      co_await getFunction(context, input.serviceName, input.qualifier, input.functionName);
  if (function.value.packageDigest.empty()) co_return FunctionCode{"", "0"};
  std::string url = downloadUrl(context, function.value.packageDigest, function.value.codeChecksum);
  co_return FunctionCode{std::move(url), function.value.codeChecksum};
}

Task<http::Response> downloadCode(Context context, DownloadCode input) {
  if (!sameInConstantTime(input.signature, signatureOf(context.settings(), input))) {
    throw Error(Code::accessDenied, "the signature of the download URL is wrong");
  }
  if (input.expires < unixSeconds(context.now())) {
    throw Error(Code::accessDenied, "the download URL has expired");
  }
  http::Response response;
  // Whoever has the URL has no account.
  response.bytes = context.parts.bytes.take("", http::FileBody::pieceSize);
  try {
    response.source = std::make_unique<http::FileBody>(
        context.parts.packages.open(input.digest), context.parts.loop, context.parts.workers, "");
  } catch (const SystemError& failure) {
    if (failure.error() != ENOENT) throw;
    throw Error(Code::functionNotFound, "the code of this download URL does not exist any more");
  }
  response.headers.add("Content-Type", "application/zip");
  response.headers.add("X-Oss-Hash-Crc64ecma", input.checksum);
  co_return response;
}

}  // namespace openfc::api
