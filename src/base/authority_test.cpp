#include "base/authority.h"

#include "base/certificate.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <vector>

namespace openfc {
namespace {

const std::vector<std::string> names = {"host.openfc.internal", "*.cn-hangzhou.fc.aliyuncs.com"};

using Certificate509 = std::unique_ptr<X509, decltype(&X509_free)>;

Certificate509 parsed(const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> text(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  return {PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr), &X509_free};
}

/// What a client says that trusts the authority alone.
bool isTrusted(const ServerIdentity& identity, const std::string& authority, const char* host) {
  const Certificate509 root = parsed(authority);
  const Certificate509 leaf = parsed(identity.certificate);
  const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store(X509_STORE_new(),
                                                                      &X509_STORE_free);
  X509_STORE_add_cert(store.get(), root.get());
  const std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> context(
      X509_STORE_CTX_new(), &X509_STORE_CTX_free);
  X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), nullptr);
  X509_STORE_CTX_set_purpose(context.get(), X509_PURPOSE_SSL_SERVER);
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set1_host(parameters, host, 0);
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_X509_STRICT);
  return X509_verify_cert(context.get()) == 1;
}

TEST(Authority, ItsCertificateIsGoodForTheNamesAlone) {
  const ServerIdentity identity = makeServerIdentity(names, SystemClock().now());

  EXPECT_TRUE(isTrusted(identity, identity.authority, "host.openfc.internal"));
  EXPECT_TRUE(isTrusted(identity, identity.authority, "12345.cn-hangzhou.fc.aliyuncs.com"));
  EXPECT_FALSE(isTrusted(identity, identity.authority, "a.b.cn-hangzhou.fc.aliyuncs.com"));
  EXPECT_FALSE(isTrusted(identity, identity.authority, "example.com"));
}

TEST(Authority, KeyAndCertificateBelongTogether) {
  const ServerIdentity identity = makeServerIdentity(names, SystemClock().now());

  const auto read = readCertificate(identity.certificate, identity.privateKey);

  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->names, names);
  EXPECT_GT(read->notAfter, SystemClock().now() + std::chrono::hours(24 * 365));
}

TEST(Authority, AnotherOneIsNotTrusted) {
  const ServerIdentity identity = makeServerIdentity(names, SystemClock().now());
  const ServerIdentity other = makeServerIdentity(names, SystemClock().now());

  EXPECT_FALSE(isTrusted(identity, other.authority, "host.openfc.internal"));
}

}  // namespace
}  // namespace openfc
