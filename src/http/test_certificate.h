#pragma once

// For tests: a self-signed certificate for "localhost" and its key, as files that live as long as
// the object.
#include "base/test_identity.h"

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace openfc::http {

class TestCertificate {
public:
  TestCertificate() {
    char name[] = "/tmp/openfc-certificate-XXXXXX";
    if (::mkdtemp(name) == nullptr) throw std::runtime_error("make a temporary directory");
    directory_ = name;
    const TestIdentity identity;
    write(certificateFile(), identity.certificatePem());
    write(keyFile(), identity.keyPem());
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
  static void write(const std::string& path, const std::string& content) {
    std::ofstream file(path, std::ios::binary);
    file << content;
    if (!file.flush()) throw std::runtime_error("write " + path);
  }

  std::string directory_;
};

}  // namespace openfc::http
