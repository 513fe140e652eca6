#pragma once

#include "base/clock.h"

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace openfc {

/// What is worth knowing of a server's certificate chain.
struct Certificate {
  Time notBefore;
  Time notAfter;                   // of the chain's certificate that ends first
  std::vector<std::string> names;  // DNS names of the first certificate, as it has them
  std::size_t chainLength = 0;
  bool operator==(const Certificate&) const = default;
};

/// Reads a PEM chain, the server's certificate first and each issued by the next, and the PEM
/// private key that belongs to it: RSA of at least 2048 bits or a named elliptic curve, without a
/// password. What is wrong is said in words that hold nothing of the key. Whether the chain is
/// valid at present is for the caller to ask. A pure function, safe on every thread.
std::expected<Certificate, std::string> readCertificate(std::string_view chain,
                                                        std::string_view privateKey);

}  // namespace openfc
