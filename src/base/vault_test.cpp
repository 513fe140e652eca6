#include "base/vault.h"

#include "base/id.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

namespace openfc {
namespace {

class VaultFile : public testing::Test {
protected:
  void SetUp() override {
    directory_ = std::filesystem::temp_directory_path() / ("openfc-vault-" + uuid());
    std::filesystem::create_directory(directory_);
    file_ = directory_ / "host.key";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::filesystem::path directory_;
  std::filesystem::path file_;
};

std::string failureOf(const Vault& vault, std::string_view sealed, std::string_view context) {
  try {
    vault.unseal(sealed, context);
  } catch (const VaultError& failure) {
    return failure.what();
  }
  return "";
}

TEST(Vault, UnsealsWhatItSealed) {
  const Vault vault(std::string(32, 'k'));

  for (const std::string& plain : {std::string(), std::string("x"), std::string(100'000, 'y')}) {
    const std::string sealed = vault.seal(plain, "a/b");

    EXPECT_EQ(sealed.size(), plain.size() + Vault::overhead);
    EXPECT_EQ(vault.unseal(sealed, "a/b"), plain);
  }
}

TEST(Vault, HidesThePlainBytes) {
  const Vault vault(std::string(32, 'k'));

  EXPECT_EQ(vault.seal("PASSWORD=hunter2", "a").find("hunter2"), std::string::npos);
  EXPECT_NE(vault.seal("same", "a"), vault.seal("same", "a"));
}

TEST(Vault, NoticesEveryFlippedBit) {
  const Vault vault(std::string(32, 'k'));
  const std::string sealed = vault.seal("some value", "a");

  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    std::string damaged = sealed;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_THROW(vault.unseal(damaged, "a"), VaultError) << "bit " << bit;
  }
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_THROW(vault.unseal(sealed.substr(0, size), "a"), VaultError) << "size " << size;
  }
}

TEST(Vault, RefusesAnotherContext) {
  const Vault vault(std::string(32, 'k'));

  EXPECT_NE(failureOf(vault, vault.seal("v", "a"), "b").find("not what belongs here"),
            std::string::npos);
}

TEST(Vault, NamesBothKeysWhenTheKeyIsAnother) {
  const Vault vault(std::string(32, 'k'));
  const Vault other(std::string(32, 'l'));

  const std::string failure = failureOf(other, vault.seal("v", "a"), "a");

  EXPECT_NE(failure.find(vault.keyId()), std::string::npos);
  EXPECT_NE(failure.find(other.keyId()), std::string::npos);
}

TEST(Vault, OpensWhatAnotherVaultOfTheSameKeySealed) {
  const Vault vault(std::string(32, 'k'));

  for (int i = 0; i < 300; ++i) {
    const Vault earlier(std::string(32, 'k'));
    EXPECT_EQ(vault.unseal(earlier.seal("v", "a"), "a"), "v");
  }
}

TEST_F(VaultFile, IsCreatedForItsOwnerOnlyAndReadAgain) {
  const auto first = Vault::ofFile(file_);
  const auto second = Vault::ofFile(file_);

  struct stat status = {};
  ASSERT_EQ(stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777u, 0600u);
  EXPECT_EQ(second->unseal(first->seal("v", "a"), "a"), "v");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory_), {}), 1);
}

TEST_F(VaultFile, IsRefusedWhenOthersCanReadIt) {
  Vault::ofFile(file_);
  chmod(file_.c_str(), 0640);

  EXPECT_THROW(Vault::ofFile(file_), VaultError);
}

TEST_F(VaultFile, IsRefusedWhenItHoldsNoKey) {
  std::ofstream(file_) << "openfc-host-key-1 abcd\n";
  chmod(file_.c_str(), 0600);

  EXPECT_THROW(Vault::ofFile(file_), VaultError);
}

TEST(Vault, DerivesTheSameKeyForAPurposeAgain) {
  const Vault vault(std::string(Vault::keySize, 'k'));

  EXPECT_EQ(vault.derive("a"), Vault(std::string(Vault::keySize, 'k')).derive("a"));
  EXPECT_NE(vault.derive("a"), vault.derive("b"));
}

}  // namespace
}  // namespace openfc
