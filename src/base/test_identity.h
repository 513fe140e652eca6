#pragma once

// For tests: certificates and their keys.
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

namespace openfc {

/// A certificate and its key. `issuer` null = signed by itself.
class TestIdentity {
public:
  using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
  struct Options {
    std::string name = "localhost";  // common and DNS name
    long begin = -60;                // seconds from now
    long end = 3600;
    const TestIdentity* issuer = nullptr;
  };

  explicit TestIdentity(Key key = ellipticKey()) : TestIdentity(std::move(key), Options()) {}
  TestIdentity(Key key, const Options& options)
      : key_(std::move(key)), certificate_(X509_new(), &X509_free) {
    X509* made = certificate_.get();
    X509_set_version(made, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
    X509_gmtime_adj(X509_getm_notBefore(made), options.begin);
    X509_gmtime_adj(X509_getm_notAfter(made), options.end);
    X509_set_pubkey(made, key_.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(options.name.c_str()), -1, -1,
                               0);
    const TestIdentity& issuer = options.issuer != nullptr ? *options.issuer : *this;
    X509_set_issuer_name(made, X509_get_subject_name(issuer.certificate_.get()));
    const std::string names = "DNS:" + options.name;
    const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str()),
        &X509_EXTENSION_free);
    X509_add_ext(made, extension.get(), -1);
    X509_sign(made, issuer.key_.get(), EVP_sha256());
  }

  static Key ellipticKey() { return {EVP_EC_gen("P-256"), &EVP_PKEY_free}; }
  static Key rsaKey(unsigned bits) { return {EVP_RSA_gen(bits), &EVP_PKEY_free}; }

  std::string certificatePem() const {
    return written([this](BIO* to) { PEM_write_bio_X509(to, certificate_.get()); });
  }
  std::string keyPem() const {
    return written([this](BIO* to) {
      PEM_write_bio_PrivateKey(to, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
  }
  /// The form that begins with the kind of key: `BEGIN RSA PRIVATE KEY`.
  std::string traditionalKeyPem() const {
    return written([this](BIO* to) {
      PEM_write_bio_PrivateKey_traditional(to, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
  }
  std::string encryptedKeyPem(std::string password) const {
    return written([&](BIO* to) {
      PEM_write_bio_PKCS8PrivateKey(to, key_.get(), EVP_aes_128_cbc(), password.data(),
                                    static_cast<int>(password.size()), nullptr, nullptr);
    });
  }

private:
  template <class Write>
  static std::string written(Write write) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> memory(BIO_new(BIO_s_mem()), &BIO_free);
    write(memory.get());
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &bytes);
    return {bytes, static_cast<std::size_t>(size)};
  }

  Key key_;
  std::unique_ptr<X509, decltype(&X509_free)> certificate_;
};

}  // namespace openfc
