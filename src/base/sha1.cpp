#include "base/sha1.h"

#include <openssl/evp.h>

#include <stdexcept>

namespace openfc {

std::string sha1(std::string_view bytes) {
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), &size,
                 EVP_sha1(), nullptr) != 1) {
    throw std::runtime_error("digest with SHA-1");
  }
  digest.resize(size);
  return digest;
}

}  // namespace openfc
