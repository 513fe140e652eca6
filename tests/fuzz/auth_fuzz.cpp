// The signature parser: arbitrary requests must be refused with a documented error, and whatever a
// Signer signs must be accepted. The input is a request in text: method, target and headers, one
// line each.

#include "auth/authenticator.h"
#include "auth/signer.h"
#include "base/encoding.h"
#include "base/error.h"
#include "request_text.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace openfc;  // NOLINT(google-build-using-namespace): a program of one file

const Time now(std::chrono::seconds(1'646'121'600));

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
  // A token is refused that goes with no key of its own.
  for (const char* name : {"date", "x-fc-date", "host", "authorization", "x-fc-security-token"})
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
      fuzz::requestOf(std::string_view(reinterpret_cast<const char*>(data), size));

  checkArbitrary(authenticator, request);
  checkSigned(authenticator, request);
  return 0;
}
