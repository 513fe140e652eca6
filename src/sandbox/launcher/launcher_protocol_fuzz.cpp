#include "sandbox/launcher_protocol.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

/// Whatever the bytes are, decoding ends; what it accepts is written and read the same again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  namespace launcher = openfc::sandbox::launcher;
  const auto input = std::as_bytes(std::span(bytes, size));
  if (const auto request = launcher::decodeRequest(input)) {
    const std::string again = launcher::encode(*request);
    if (again.size() != size || !launcher::decodeRequest(std::as_bytes(std::span(again))))
      std::abort();
  }
  if (const auto reply = launcher::decodeReply(input)) {
    const std::string again = launcher::encode(*reply);
    if (!launcher::decodeReply(std::as_bytes(std::span(again)))) std::abort();
  }
  return 0;
}
