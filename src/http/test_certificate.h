#pragma once

// For tests: a self-signed certificate for "localhost" and its key, as files that live as long as
// the object.
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

namespace openfc::http {

class TestCertificate {
public:
  TestCertificate() {
    char name[] = "/tmp/openfc-certificate-XXXXXX";
    if (::mkdtemp(name) == nullptr) throw std::runtime_error("make a temporary directory");
    directory_ = name;
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"),
                                                                  &EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), &X509_free);
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key.get());
    X509_NAME* subject = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
    X509_set_issuer_name(certificate.get(), subject);
    X509_sign(certificate.get(), key.get(), EVP_sha256());
    write(certificateFile(), [&](FILE* file) { PEM_write_X509(file, certificate.get()); });
    write(keyFile(), [&](FILE* file) {
      PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
  }
  ~TestCertificate() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  TestCertificate(const TestCertificate&) = delete;
  TestCertificate& operator=(const TestCertificate&) = delete;

  std::string certificateFile() const { return directory_ + "/certificate.pem"; }
  std::string keyFile() const { return directory_ + "/key.pem"; }

private:
  template <class Write>
  static void write(const std::string& path, Write content) {
    FILE* file = std::fopen(path.c_str(), "w");
    if (file == nullptr) throw std::runtime_error("write " + path);
    content(file);
    std::fclose(file);
  }

  std::string directory_;
};

}  // namespace openfc::http
