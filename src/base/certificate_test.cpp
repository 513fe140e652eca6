#include "base/certificate.h"

#include "base/test_identity.h"

#include <gtest/gtest.h>

namespace openfc {
namespace {

constexpr long day = 86400;

std::string problemOf(const std::string& chain, const std::string& key) {
  const auto read = readCertificate(chain, key);
  return read ? "" : read.error();
}

std::string withoutLine(std::string text, int line) {
  std::size_t begin = 0;
  for (int i = 0; i < line; ++i) begin = text.find('\n', begin) + 1;
  return text.erase(begin, text.find('\n', begin) + 1 - begin);
}

TEST(Certificate, OfAnEllipticCurveIsRead) {
  const TestIdentity identity(TestIdentity::ellipticKey(), {.name = "a.example.com"});
  const auto read = readCertificate(identity.certificatePem(), identity.keyPem());

  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->names, std::vector<std::string>{"a.example.com"});
  EXPECT_EQ(read->chainLength, 1U);
  const auto left = read->notAfter - std::chrono::system_clock::now();
  EXPECT_GT(left, std::chrono::minutes(55));
  EXPECT_LT(left, std::chrono::minutes(61));
  EXPECT_EQ(problemOf(identity.certificatePem(), identity.traditionalKeyPem()), "");
}

TEST(Certificate, OfRsaIsRead) {
  const TestIdentity identity(TestIdentity::rsaKey(2048));
  EXPECT_EQ(problemOf(identity.certificatePem(), identity.keyPem()), "");
  EXPECT_EQ(problemOf(identity.certificatePem(), identity.traditionalKeyPem()), "");
  EXPECT_EQ(problemOf("of a person\n" + identity.certificatePem() + "\n\n", identity.keyPem()), "");
}

TEST(Certificate, NeedsAKeyThatIsStrongAndKnown) {
  const TestIdentity weak(TestIdentity::rsaKey(1024));
  const TestIdentity mine;
  const TestIdentity other;
  const std::string edwards(
      "-----BEGIN PRIVATE KEY-----\n"
      "MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n"
      "-----END PRIVATE KEY-----\n");
  EXPECT_EQ(problemOf(mine.certificatePem(), edwards), "privateKey must be an RSA or EC key");
  EXPECT_EQ(problemOf(weak.certificatePem(), weak.keyPem()),
            "privateKey: RSA keys need at least 2048 bits (actual: 1024)");
  EXPECT_EQ(problemOf(mine.certificatePem(), other.keyPem()),
            "privateKey does not belong to the certificate");
}

TEST(Certificate, NeedsAKeyWithoutPassword) {
  const TestIdentity identity;
  const std::string problem = "privateKey: no PEM private key without a password in it";
  EXPECT_EQ(problemOf(identity.certificatePem(), identity.encryptedKeyPem("secret")), problem);
  EXPECT_EQ(problemOf(identity.certificatePem(), ""), problem);
  EXPECT_EQ(problemOf(identity.certificatePem(), identity.certificatePem()), problem);
  EXPECT_EQ(problemOf(identity.certificatePem(), withoutLine(identity.keyPem(), 1)), problem);
}

TEST(Certificate, MustBePem) {
  const TestIdentity identity;
  const std::string key = identity.keyPem();
  EXPECT_EQ(problemOf("", key), "certificate: no PEM certificate in it");
  EXPECT_EQ(problemOf("cert", key), "certificate: no PEM certificate in it");
  EXPECT_EQ(problemOf(key, key), "certificate: no PEM certificate in it");
  EXPECT_EQ(problemOf(withoutLine(identity.certificatePem(), 2), key),
            "certificate: the certificate at place 1 cannot be read");
  EXPECT_EQ(problemOf(identity.certificatePem() + withoutLine(identity.certificatePem(), 2), key),
            "certificate: the certificate at place 2 cannot be read");
  EXPECT_EQ(problemOf(std::string(2 << 20, 'x'), key), "certificate: too long");
}

TEST(Certificate, EndsWithTheFirstOfItsChain) {
  const TestIdentity root(TestIdentity::ellipticKey(), {.name = "root", .end = 2 * day});
  const TestIdentity middle(TestIdentity::ellipticKey(),
                            {.name = "middle", .end = day, .issuer = &root});
  const TestIdentity leaf(TestIdentity::ellipticKey(),
                          {.name = "a.example.com", .end = 3 * day, .issuer = &middle});
  const auto read = readCertificate(
      leaf.certificatePem() + middle.certificatePem() + root.certificatePem(), leaf.keyPem());

  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->chainLength, 3U);
  EXPECT_LT(read->notAfter - std::chrono::system_clock::now(), std::chrono::hours(25));
}

TEST(Certificate, StandsBeforeThoseThatIssuedIt) {
  const TestIdentity root(TestIdentity::ellipticKey(), {.name = "root"});
  const TestIdentity leaf(TestIdentity::ellipticKey(), {.name = "leaf", .issuer = &root});
  EXPECT_EQ(problemOf(root.certificatePem() + leaf.certificatePem(), leaf.keyPem()),
            "privateKey does not belong to the certificate");
  EXPECT_EQ(problemOf(leaf.certificatePem() + TestIdentity().certificatePem(), leaf.keyPem()),
            "certificate: the certificate at place 2 has not issued the one before");
}

TEST(Certificate, MayEndBeyondAllTimes) {
  const TestIdentity identity(TestIdentity::ellipticKey(),
                              {.name = "a.example.com", .end = 7000L * 365 * day});
  const auto read = readCertificate(identity.certificatePem(), identity.keyPem());
  ASSERT_TRUE(read) << read.error();
  EXPECT_GT(read->notAfter, std::chrono::system_clock::now() + std::chrono::hours(24 * 365 * 200));
}

TEST(Certificate, MayHaveExpired) {
  const TestIdentity identity(TestIdentity::ellipticKey(),
                              {.name = "a.example.com", .begin = -2 * day, .end = -day});
  const auto read = readCertificate(identity.certificatePem(), identity.keyPem());
  ASSERT_TRUE(read) << read.error();
  EXPECT_LT(read->notAfter, std::chrono::system_clock::now());
}

}  // namespace
}  // namespace openfc
