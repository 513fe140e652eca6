#include "base/digest.h"

#include <openssl/evp.h>

#include <array>
#include <stdexcept>

namespace openfc {
namespace {

void demand(int result) {
  if (result != 1) throw std::runtime_error("compute a digest: OpenSSL refuses");
}

}  // namespace

struct Digest::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { EVP_MD_CTX_free(context); }
};

Digest::Digest(Kind kind) : state_(std::make_unique<State>()) {
  demand(EVP_DigestInit_ex(state_->context, kind == Kind::md5 ? EVP_md5() : EVP_sha256(), nullptr));
}
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;
Digest::~Digest() = default;

void Digest::add(std::string_view bytes) {
  demand(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()));
}

std::string Digest::finish() {
  std::array<char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  demand(EVP_DigestFinal_ex(state_->context, reinterpret_cast<unsigned char*>(out.data()), &size));
  return {out.data(), size};
}

}  // namespace openfc
