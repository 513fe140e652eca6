#include "base/digest.h"

#include <openssl/evp.h>

#include <array>
#include <stdexcept>

namespace openfc {
namespace {

void demand(int result) {
  if (result != 1) throw std::runtime_error("compute an MD5: OpenSSL refuses");
}

}  // namespace

struct Md5::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { EVP_MD_CTX_free(context); }
};

Md5::Md5() : state_(std::make_unique<State>()) {
  demand(EVP_DigestInit_ex(state_->context, EVP_md5(), nullptr));
}
Md5::Md5(Md5&&) noexcept = default;
Md5& Md5::operator=(Md5&&) noexcept = default;
Md5::~Md5() = default;

void Md5::add(std::string_view bytes) {
  demand(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()));
}

std::string Md5::finish() {
  std::array<char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  demand(EVP_DigestFinal_ex(state_->context, reinterpret_cast<unsigned char*>(out.data()), &size));
  return {out.data(), size};
}

}  // namespace openfc
