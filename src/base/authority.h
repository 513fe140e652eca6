#pragma once

#include "base/clock.h"

#include <span>
#include <string>

namespace openfc {

/// What a TLS server shows, and the authority whose trust makes it good. All in PEM.
struct ServerIdentity {
  std::string authority;    // the authority's certificate
  std::string certificate;  // the server's, issued by it
  std::string privateKey;   // the server's
};

/// Makes an authority that issues one certificate, for DNS `names` ("a.example", "*.b.example"),
/// and forgets its key: whoever trusts it trusts nothing else, for ever. Throws std::runtime_error.
ServerIdentity makeServerIdentity(std::span<const std::string> names, Time now);

}  // namespace openfc
