#include "api/code.h"

#include "api/authorize.h"
#include "api/inline_code.h"
#include "auth/oss_signature.h"
#include "base/encoding.h"
#include "base/error.h"

#include <fmt/core.h>

namespace openfc::api {
namespace {

using schema::field;
using schema::Field;

/// A ZIP and its checksum, made away from the loop: both take time that grows with the code.
struct Archive {
  std::string zip;
  std::uint64_t crc64 = 0;
};

Archive decoded(const std::string& base64, std::size_t limit) {
  // Four characters stand for three bytes: what is too large is not even decoded.
  if (base64.size() / 4 * 3 > limit + 3)
    throw errorOf(Code::entityTooLarge, {std::to_string(limit)});
  std::optional<std::string> zip = fromBase64(base64);
  if (!zip) throw invalidArgument("code.zipFile must be valid base64");
  if (zip->size() > limit) throw errorOf(Code::entityTooLarge, {std::to_string(limit)});
  const std::uint64_t crc64 = package::crc64(*zip);
  return {std::move(*zip), crc64};
}

/// Code can be downloaded again, so whoever names an object must be allowed to read it. The
/// temporary bucket is there for this: its names are random, and only their uploader knows them.
void requireReadable(const Context& context, const CodeInput& code) {
  if (code.ossBucketName == package::Buckets::temporaryName(context.account())) return;
  requirePermission(context, "oss:GetObject",
                    auth::ossArns(context.settings().region, context.account(), code.ossBucketName,
                                  code.ossObjectName));
}

Task<Archive> summed(Context context, std::string zip) {
  const std::uint64_t crc64 = co_await context.parts.workers.run(
      Lane::parse, context.account(), context.parts.loop, [&zip] { return package::crc64(zip); });
  co_return Archive{std::move(zip), crc64};
}

Task<Archive> fetched(Context context, CodeInput code) {
  requireReadable(context, code);
  std::string zip = co_await context.parts.buckets.fetch(
      context.account(), code.ossBucketName, code.ossObjectName, context.settings().maxStoredCode);
  co_return co_await summed(context, std::move(zip));
}

Task<Archive> archiveOf(Context context, CodeInput code) {
  if (code.zipFile.empty()) co_return co_await fetched(context, std::move(code));
  if (code.zipFile == takenCode && context.call.code)
    co_return co_await summed(context, *std::exchange(context.call.code, std::nullopt));
  const Parts& parts = context.parts;
  const std::size_t limit = context.settings().maxInlineCode;
  co_return co_await parts.workers.run(Lane::parse, context.account(), parts.loop,
                                       [&code, limit] { return decoded(code.zipFile, limit); });
}

}  // namespace

const schema::Shape& shapeOf(const CodeInput*) {
  using T = CodeInput;
  static constexpr Field fields[] = {
      field<&T::zipFile>("zipFile", "The ZIP, base64."),
      field<&T::ossBucketName>(
          "ossBucketName", "Bucket that holds the ZIP.",
          {.maxLength = 256,
           .support = schema::Support::emulated,
           .supportNote = "Buckets are directories or S3-compatible stores of the configuration."}),
      field<&T::ossObjectName>(
          "ossObjectName", "Object in the bucket.",
          {.maxLength = 1024,
           .support = schema::Support::emulated,
           .supportNote = "Buckets are directories or S3-compatible stores of the configuration."}),
  };
  static constexpr schema::Shape shape = schema::shape<T>("Code", fields);
  return shape;
}

bool given(const CodeInput& code) {
  return !code.zipFile.empty() || !code.ossBucketName.empty() || !code.ossObjectName.empty();
}

void check(const CodeInput& code, schema::Problems& problems) {
  const bool partly = !code.ossBucketName.empty() || !code.ossObjectName.empty();
  const bool stored = !code.ossBucketName.empty() && !code.ossObjectName.empty();
  if (code.zipFile.empty() == !stored || (partly && !stored)) {
    problems.add("code must have either zipFile or both ossBucketName and ossObjectName");
  }
}

Task<package::Package> storeCode(Context context, CodeInput code, std::string checksum,
                                 std::string runtime) {
  Archive archive = co_await archiveOf(context, std::move(code));
  const std::string actual = std::to_string(archive.crc64);
  if (!checksum.empty() && trimmed(checksum) != actual) {
    throw invalidArgument(
        fmt::format("X-Fc-Code-Checksum doesn't match the code (expected: '{}', actual: '{}')",
                    checksum.substr(0, 64), actual));
  }
  const auto language =
      runtime.starts_with("python") ? package::Language::python : package::Language::other;
  co_return co_await context.parts.packages.put(std::move(archive.zip), language,
                                                context.account());
}

}  // namespace openfc::api
