#include "http/outbound.h"

#include "base/encoding.h"
#include "base/error.h"
#include "http/serialize.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace openfc::http {
namespace {

template <auto function>
struct FreeBy {
  template <class T>
  void operator()(T* pointer) const {
    function(pointer);
  }
};
using Easy = std::unique_ptr<CURL, FreeBy<curl_easy_cleanup>>;
using Url = std::unique_ptr<CURLU, FreeBy<curl_url_cleanup>>;
using Text = std::unique_ptr<char, FreeBy<curl_free>>;
using List = std::unique_ptr<curl_slist, FreeBy<curl_slist_free_all>>;

/// The parts of a URL that decide where it leads.
struct Target {
  std::string url;
  std::string scheme;
  std::string host;
  std::string port;
};

std::string part(const Url& url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), which, &text, flags) != CURLUE_OK) return "";
  const Text owned(text);
  return text;
}

Target toTarget(const std::string& text) {
  const Url url(curl_url());
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
    throw invalidArgument(fmt::format("URL '{}' is malformed", text));
  }
  Target target{text, part(url, CURLUPART_SCHEME), part(url, CURLUPART_HOST), {}};
  if (target.scheme != "http" && target.scheme != "https") {
    throw invalidArgument(fmt::format("URL '{}' has scheme {}, only http and https are allowed",
                                      text, target.scheme));
  }
  target.port = part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  return target;
}

/// One request of a chain of redirects, as libcurl's callbacks see it.
struct Hop {
  const OutboundPolicy& policy;
  const Target& target;
  std::size_t maxBody;
  Response response;
  std::string refusedAddress;
  bool tooLarge = false;
  std::stop_token stop;
};

struct Endpoint {
  std::string address;
  int port = 0;
};

Endpoint toEndpoint(const curl_sockaddr& socket) {
  char text[INET6_ADDRSTRLEN] = "";
  if (socket.family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(socket.addr);
    ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    return {text, ntohs(v4.sin_port)};
  }
  if (socket.family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(socket.addr);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    return {text, ntohs(v6.sin6_port)};
  }
  return {};
}

/// Every connection of libcurl begins here, after the name was resolved: the last moment to refuse
/// it.
curl_socket_t openSocket(void* context, curlsocktype, curl_sockaddr* socket) {
  Hop& hop = *static_cast<Hop*>(context);
  const Endpoint endpoint = toEndpoint(*socket);
  if (!allows(hop.policy, hop.target.host, endpoint.address, endpoint.port)) {
    hop.refusedAddress = fmt::format("{}:{}", endpoint.address, endpoint.port);
    return CURL_SOCKET_BAD;
  }
  return ::socket(socket->family, socket->socktype | SOCK_CLOEXEC, socket->protocol);
}

std::size_t takeHeader(const char* bytes, std::size_t, std::size_t size, void* context) {
  Response& response = static_cast<Hop*>(context)->response;
  const std::string_view line = trimmed(std::string_view(bytes, size));
  if (line.starts_with("HTTP/")) {
    response.headers.clear();  // an interim response came before
  } else if (const std::size_t colon = line.find(':'); colon != std::string_view::npos) {
    response.headers.add(std::string(line.substr(0, colon)),
                         std::string(trimmed(line.substr(colon + 1))));
  }
  return size;
}

std::size_t takeBody(const char* bytes, std::size_t, std::size_t size, void* context) {
  Hop& hop = *static_cast<Hop*>(context);
  if (hop.response.body.size() + size > hop.maxBody) {
    hop.tooLarge = true;
    return 0;
  }
  hop.response.body.append(bytes, size);
  return size;
}

/// Called again and again, at least once a second.
int whetherToStop(void* data, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const Hop*>(data)->stop.stop_requested() ? 1 : 0;
}

List toList(const Request& request) {
  // libcurl's own additions are switched off by an empty value, where the caller does not set them.
  curl_slist* list = curl_slist_append(nullptr, "Expect:");
  if (!request.headers.has("content-type")) list = curl_slist_append(list, "Content-Type:");
  for (const Header& header : request.headers.all()) {
    if (!goodHeaderName(header.name) || !goodHeaderValue(header.value)) continue;
    const bool empty = header.value.empty();
    list = curl_slist_append(
        list, fmt::format("{}{} {}", header.name, empty ? ";" : ":", header.value).c_str());
  }
  return List(list);
}

