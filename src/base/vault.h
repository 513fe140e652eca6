#pragma once

#include <openssl/types.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>

namespace openfc {

/// What was sealed cannot be opened, or the key file cannot be used.
class VaultError : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Seals what rests on disk with the host's key: AES-256-GCM, so that it is secret and every change
/// is noticed. Thread-safe.
///
/// Sealed bytes: version (1) | key id (8) | salt (16) | counter (12) | ciphertext | tag (16). Each
/// vault object draws a salt, derives a key of its own from it, and counts: no nonce is ever used
/// twice with one key, however many values are sealed. Do not seal on both sides of a fork().
class Vault {
public:
  static constexpr std::size_t keySize = 32;
  static constexpr std::size_t overhead = 1 + 8 + 16 + 12 + 16;

  /// `key` is `keySize` random bytes.
  explicit Vault(std::string key);

  /// The vault of this key file; creates the file (mode 0600, fsynced) when there is none.
  /// Throws VaultError when others than the owner may read it or when it holds no key.
  static std::unique_ptr<Vault> ofFile(const std::filesystem::path& file);

  /// `context` says what the value is (its key in the store); unseal() needs the same.
  std::string seal(std::string_view plain, std::string_view context) const;
  /// Throws VaultError: sealed with another key, damaged, or belonging to another context.
  std::string unseal(std::string_view sealed, std::string_view context) const;

  /// A key for another purpose, 32 bytes; the same after every restart. It tells nothing about the
  /// host's key.
  std::string derive(std::string_view purpose) const;

  /// 16 hex digits that name the key and tell nothing about it.
  std::string keyId() const;

private:
  std::string derivedKey(std::string_view salt) const;

  std::string key_;
  std::string id_;
  std::string salt_;
  std::string ownKey_;
  mutable std::atomic<std::uint64_t> sealed_ = 0;
  mutable std::mutex mutex_;  // guards derived_
  mutable std::map<std::string, std::string, std::less<>> derived_;
};

}  // namespace openfc
