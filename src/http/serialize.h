#pragma once

#include "http/message.h"

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace openfc::http {

/// Whether `name` may stand as a header name (a token), and `value` as its value: no line end, no
/// control characters.
bool goodHeaderName(std::string_view name);
bool goodHeaderValue(std::string_view value);

/// What the server itself adds to a response's head.
struct HeadExtras {
  std::string_view dateLine;            // whole line with CR LF
  std::optional<std::uint64_t> length;  // Content-Length
  bool chunked = false;
  std::string_view connection;  // value of Connection; empty = none
};

/// Appends status line, headers in their order and spelling, extras and the empty line. Headers
/// that the server owns (Content-Length, Transfer-Encoding, Connection, Date) and those that would
/// break the framing are left out.
void appendResponseHead(std::string& out, int status, const Headers& headers,
                        const HeadExtras& extras);

/// The lines of a request's headers, checked like those of appendRequestHead(), for
/// Request::madeLines.
std::string headerLines(const Headers& headers);

/// Appends a request line and headers the same way; Content-Length when there is a body or the
/// method wants one.
void appendRequestHead(std::string& out, const Request& request);

/// The `Date` line, made once a second.
class DateLine {
public:
  std::string_view now();

private:
  std::time_t second_ = 0;
  std::string line_;
};

}  // namespace openfc::http
