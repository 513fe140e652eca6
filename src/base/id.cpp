#include "base/id.h"

#include "base/encoding.h"

#include <openssl/rand.h>

#include <stdexcept>

namespace openfc {
namespace {

constexpr std::size_t uuidSize = 16;

/// The bytes of one UUID. They are taken from the generator many at a time, since each call of it
/// makes system calls, and every request needs a UUID; they are no secret.
std::string uuidBytes() {
  constexpr std::size_t atATime = 64;
  thread_local std::string reserve;
  if (reserve.empty()) reserve = randomBytes(atATime * uuidSize);
  std::string bytes = reserve.substr(reserve.size() - uuidSize);
  reserve.resize(reserve.size() - uuidSize);
  return bytes;
}

}  // namespace

std::string randomBytes(std::size_t count) {
  std::string bytes(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1) {
    throw std::runtime_error("the system gave no random bytes");
  }
  return bytes;
}

std::string uuid() {
  std::string bytes = uuidBytes();
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
  std::string text = toHex(bytes);
  for (const std::size_t at : {20u, 16u, 12u, 8u}) text.insert(at, 1, '-');
  return text;
}

}  // namespace openfc
