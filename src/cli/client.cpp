#include "cli/client.h"

#include "auth/oss_signature.h"
#include "base/encoding.h"
#include "base/time_text.h"

#include <boost/json.hpp>

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <memory>

namespace openfc::cli {
namespace {

namespace json = boost::json;

using Handle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using List = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

std::size_t takeBody(char* data, std::size_t size, std::size_t count, void* response) {
  static_cast<http::Response*>(response)->body.append(data, size * count);
  return size * count;
}

std::size_t takeHeader(char* data, std::size_t size, std::size_t count, void* response) {
  const std::string_view line(data, size * count);
  auto& headers = static_cast<http::Response*>(response)->headers;
  if (line.starts_with("HTTP/")) headers = {};  // a 100 Continue came before
  const auto colon = line.find(':');
  if (colon != std::string_view::npos) {
    headers.add(std::string(trimmed(line.substr(0, colon))),
                std::string(trimmed(line.substr(colon + 1))));
  }
  return size * count;
}

int tellProgress(void* progress, curl_off_t, curl_off_t, curl_off_t size, curl_off_t sent) {
  const auto& tell = *static_cast<const Client::Progress*>(progress);
  if (size > 0) tell(static_cast<std::uint64_t>(sent), static_cast<std::uint64_t>(size));
  return 0;
}

List listOf(const http::Headers& headers) {
  curl_slist* list = nullptr;
  for (const http::Header& header : headers.all()) {
    // libcurl drops a header without a value unless it ends in a semicolon.
    const std::string line = header.name + (header.value.empty() ? ";" : ": " + header.value);
    list = curl_slist_append(list, line.c_str());
  }
  // What libcurl would add on its own is not signed, and 100-continue costs a round trip.
  for (const char* name : {"Expect:", "Accept:"}) list = curl_slist_append(list, name);
  if (!headers.has("content-type")) list = curl_slist_append(list, "Content-Type:");
  return {list, &curl_slist_free_all};
}

/// A proxy of the environment is not for this machine's own server.
bool isLoopback(const std::string& endpoint) {
  const auto host = endpoint.find("://") + 3;
  return endpoint.compare(host, 4, "127.") == 0 || endpoint.compare(host, 9, "localhost") == 0 ||
         endpoint.compare(host, 5, "[::1]") == 0;
}

void setBody(CURL* curl, const http::Request& request) {
  if (request.method == "GET") return;
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  if (request.body.empty() && request.method != "POST" && request.method != "PUT") return;
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.c_str());
}

/// What helps against a failure that is met often.
struct Hint {
  CURLcode failure;
  std::string_view text;
};
constexpr Hint hints[] = {
    {CURLE_COULDNT_CONNECT, "is the server running? Start it with: openfc serve"},
    {CURLE_PEER_FAILED_VERIFICATION,
     "name the authority that signed it: --ca FILE, or SSL_CERT_FILE"},
    {CURLE_SSL_CACERT_BADFILE, "--ca and SSL_CERT_FILE name a PEM file of certificates"},
    {CURLE_SSL_CONNECT_ERROR, "does that port speak TLS? Without it the endpoint is http://…"},
    {CURLE_GOT_NOTHING, "does that port want TLS? With it the endpoint is https://…"},
    {CURLE_COULDNT_RESOLVE_HOST, "the endpoint is that of --endpoint or OPENFC_ENDPOINT"},
};

/// `said`: libcurl's own words on this failure, "" = none.
Unreachable unreachable(const std::string& endpoint, CURLcode failure, std::string_view said) {
  std::string hint;
  for (const Hint& row : hints) {
    if (row.failure == failure) hint = row.text;
  }
  const std::string reason(said.empty() ? curl_easy_strerror(failure) : said);
  return Unreachable("no answer from " + endpoint + ": " + reason, std::move(hint));
}

/// A text member of an error body, whichever of the two spellings it has.
std::string member(const json::object& object, std::string_view name, std::string_view other) {
  for (const std::string_view key : {name, other}) {
    const json::value* value = object.if_contains(key);
    if (value && value->is_string()) return std::string(value->as_string());
  }
  return {};
}

/// The message of an answer in XML, as object storage gives them.
std::string wordsOf(const http::Response& response) {
  const auto begin = response.body.find("<Message>");
  const auto end = response.body.find("</Message>");
  if (begin == std::string::npos || end == std::string::npos || end < begin)
    return "the server answered with status " + std::to_string(response.status);
  return response.body.substr(begin + 9, end - begin - 9);
}

ApiError errorOf(const http::Response& response) {
  std::error_code failure;
  const json::value body = json::parse(response.body, failure);
  const json::object none;
  const json::object& object = !failure && body.is_object() ? body.get_object() : none;
  std::string message = member(object, "ErrorMessage", "errorMessage");
  if (message.empty())
    message = "the server answered with status " + std::to_string(response.status);
  return {response.status, member(object, "ErrorCode", "errorCode"), message,
          std::string(response.headers.find("x-fc-request-id").value_or(""))};
}

}  // namespace

