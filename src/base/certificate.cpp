#include "base/certificate.h"

#include <fmt/core.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <optional>

namespace openfc {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;
using Chain = std::vector<Owned<X509>>;

constexpr std::size_t maxText = 1 << 20;  // bytes; far below what a BIO's int can say
constexpr std::size_t maxChain = 10;
constexpr int minRsaBits = 2048;

/// What OpenSSL has to say is gone with the reader.
struct QuietErrors {
  QuietErrors() { ERR_clear_error(); }
  ~QuietErrors() { ERR_clear_error(); }
  QuietErrors(const QuietErrors&) = delete;
  QuietErrors& operator=(const QuietErrors&) = delete;
};

Owned<BIO> reading(std::string_view text) {
  return Owned<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// Nobody is asked for a password.
int noPassword(char*, int, int, void*) { return -1; }

std::expected<Chain, std::string> chainIn(std::string_view text) {
  Chain chain;
  const Owned<BIO> bio = reading(text);
  while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, noPassword, nullptr)) {
    chain.emplace_back(next);
    if (chain.size() > maxChain)
      return std::unexpected(fmt::format("certificate: more than {} certificates", maxChain));
  }
  // Reading stops where no block begins any more; everything else is a damaged block.
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
    return std::unexpected(
        fmt::format("certificate: the certificate at place {} cannot be read", chain.size() + 1));
  if (chain.empty()) return std::unexpected("certificate: no PEM certificate in it");
  return chain;
}

std::expected<Owned<EVP_PKEY>, std::string> keyIn(std::string_view text) {
  const Owned<BIO> bio = reading(text);
  Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, noPassword, nullptr));
  if (!key) return std::unexpected("privateKey: no PEM private key without a password in it");
  return key;
}

/// What is wrong with the kind of key, "" = nothing.
std::string kindProblem(EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
      return EVP_PKEY_get_bits(key) >= minRsaBits
                 ? ""
                 : fmt::format("privateKey: RSA keys need at least {} bits (actual: {})",
                               minRsaBits, EVP_PKEY_get_bits(key));
    case EVP_PKEY_EC:
      return EVP_PKEY_get_group_name(key, nullptr, 0, nullptr) == 1
                 ? ""
                 : "privateKey: its elliptic curve has no name";
    default:
      return "privateKey must be an RSA or EC key";
  }
}

std::string orderProblem(const Chain& chain) {
  for (std::size_t i = 1; i < chain.size(); ++i) {
    if (X509_check_issued(chain[i].get(), chain[i - 1].get()) != X509_V_OK) {
      return fmt::format("certificate: the certificate at place {} has not issued the one before",
                         i + 1);
    }
  }
  return "";
}

/// Certificates may end in the year 9999, which is beyond what a Time can say.
std::optional<Time> timeOf(const ASN1_TIME* time) {
  using std::chrono::seconds;
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  const seconds earliest = std::chrono::ceil<seconds>(Time::min().time_since_epoch());
  const seconds latest = std::chrono::floor<seconds>(Time::max().time_since_epoch());
  return Time(std::clamp(seconds(timegm(&parts)), earliest, latest));
}

std::vector<std::string> namesOf(X509* certificate) {
  std::vector<std::string> out;
  const Owned<GENERAL_NAMES> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_DNS) continue;
    const auto* bytes = reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName));
    out.emplace_back(bytes, static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
  }
  return out;
}

std::expected<Certificate, std::string> described(const Chain& chain) {
  Certificate out{.notBefore = {},
                  .notAfter = Time::max(),
                  .names = namesOf(chain.front().get()),
                  .chainLength = chain.size()};
  for (const Owned<X509>& one : chain) {
    const auto begin = timeOf(X509_get0_notBefore(one.get()));
    const auto end = timeOf(X509_get0_notAfter(one.get()));
    if (!begin || !end) return std::unexpected("certificate: its times cannot be read");
    out.notBefore = std::max(out.notBefore, *begin);
    out.notAfter = std::min(out.notAfter, *end);
  }
  return out;
}

}  // namespace

std::expected<Certificate, std::string> readCertificate(std::string_view chainText,
                                                        std::string_view privateKey) {
  const QuietErrors quiet;
  if (chainText.size() > maxText || privateKey.size() > maxText)
    return std::unexpected("certificate: too long");
  const auto chain = chainIn(chainText);
  if (!chain) return std::unexpected(chain.error());
  const auto key = keyIn(privateKey);
  if (!key) return std::unexpected(key.error());
  if (std::string problem = kindProblem(key->get()); !problem.empty())
    return std::unexpected(std::move(problem));
  if (X509_check_private_key(chain->front().get(), key->get()) != 1)
    return std::unexpected("privateKey does not belong to the certificate");
  if (std::string problem = orderProblem(*chain); !problem.empty())
    return std::unexpected(std::move(problem));
  return described(*chain);
}

}  // namespace openfc
