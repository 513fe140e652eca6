// The request parser: whatever bytes come, whole or in pieces, it ends, agrees with itself and lets
// nothing through that would be delimited in two ways.
#include "base/encoding.h"
#include "http/parser.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace std::string_view_literals;
using openfc::http::BodyKind;
using openfc::http::Framing;
using openfc::http::Request;
using openfc::http::RequestParser;

constexpr std::size_t headLimit = 8192;

void require(bool condition) {
  if (!condition) std::abort();
}

/// What one way of feeding the bytes led to.
struct Outcome {
  int refused = 0;  // status; 0 = not
  bool headDone = false;
  bool bodyDone = false;
  Framing framing;
  Request request;
  std::string body;
};

std::size_t countOf(const Request& request, std::string_view name) {
  return static_cast<std::size_t>(
      std::ranges::count_if(request.headers.all(), [name](const openfc::http::Header& header) {
        return openfc::sameIgnoringCase(header.name, name);
      }));
}

/// What must hold of every request that is let through.
void checkAccepted(const Outcome& outcome) {
  const Request& request = outcome.request;
  require(!request.method.empty() && !request.target.empty());
  require(request.target[0] == '/' || request.target == "*");
  for (const auto& header : request.headers.all()) {
    require(!header.name.empty());
    require(header.name.find_first_of("\r\n\0 :"sv) == std::string::npos);
    require(header.value.find_first_of("\r\n\0"sv) == std::string::npos);
  }
  const std::size_t lengths = countOf(request, "content-length");
  const std::size_t encodings = countOf(request, "transfer-encoding");
  require(lengths + encodings <= 1);
  require((outcome.framing.body == BodyKind::chunked) == (encodings == 1));
  require(countOf(request, "host") == 1 || !outcome.framing.http11);
#ifdef OPENFC_PLANTED_BUG
  // Claims that a header is never without a value, which is wrong.
  for (const auto& header : request.headers.all()) require(!header.value.empty());
#endif
}

Outcome feed(std::string_view bytes, std::size_t step) {
  Outcome outcome;
  RequestParser parser(headLimit);
  std::size_t arrived = 0;
  while (!outcome.headDone) {
    if (arrived == bytes.size()) return outcome;
    arrived = std::min(bytes.size(), arrived + step);
    const auto head = parser.head(bytes.substr(0, arrived), outcome.request);
    if (!head) {
      outcome.refused = head.error().status;
      require(outcome.refused >= 400 && outcome.refused <= 599);
      return outcome;
    }
    if (!*head) continue;
    outcome.framing = **head;
    outcome.headDone = true;
    require(outcome.framing.headSize <= arrived);
    checkAccepted(outcome);
  }
  if (outcome.framing.body != BodyKind::chunked) return outcome;
  std::string_view rest = bytes.substr(outcome.framing.headSize);
  while (!rest.empty() && !parser.complete()) {
    const std::string_view piece = rest.substr(0, step);
    const auto taken = parser.chunks(piece, outcome.body);
    if (!taken) {
      outcome.refused = taken.error().status;
      return outcome;
    }
    require(*taken == piece.size() || parser.complete());
    rest.remove_prefix(*taken);
  }
  outcome.bodyDone = parser.complete();
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Outcome whole = feed(bytes, std::max<std::size_t>(size, 1));
  const std::size_t step = size > 2048 ? 509 : 7;
  const Outcome pieces = feed(bytes, step);

  // A head beyond the limit may be noticed earlier or later; all else must not depend on how bytes
  // arrive.
  if (whole.refused == 431 || pieces.refused == 431) return 0;
  require(whole.refused == pieces.refused);
  require(whole.headDone == pieces.headDone);
  require(whole.bodyDone == pieces.bodyDone);
  if (!whole.headDone) return 0;
  require(whole.framing.headSize == pieces.framing.headSize);
  require(whole.framing.length == pieces.framing.length);
  require(whole.request.method == pieces.request.method);
  require(whole.request.target == pieces.request.target);
  require(whole.request.headers.all().size() == pieces.request.headers.all().size());
  if (whole.refused == 0) require(whole.body == pieces.body);
  return 0;
}
