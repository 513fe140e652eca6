#include "cli/code_archive.h"
#include "cli/command.h"

#include <chrono>

namespace openfc::cli {
namespace {

/// For a POSIX shell.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

/// "/2016-08-15/…" as it is; a URL without its scheme and host.
std::string targetOfUrl(const std::string& url) {
  const auto scheme = url.find("://");
  if (scheme == std::string::npos) return url.starts_with('/') ? url : "/" + url;
  const auto slash = url.find('/', scheme + 3);
  return slash == std::string::npos ? "/" : url.substr(slash);
}

Exit sign(const Session& session) {
  http::Request request{.method = session.arguments.text("method"),
                        .target = targetOfUrl(session.arguments.text("path"))};
  const std::string& endpoint = session.client.settings().endpoint;
  if (const auto seconds = session.arguments.number("expires")) {
    const Time until = SystemClock().now() + std::chrono::seconds(*seconds);
    session.output.result(endpoint + session.client.signer().presigned(request, until) + "\n");
    return Exit::ok;
  }
  for (const std::string& header : session.arguments.list("header")) {
    const auto colon = header.find(':');
    if (colon == std::string::npos)
      throw UsageError("--header: '" + header + "' is not 'Name: value'");
    const auto value = header.find_first_not_of(' ', colon + 1);
    request.headers.add(header.substr(0, colon),
                        value == std::string::npos ? "" : header.substr(value));
  }
  const bool hasBody = session.arguments.has("data");
  if (hasBody && !request.headers.has("content-type")) {
    request.headers.add("Content-Type", "application/octet-stream");
  }
  request = session.client.signedRequest(std::move(request));
  std::string line = "curl -sS -X " + request.method;
  for (const http::Header& header : request.headers.all()) {
    line += " -H " + quoted(header.name + (header.value.empty() ? ";" : ": " + header.value));
  }
  if (hasBody) line += " --data-binary " + quoted(session.arguments.text("data"));
  session.output.result(line + " " + quoted(endpoint + request.target) + "\n");
  return Exit::ok;
}

}  // namespace

void addSign(std::vector<Command>& rows) {
  rows.push_back(
      {"sign",
       "Print a signed request as a curl line (good for 15 minutes), or a signed URL",
       {{"method", "GET, POST, PUT or DELETE", Takes::one, true},
        {"path", "Path with query, or a whole URL", Takes::one, true},
        {"-d,--data", "Body"},
        {"-H,--header", "'Name: value', repeatable", Takes::many},
        {"--expires", "Make a signed URL of an HTTP trigger, good for this many seconds"}},
       &sign});
}

}  // namespace openfc::cli
