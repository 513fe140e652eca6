// The reader of certificates that clients send for their domains. One text is chain and key: blocks
// of the other kind are passed over.

#include "base/certificate.h"

#include <openssl/err.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace openfc {
namespace {

void demand(bool condition) {
  if (!condition) std::abort();
}

void check(std::string_view text) {
  const auto read = readCertificate(text, text);
  demand(ERR_peek_error() == 0);
  if (!read) {
    demand(!read.error().empty() && read.error().size() < 256);
    demand(read.error().find("-----") == std::string::npos);
    return;
  }
#ifdef OPENFC_PLANTED_BUG
  demand(read->chainLength < 2);
#endif
  demand(read->chainLength >= 1 && read->chainLength <= 10);
  demand(readCertificate(text, text) == read);
  // What the chain says does not depend on what is written around it.
  demand(readCertificate(std::string(text) + "\n", text) == read);
}

}  // namespace
}  // namespace openfc

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  openfc::check(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
