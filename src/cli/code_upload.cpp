#include "cli/code_upload.h"

#include <boost/json.hpp>

#include <fmt/core.h>

#include <charconv>
#include <utility>

namespace openfc::cli {
namespace {

namespace json = boost::json;

constexpr double megabyte = 1024.0 * 1024.0;
/// No server refuses so little, but one that was told to.
constexpr std::uint64_t surelySmall = 1u << 20;

}  // namespace

std::string megabytes(std::uint64_t bytes) {
  const double size = static_cast<double>(bytes) / megabyte;
  if (size < 0.1) return "less than 0.1 MB";
  return size < 100 ? fmt::format("{:.1f} MB", size) : fmt::format("{:.0f} MB", size);
}

void checkSize(const Session& session, std::uint64_t size, bool inBucket) {
  if (size < surelySmall) return;
  const std::string path = apiPath({"accountConfigs"});
  const json::object limits =
      json::parse(session.client.call({.method = "GET", .target = path}).body).as_object();
  const auto limitOf = [&limits](std::string_view name) {
    std::uint64_t limit = 0;  // nothing is told
    const json::value* told = limits.if_contains(name);
    if (told == nullptr || !told->is_string()) return limit;
    const json::string& text = told->get_string();
    std::from_chars(text.data(), text.data() + text.size(), limit);
    return limit;
  };
  const std::uint64_t inRequest = limitOf("CodeSizeLimit");
  const std::uint64_t stored = limitOf("EnhancedCodeSizeLimit");
  const std::uint64_t limit = inBucket ? stored : inRequest;
  if (limit == 0 || size <= limit) return;
  std::string text = fmt::format("{}; the limit is {}", megabytes(size), megabytes(limit));
  if (!inBucket && stored > limit) text += "; use --bucket BUCKET";
  throw UsageError(text);
}

Client::Progress uploadProgress(const Session& session) {
  return [&session, told = std::uint64_t(0)](auto sent, auto size) mutable {
    if (sent != std::exchange(told, sent)) session.output.progress("upload", sent, size);
  };
}

json::object putIntoBucket(const Session& session, const std::string& bucket,
                           const std::string& object, const std::string& zip) {
  session.client.putObject(bucket, object, zip, uploadProgress(session));
  return {{"ossBucketName", bucket}, {"ossObjectName", object}};
}

}  // namespace openfc::cli
