#include "base/authority.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <memory>
#include <stdexcept>

namespace openfc {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(BIGNUM* number) const { BN_free(number); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

constexpr std::chrono::hours before{24};           // clocks differ
constexpr std::chrono::hours validity{24 * 3650};  // longer than a server runs
constexpr int serialBits = 128;

template <class T>
T* made(T* what) {
  if (what == nullptr) throw std::runtime_error("OpenSSL cannot make a certificate");
  return what;
}

void require(int result) {
  if (result <= 0) throw std::runtime_error("OpenSSL cannot make a certificate");
}

Owned<EVP_PKEY> newKey() { return Owned<EVP_PKEY>(made(EVP_EC_gen("P-256"))); }

struct Issuer {
  X509* certificate;
  EVP_PKEY* key;
};

struct Extension {
  int number;
  std::string value;
};

void setSerial(X509* certificate) {
  const Owned<BIGNUM> number(made(BN_new()));
  require(BN_rand(number.get(), serialBits, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY));
  made(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)));
}

void setName(X509* certificate, const std::string& name) {
  require(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                     reinterpret_cast<const unsigned char*>(name.data()),
                                     static_cast<int>(name.size()), -1, 0));
}

/// A certificate of `key`, signed by the issuer; without one by itself.
Owned<X509> certificateOf(EVP_PKEY* key, const std::string& name, Time now, const Issuer* issuer,
                          std::span<const Extension> extensions) {
  Owned<X509> certificate(made(X509_new()));
  X509* made509 = certificate.get();
  const Issuer own{made509, key};
  if (issuer == nullptr) issuer = &own;
  require(X509_set_version(made509, X509_VERSION_3));
  setSerial(made509);
  setName(made509, name);
  require(X509_set_issuer_name(made509, X509_get_subject_name(issuer->certificate)));
  made(ASN1_TIME_set(X509_getm_notBefore(made509),
                     std::chrono::system_clock::to_time_t(now - before)));
  made(ASN1_TIME_set(X509_getm_notAfter(made509),
                     std::chrono::system_clock::to_time_t(now + validity)));
  require(X509_set_pubkey(made509, key));
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer->certificate, made509, nullptr, nullptr, 0);
  for (const Extension& extension : extensions) {
    const Owned<X509_EXTENSION> row(
        made(X509V3_EXT_conf_nid(nullptr, &context, extension.number, extension.value.c_str())));
    require(X509_add_ext(made509, row.get(), -1));
  }
  require(X509_sign(made509, issuer->key, EVP_sha256()));
  return certificate;
}

template <class Write>
std::string pemOf(Write write) {
  const Owned<BIO> memory(made(BIO_new(BIO_s_mem())));
  require(write(memory.get()));
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

std::string pemOf(X509* certificate) {
  return pemOf([&](BIO* to) { return PEM_write_bio_X509(to, certificate); });
}

std::string namesText(std::span<const std::string> names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "DNS:" : ",DNS:") + name;
  return text;
}

}  // namespace

ServerIdentity makeServerIdentity(std::span<const std::string> names, Time now) {
  const Owned<EVP_PKEY> authorityKey = newKey();
  const Extension authorityRows[] = {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                                     {NID_key_usage, "critical,keyCertSign"},
                                     {NID_subject_key_identifier, "hash"}};
  const Owned<X509> authority = certificateOf(authorityKey.get(), "openfc authority of this server",
                                              now, nullptr, authorityRows);
  const Issuer issuer{authority.get(), authorityKey.get()};
  const Owned<EVP_PKEY> key = newKey();
  const Extension rows[] = {{NID_basic_constraints, "critical,CA:FALSE"},
                            {NID_key_usage, "critical,digitalSignature"},
                            {NID_ext_key_usage, "serverAuth"},
                            {NID_subject_key_identifier, "hash"},
                            {NID_authority_key_identifier, "keyid"},
                            {NID_subject_alt_name, namesText(names)}};
  const Owned<X509> certificate = certificateOf(key.get(), "openfc", now, &issuer, rows);
  return {.authority = pemOf(authority.get()),
          .certificate = pemOf(certificate.get()),
          .privateKey = pemOf([&](BIO* to) {
            return PEM_write_bio_PrivateKey(to, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          })};
}

}  // namespace openfc
