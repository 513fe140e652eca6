#include "http/head_scan.h"

#include "base/encoding.h"

#include <algorithm>
#include <charconv>

namespace openfc::http {
namespace {

constexpr std::size_t maxLines = 1000;

constexpr BadMessage bareLineFeed{400, "a line does not end with CR LF"};
constexpr BadMessage foldedLine{400, "a header line begins with a blank"};
constexpr BadMessage notHttp{400, "this is not HTTP"};
constexpr BadMessage headTooLarge{431, "the header is too large"};
constexpr BadMessage tooManyHeaders{431, "there are too many headers"};

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Characters of a host name, address or port; an empty value is allowed (RFC 9110, 7.2).
bool goodHost(std::string_view value) {
  return std::ranges::all_of(value, [](char c) {
    return isDigit(c) || isLetter(c) ||
           std::string_view("-._~%!$&'()*+;=:[]").find(c) != std::string_view::npos;
  });
}

bool goodTarget(const Request& request) {
  return request.target.starts_with('/') || (request.target == "*" && request.method == "OPTIONS");
}

}  // namespace

std::optional<BadMessage> HeadScan::checkLine(std::string_view line) const {
  if (line.empty()) return std::nullopt;
  if (line[0] == ' ' || line[0] == '\t') return lines_ == 0 ? notHttp : foldedLine;
  if (lines_ == 0 && !isLetter(line[0])) return notHttp;
  return std::nullopt;
}

std::expected<std::optional<std::size_t>, BadMessage> HeadScan::find(std::string_view input) {
  while (next_ < input.size()) {
    const std::size_t feed = input.find('\n', next_);
    if (feed == std::string_view::npos) break;
    if (feed > maxBytes_) return std::unexpected(headTooLarge);
    if (feed == 0 || input[feed - 1] != '\r') return std::unexpected(bareLineFeed);
    const std::string_view line = input.substr(lineStart_, feed - 1 - lineStart_);
    if (const auto bad = checkLine(line)) return std::unexpected(*bad);
    next_ = lineStart_ = feed + 1;
    if (line.empty()) {
      if (lines_ > 0) return next_;
      if (begin_ > 0) return std::unexpected(notHttp);
      begin_ = next_;
      continue;
    }
    if (++lines_ > maxLines) return std::unexpected(tooManyHeaders);
  }
  next_ = input.size();
  if (input.size() > maxBytes_) return std::unexpected(headTooLarge);
  // Binary noise, e.g. TLS on a plain port, is refused before a line feed happens to come.
  const std::string_view line = input.substr(lineStart_);
  if (line.starts_with('\r')) return std::nullopt;
  if (const auto bad = checkLine(line)) return std::unexpected(*bad);
  return std::nullopt;
}

void FramingRules::see(std::string_view name, std::string_view value) {
  switch (name.size()) {
    case 4:
      if (!sameIgnoringCase(name, "host")) return;
      ++hosts_;
      if (!goodHost(value)) badHost_ = true;
      return;
    case 6:
      if (!sameIgnoringCase(name, "expect")) return;
      ++expects_;
      if (!sameIgnoringCase(value, "100-continue")) otherExpectation_ = true;
      return;
    case 14:
      if (sameIgnoringCase(name, "content-length")) seeLength(value);
      return;
    case 17:
      if (!sameIgnoringCase(name, "transfer-encoding")) return;
      ++encodings_;
      if (!sameIgnoringCase(value, "chunked")) otherEncoding_ = true;
      return;
    default:
      return;
  }
}

void FramingRules::seeLength(std::string_view value) {
  ++lengths_;
  const auto [rest, error] = std::from_chars(value.begin(), value.end(), length_);
  if (value.empty() || !std::ranges::all_of(value, isDigit) || error != std::errc() ||
      rest != value.end()) {
    badLength_ = true;
  }
}

std::optional<BadMessage> FramingRules::checkLengths(bool http11) const {
  if (encodings_ > 0 && lengths_ > 0) {
    return BadMessage{400, "Content-Length and Transfer-Encoding exclude each other"};
  }
  if (lengths_ > 1) return BadMessage{400, "Content-Length is given twice"};
  if (badLength_) return BadMessage{400, "Content-Length is not a number"};
  if (encodings_ > 1) return BadMessage{400, "Transfer-Encoding is given twice"};
  if (encodings_ > 0 && !http11) {
    return BadMessage{400, "Transfer-Encoding does not exist in HTTP/1.0"};
  }
  if (otherEncoding_) return BadMessage{400, "only the transfer encoding chunked is supported"};
  return std::nullopt;
}

std::optional<BadMessage> FramingRules::checkRequest(const Request& request, bool http11) const {
  if (const auto bad = checkLengths(http11)) return bad;
  if (hosts_ > 1) return BadMessage{400, "Host is given twice"};
  if (hosts_ == 0 && http11) return BadMessage{400, "Host is missing"};
  if (badHost_) return BadMessage{400, "Host is malformed"};
  if (!goodTarget(request)) return BadMessage{400, "the request target is not a path"};
  if (otherExpectation_) return BadMessage{417, "only the expectation 100-continue is supported"};
  return std::nullopt;
}

}  // namespace openfc::http