template <class Value>
void set(const Easy& easy, CURLoption option, Value value) {
  if (curl_easy_setopt(easy.get(), option, value) != CURLE_OK) {
    throw std::runtime_error("set up an outbound request");
  }
}

void setUp(const Easy& easy, const Request& request, Hop& hop, const List& headers,
           Duration timeout) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(timeout);
  set(easy, CURLOPT_URL, hop.target.url.c_str());
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_FOLLOWLOCATION, 0L);
  set(easy, CURLOPT_PROXY, "");  // a proxy from the environment would connect past the filter
  set(easy, CURLOPT_NOSIGNAL, 1L);
  set(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<long>(milliseconds.count(), 1)));
  set(easy, CURLOPT_OPENSOCKETFUNCTION, &openSocket);
  set(easy, CURLOPT_OPENSOCKETDATA, &hop);
  set(easy, CURLOPT_HEADERFUNCTION, &takeHeader);
  set(easy, CURLOPT_HEADERDATA, &hop);
  set(easy, CURLOPT_WRITEFUNCTION, &takeBody);
  set(easy, CURLOPT_WRITEDATA, &hop);
  set(easy, CURLOPT_NOPROGRESS, 0L);
  set(easy, CURLOPT_XFERINFOFUNCTION, &whetherToStop);
  set(easy, CURLOPT_XFERINFODATA, &hop);
  set(easy, CURLOPT_HTTPHEADER, headers.get());
  if (request.method == "HEAD") {
    set(easy, CURLOPT_NOBODY, 1L);
  } else if (request.method != "GET" || !request.body.empty()) {
    set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(easy, CURLOPT_POSTFIELDS, request.body.data());
    set(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
}

/// Performs one hop and returns the URL of a redirect, "" for a final answer.
std::string perform(const Request& request, Hop& hop, Duration timeout) {
  const Easy easy(curl_easy_init());
  if (!easy) throw std::runtime_error("set up an outbound request");
  const List headers = toList(request);
  setUp(easy, request, hop, headers, timeout);
  const CURLcode result = curl_easy_perform(easy.get());
  if (hop.tooLarge) throw errorOf(Code::entityTooLarge, {std::to_string(hop.maxBody)});
  if (result != CURLE_OK && !hop.refusedAddress.empty()) {
    throw invalidArgument(fmt::format("URL '{}' leads to {}, an address that is not allowed",
                                      hop.target.url, hop.refusedAddress));
  }
  if (result != CURLE_OK) {
    throw std::runtime_error(
        fmt::format("fetch {}: {}", hop.target.url, curl_easy_strerror(result)));
  }
  long status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  hop.response.status = static_cast<int>(status);
  const char* redirect = nullptr;
  curl_easy_getinfo(easy.get(), CURLINFO_REDIRECT_URL, &redirect);
  return redirect == nullptr ? "" : redirect;
}

bool sameOrigin(const Target& a, const Target& b) {
  return a.scheme == b.scheme && sameIgnoringCase(a.host, b.host) && a.port == b.port;
}

/// What a redirected client sends: as RFC 9110, 15.4; secrets stay with the origin they were meant
/// for.
void redirect(Request& request, int status, const Target& from, const Target& to) {
  const bool rewritten =
      status == 303 || ((status == 301 || status == 302) && request.method == "POST");
  if (rewritten && request.method != "HEAD") {
    request.method = "GET";
    request.body.clear();
    request.headers.remove("content-type");
  }
  if (sameOrigin(from, to)) return;
  for (const std::string_view name : {"authorization", "cookie", "x-fc-security-token"}) {
    request.headers.remove(name);
  }
}

}  // namespace

Outbound::Outbound(OutboundPolicy policy) : policy_(std::move(policy)) {}

Response Outbound::fetch(const Request& request, const Options& options) const {
  const SteadyTime deadline = std::chrono::steady_clock::now() + options.timeout;
  Target target = toTarget(request.target);
  Request current = request;
  for (int redirects = 0;; ++redirects) {
    Hop hop{policy_, target, options.maxBody, {}, {}, false, options.stop};
    const std::string next = perform(current, hop, deadline - std::chrono::steady_clock::now());
    if (next.empty()) return std::move(hop.response);
    if (redirects == options.maxRedirects) {
      throw std::runtime_error(fmt::format("fetch {}: too many redirects", request.target));
    }
    Target following = toTarget(next);
    redirect(current, hop.response.status, target, following);
    target = std::move(following);
  }
}

}  // namespace openfc::http
