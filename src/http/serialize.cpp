#include "http/serialize.h"

#include "base/encoding.h"
#include "base/time_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace openfc::http {
namespace {

struct Reason {
  int status;
  std::string_view text;
};
constexpr Reason reasons[] = {
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Payload Too Large"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {418, "I'm a teapot"},
    {422, "Unprocessable Entity"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {499, "Client Closed Request"},
    {500, "Internal Server Error"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
};

std::string_view reasonOf(int status) {
  const auto* row = std::ranges::lower_bound(reasons, status, {}, &Reason::status);
  return row != std::end(reasons) && row->status == status ? row->text : "Unknown";
}

constexpr std::array<bool, 256> tokenCharacters = [] {
  std::array<bool, 256> table{};
  for (char c = '0'; c <= '9'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c = 'a'; c <= 'z'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c = 'A'; c <= 'Z'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}();

bool ownedByServer(std::string_view name) {
  switch (name.size()) {
    case 4:
      return sameIgnoringCase(name, "date");
    case 10:
      return sameIgnoringCase(name, "connection");
    case 14:
      return sameIgnoringCase(name, "content-length");
    case 17:
      return sameIgnoringCase(name, "transfer-encoding");
    default:
      return false;
  }
}

void appendNumber(std::string& out, std::uint64_t number) {
  char digits[20];
  const char* end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}

void appendLine(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

void appendLength(std::string& out, std::uint64_t length) {
  out.append("Content-Length: ");
  appendNumber(out, length);
  out.append("\r\n");
}

void appendHeaders(std::string& out, const Headers& headers) {
  for (const Header& header : headers.all()) {
    if (ownedByServer(header.name)) continue;
    if (!goodHeaderName(header.name) || !goodHeaderValue(header.value)) continue;
    appendLine(out, header.name, header.value);
  }
}

void appendRequestHeaders(std::string& out, const Headers& headers) {
  for (const Header& header : headers.all()) {
    // Unlike a response, a request keeps the Date of its caller: it may be signed.
    const bool framing = ownedByServer(header.name) && header.name.size() != 4;
    if (framing || !goodHeaderName(header.name) || !goodHeaderValue(header.value)) continue;
    appendLine(out, header.name, header.value);
  }
}

}  // namespace

bool goodHeaderName(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return tokenCharacters[static_cast<unsigned char>(c)];
  });
}

bool goodHeaderValue(std::string_view value) {
  return std::ranges::all_of(
      value, [](char c) { return static_cast<unsigned char>(c) >= 0x20 ? c != 0x7f : c == '\t'; });
}

void appendResponseHead(std::string& out, int status, const Headers& headers,
                        const HeadExtras& extras) {
  out.append("HTTP/1.1 ");
  appendNumber(out, static_cast<std::uint64_t>(status));
  out.append(" ").append(reasonOf(status)).append("\r\n");
  appendHeaders(out, headers);
  out.append(extras.dateLine);
  if (extras.length) appendLength(out, *extras.length);
  if (extras.chunked) out.append("Transfer-Encoding: chunked\r\n");
  if (!extras.connection.empty()) appendLine(out, "Connection", extras.connection);
  out.append("\r\n");
}

std::string headerLines(const Headers& headers) {
  std::string lines;
  appendRequestHeaders(lines, headers);
  return lines;
}

void appendRequestHead(std::string& out, const Request& request) {
  out.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\n");
  appendRequestHeaders(out, request.headers);
  if (request.madeLines) out.append(*request.madeLines);
  const bool bodyExpected = request.method != "GET" && request.method != "HEAD";
  if (bodyExpected || !request.body.empty()) appendLength(out, request.body.size());
  out.append("\r\n");
}

std::string_view DateLine::now() {
  timespec time{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &time);
  if (time.tv_sec != second_) {
    second_ = time.tv_sec;
    line_ =
        fmt::format("Date: {}\r\n", toHttpDate(std::chrono::system_clock::from_time_t(second_)));
  }
  return line_;
}

}  // namespace openfc::http
