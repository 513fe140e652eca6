// Objects: their bytes in and out.
#include "base/check.h"
#include "base/encoding.h"
#include "base/log.h"
#include "base/time_text.h"
#include "http/file_body.h"
#include "oss/context.h"
#include "oss/error.h"
#include "package/object_files.h"
#include "package/object_names.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>

namespace openfc::oss {
namespace {

using package::ObjectFiles;
using package::ObjectState;
using package::ObjectUpload;

constexpr std::size_t maxMetadata = 8192;
constexpr std::string_view usualType = "application/octet-stream";

/// Headers of a PUT that are kept and come back; names of x-oss-meta-… too.
constexpr std::string_view keptHeaders[] = {
    "cache-control",    "content-disposition", "content-encoding",
    "content-language", "content-type",        "expires",
};

/// Parameters of a GET and the header that each gives another value.
struct Override {
  std::string_view parameter;
  std::string_view header;
};
constexpr Override overrides[] = {
    {"response-cache-control", "cache-control"},
    {"response-content-disposition", "content-disposition"},
    {"response-content-encoding", "content-encoding"},
    {"response-content-language", "content-language"},
    {"response-content-type", "content-type"},
    {"response-expires", "expires"},
};

std::string_view headerOf(const Context& context, std::string_view name) {
  return trimmed(context.request().headers.find(name).value_or(""));
}

void checkName(const Asked& asked) {
  if (const auto problem = package::fileNameProblem(asked.target.key)) {
    throw Error(invalidObjectName, fmt::format("The object's name {}.", *problem));
  }
}

void checkWritable(const Asked& asked) {
  if (asked.bucket.readOnly) throw Error(accessDenied, "The bucket is read-only.");
}

ObjectFiles::Missing missingOf(const Asked& asked) {
  return asked.bucket.temporary ? ObjectFiles::Missing::make : ObjectFiles::Missing::fail;
}

const ErrorRow& rowOf(package::ObjectError::Problem problem) {
  using enum package::ObjectError::Problem;
  switch (problem) {
    case exists:
    case inTheWay:
      return fileAlreadyExists;
    case notAllowed:
      return accessDenied;
    case noMetadata:
      return notImplemented;
  }
  return internalError;
}

/// Runs what writes to a bucket on a worker and tells its failures as object storage does.
template <class Work>
auto write(Context context, Work work) -> Task<std::invoke_result_t<Work>> {
  try {
    co_return co_await context.parts.workers.run(Lane::objects, context.asked.identity.accountId,
                                                 context.parts.loop, std::move(work));
  } catch (const package::ObjectError& error) {
    throw Error(rowOf(error.problem()), error.what());
  } catch (const SystemError& failure) {
    if (failure.error() != ENOSPC && failure.error() != EDQUOT) throw;
    log::error("an object was not stored",
               {{"bucket", context.asked.target.bucket}, {"reason", failure.what()}});
    throw Error(internalError, "No space is left for the object.");
  }
}

package::ObjectHeaders keptOf(const http::Headers& headers) {
  package::ObjectHeaders kept;
  std::size_t size = 0;
  for (const http::Header& header : headers.all()) {
    std::string name = toLower(header.name);
    const bool known = std::ranges::find(keptHeaders, name) != std::end(keptHeaders);
    if (!known && !name.starts_with("x-oss-meta-")) continue;
    size += name.size() + header.value.size();
    kept.emplace_back(std::move(name), trimmed(header.value));
  }
  if (size > maxMetadata) {
    throw Error(invalidArgument,
                fmt::format("The object's metadata must have at most {} bytes.", maxMetadata));
  }
  return kept;
}

/// The digest that the client expects, as raw bytes; "" = it says none.
std::string expectedMd5(const Context& context) {
  constexpr std::size_t digestSize = 16;
  const std::string_view text = headerOf(context, "content-md5");
  if (text.empty()) return {};
  auto digest = fromBase64(text);
  if (!digest || digest->size() != digestSize) {
    throw Error(invalidDigest, "The Content-MD5 you specified is invalid.");
  }
  return std::move(*digest);
}

ObjectUpload::Existing existingOf(const Context& context) {
  const std::string_view text = headerOf(context, "x-oss-forbid-overwrite");
  if (text.empty() || sameIgnoringCase(text, "false")) return ObjectUpload::Existing::replace;
  if (sameIgnoringCase(text, "true")) return ObjectUpload::Existing::keep;
  throw Error(invalidArgument, "x-oss-forbid-overwrite must be true or false.");
}

/// An upload with the directory that it goes to.
struct Writing {
  Writing(const std::filesystem::path& directory, ObjectFiles::Missing missing)
      : files(directory, missing), upload(files) {}
  ObjectFiles files;
  ObjectUpload upload;
};

std::uint64_t limitOf(const Context& context) {
  return context.asked.bucket.temporary ? context.parts.maxCode : context.parts.maxObject;
}

[[noreturn]] void refuseSize(std::uint64_t limit) {
  throw Error(entityTooLarge,
              fmt::format("Your proposed upload exceeds the maximum allowed object size of {} "
                          "bytes.",
                          limit));
}

/// Room for what of an object is in memory at a time.
std::shared_ptr<ByteBudget::Share> takeRoom(const Context& context, std::uint64_t bytes) {
  try {
    return context.parts.bytes.take(context.asked.identity.accountId, bytes);
  } catch (const openfc::Error& error) {
    throw Error(slowDown, error.message());
  }
}

Task<> receive(Context context, Writing* writing) {
  const auto room = takeRoom(context, http::Exchange::largestPiece);
  const std::uint64_t limit = limitOf(context);
  std::uint64_t size = 0;
  while (true) {
    const std::string piece = co_await context.asked.exchange.piece();
    if (piece.empty()) co_return;
    size += piece.size();
    if (size > limit) refuseSize(limit);
    co_await write(context, [&] { writing->upload.add(piece); });
  }
}

void addStateHeaders(http::Response& response, const ObjectState& state) {
  response.headers.add("ETag", '"' + state.etag + '"');
  response.headers.add("Last-Modified", toHttpDate(state.modified));
}

void addObjectHeaders(http::Response& response, const Context& context, const ObjectState& state) {
  addStateHeaders(response, state);
  response.headers.add("Accept-Ranges", "bytes");
  response.headers.add("x-oss-object-type", "Normal");
  response.headers.add("x-oss-storage-class", "Standard");
  if (state.crc64) response.headers.add("x-oss-hash-crc64ecma", std::to_string(*state.crc64));
  response.headers.set("Content-Type", std::string(usualType));
  for (const auto& [name, value] : state.headers) response.headers.set(name, value);
  for (const Override& row : overrides) {
    const auto found = context.asked.subresources.find(std::string(row.parameter));
    if (found == context.asked.subresources.end()) continue;
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    if (std::ranges::any_of(found->second, control)) {
      throw Error(invalidArgument, fmt::format("{} has a control character.", row.parameter));
    }
    response.headers.set(std::string(row.header), found->second);
  }
}

std::string etagOf(const std::optional<ObjectState>& state) { return state ? state->etag : ""; }

std::unique_ptr<http::BodySource> bodyOf(const Context& context, Fd file, ByteRange range) {
  return std::make_unique<http::FileBody>(std::move(file), range.first,
                                          range.last + 1 - range.first, context.parts.loop,
                                          context.parts.workers, context.asked.identity.accountId);
}

/// The whole object, or the part that the client wants.
void addBody(http::Response& response, const Context& context, ObjectFiles::Opened opened) {
  const std::uint64_t size = opened.state.size;
  const auto range = rangeOf(headerOf(context, "range"), size);
  if (const auto* part = std::get_if<ByteRange>(&range)) {
    response.status = 206;
    response.headers.add("Content-Range",
                         fmt::format("bytes {}-{}/{}", part->first, part->last, size));
    response.source = bodyOf(context, std::move(opened.file), *part);
    return;
  }
  // OSS gives the whole object unless the client wants to be told as HTTP says.
  if (std::get<NoRange>(range) == NoRange::unsatisfiable &&
      headerOf(context, "x-oss-range-behavior") == "standard") {
    throw Error(invalidRange);
  }
  response.source =
      std::make_unique<http::FileBody>(std::move(opened.file), 0, size, context.parts.loop,
                                       context.parts.workers, context.asked.identity.accountId);
}

}  // namespace

Task<http::Response> getObject(Context context) {
  checkName(context.asked);
  const std::filesystem::path directory = directoryOf(context.asked);
  const std::string& name = context.asked.target.key;
  const auto missing = missingOf(context.asked);
  auto opened = co_await context.parts.workers.run(
      Lane::objects, context.asked.identity.accountId, context.parts.loop,
      [&] { return ObjectFiles(directory, missing).open(name); });
  if (!opened) throw Error(noSuchKey);
  http::Response response;
  switch (conditionsOf(context.request().headers, opened->state.etag, opened->state.modified)) {
    case Verdict::failed:
      throw Error(preconditionFailed);
    case Verdict::notModified:
      response.status = 304;
      addStateHeaders(response, opened->state);
      co_return response;
    case Verdict::go:
      break;
  }
  response.bytes = takeRoom(context, http::FileBody::pieceSize);
  addObjectHeaders(response, context, opened->state);
  addBody(response, context, std::move(*opened));
  co_return response;
}

Task<http::Response> putObject(Context context) {
  checkName(context.asked);
  checkWritable(context.asked);
  const std::filesystem::path directory = directoryOf(context.asked);
  const auto declared = context.asked.exchange.declaredLength();
  if (declared && *declared > limitOf(context)) refuseSize(limitOf(context));
  const std::string expected = expectedMd5(context);
  const auto existing = existingOf(context);
  const auto kept = keptOf(context.request().headers);
  const auto missing = missingOf(context.asked);

  const auto writing =
      co_await write(context, [&] { return std::make_unique<Writing>(directory, missing); });
  co_await receive(context, writing.get());
  const ObjectUpload::Stored stored = co_await write(context, [&] {
    const std::string digest = writing->upload.finish();
    if (!expected.empty() && digest != expected) throw Error(invalidDigest);
    return writing->upload.commit(context.asked.target.key, digest, kept, existing);
  });
  const ObjectState& state = stored.state;
  context.asked.changed = {.before = etagOf(stored.before), .after = state.etag};

  http::Response response;
  response.headers.add("ETag", '"' + state.etag + '"');
  response.headers.add("Content-MD5", toBase64(fromHex(toLower(state.etag)).value_or("")));
  response.headers.add("x-oss-hash-crc64ecma", std::to_string(state.crc64.value_or(0)));
  co_return response;
}

Task<http::Response> deleteObject(Context context) {
  checkName(context.asked);
  checkWritable(context.asked);
  const std::filesystem::path directory = directoryOf(context.asked);
  const auto missing = missingOf(context.asked);
  const auto removed = co_await write(
      context, [&] { return ObjectFiles(directory, missing).remove(context.asked.target.key); });
  if (removed) context.asked.changed = {.before = removed->etag, .after = ""};
  http::Response response;
  response.status = 204;
  co_return response;
}

}  // namespace openfc::oss