Client::Client(Settings settings)
    : settings_(std::move(settings)), signer_(settings_.accessKeyId, settings_.accessKeySecret) {
  while (settings_.endpoint.ends_with('/')) settings_.endpoint.pop_back();
  if (settings_.endpoint.find("://") == std::string::npos) {
    settings_.endpoint.insert(0, "http://");
  }
}

http::Request Client::signedRequest(http::Request request) const {
  signer_.sign(request, SystemClock().now());
  return request;
}

http::Response Client::send(http::Request request, const Progress& progress) const {
  return exchange(signedRequest(std::move(request)), progress);
}

void Client::putObject(const std::string& bucket, const std::string& object, std::string content,
                       const Progress& progress) const {
  const std::string resource = "/" + bucket + "/" + object;
  http::Request request{.method = "PUT", .body = std::move(content)};
  request.target = "/" + percentEncode(bucket);
  for (std::size_t at = 0; at < object.size();) {
    const auto end = std::min(object.find('/', at), object.size());
    request.target += "/" + percentEncode(object.substr(at, end - at));
    at = end + 1;
  }
  const auth::OssClaim claim{.accessKeyId = settings_.accessKeyId,
                             .date = toHttpDate(SystemClock().now())};
  request.headers.add("Date", claim.date);
  request.headers.add("Content-Type", "application/zip");
  const std::string text = auth::ossStringToSign(request, resource, claim).value_or("");
  request.headers.add("Authorization", "OSS " + claim.accessKeyId + ":" +
                                           toBase64(hmacSha1(settings_.accessKeySecret, text)));
  const http::Response response = exchange(request, progress);
  if (response.status >= 400)
    throw ApiError(response.status, "",
                   "put " + object + " into the bucket " + bucket + ": " + wordsOf(response), "");
}

http::Response Client::exchange(const http::Request& request, const Progress& progress) const {
  const Handle curl(curl_easy_init(), &curl_easy_cleanup);
  if (!curl) throw std::runtime_error("start libcurl: out of memory");
  const List headers = listOf(request.headers);
  const std::string url = settings_.endpoint + request.target;
  http::Response response;
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl.get(), CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(curl.get(), CURLOPT_PATH_AS_IS, 1L);
  if (!settings_.authority.empty())
    curl_easy_setopt(curl.get(), CURLOPT_CAINFO, settings_.authority.c_str());
  std::array<char, CURL_ERROR_SIZE> said{};
  curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, said.data());
  if (isLoopback(settings_.endpoint)) curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT, 10L);
  curl_easy_setopt(curl.get(), CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &takeBody);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &response);
  curl_easy_setopt(curl.get(), CURLOPT_HEADERFUNCTION, &takeHeader);
  curl_easy_setopt(curl.get(), CURLOPT_HEADERDATA, &response);
  if (progress) {
    curl_easy_setopt(curl.get(), CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl.get(), CURLOPT_XFERINFOFUNCTION, &tellProgress);
    curl_easy_setopt(curl.get(), CURLOPT_XFERINFODATA, &progress);
  }
  setBody(curl.get(), request);
  const CURLcode result = curl_easy_perform(curl.get());
  if (result != CURLE_OK) throw unreachable(settings_.endpoint, result, said.data());
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  response.status = static_cast<int>(status);
  return response;
}

http::Response Client::call(http::Request request, const Progress& progress) const {
  http::Response response = send(std::move(request), progress);
  if (response.status >= 400) throw errorOf(response);
  return response;
}

std::string apiPath(std::initializer_list<std::string_view> segments) {
  std::string path = "/2016-08-15";
  for (const std::string_view segment : segments) path += '/' + percentEncode(segment);
  return path;
}

}  // namespace openfc::cli
