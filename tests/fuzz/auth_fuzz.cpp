// The signature parser: arbitrary requests must be refused with a documented error, and whatever a
// Signer signs must be accepted. The input is a request in text: method, target and headers, one
// line each.

#include "auth/authenticator.h"
#include "auth/signer.h"
#include "base/encoding.h"
#include "base/error.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace openfc;  // NOLINT(google-build-using-namespace): a program of one file

const Time now(std::chrono::seconds(1'646'121'600));

std::string_view nextLine(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

http::Request requestOf(std::string_view text) {
  http::Request request;
  request.method = nextLine(text);
  request.target = nextLine(text);
  while (!text.empty()) {
    const std::string_view line = nextLine(text);
    const auto colon = std::min(line.find(':'), line.size());
    request.headers.add(std::string(line.substr(0, colon)),
                        std::string(trimmed(line.substr(std::min(colon + 1, line.size())))));
  }
  return request;
}

void demand(bool condition) {
  if (!condition) std::abort();
}

void checkArbitrary(const auth::Authenticator& authenticator, const http::Request& request) {
  try {
    static_cast<void>(authenticator.authenticate(request, now));
  } catch (const Error& error) {
    demand(error.status() == 400 || error.status() == 403);
#ifdef OPENFC_PLANTED_BUG
    demand(error.code() != Code::requestTimeTooSkewed);
#endif
  }
}

/// A signed request passes unless its own headers say otherwise.
void checkSigned(const auth::Authenticator& authenticator, http::Request request) {
  const auth::AccessKey key = auth::developmentKey();
  for (const char* name : {"date", "x-fc-date", "host", "authorization"})
    request.headers.remove(name);
  try {
    auth::Signer(key.id, key.secret).sign(request, now);
  } catch (const Error& error) {
    demand(error.code() == Code::invalidArgument);
    return;
  }
  demand(authenticator.authenticate(request, now).accountId == key.accountId);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auth::Keys keys({auth::developmentKey()});
  const auth::Authenticator authenticator(keys);
  const http::Request request =
      requestOf(std::string_view(reinterpret_cast<const char*>(data), size));

  checkArbitrary(authenticator, request);
  checkSigned(authenticator, request);
  return 0;
}
