#include "base/vault.h"

#include "base/check.h"
#include "base/encoding.h"
#include "base/fd.h"
#include "base/id.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <limits>
#include <optional>

namespace openfc {
namespace {

constexpr char formatVersion = 1;
constexpr std::size_t idSize = 8;
constexpr std::size_t saltSize = 16;
constexpr std::size_t counterSize = 12;
constexpr std::size_t tagSize = 16;
constexpr std::size_t headSize = 1 + idSize + saltSize + counterSize;
constexpr std::size_t maxDerived = 256;
constexpr std::string_view fileLabel = "openfc-host-key-1 ";

static_assert(headSize + tagSize == Vault::overhead);

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

unsigned char* bytesOf(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* bytesOf(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// Fetched once: looking an algorithm up costs more than sealing a small value.
const EVP_CIPHER* cipher() {
  static const EVP_CIPHER* const fetched = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  return fetched;
}

void require(int result, const char* doing) {
  if (result != 1) throw VaultError(fmt::format("{}: OpenSSL refused", doing));
}

int sizeOf(std::string_view text) {
  if (text.size() > std::numeric_limits<int>::max()) throw VaultError("seal: value too large");
  return static_cast<int>(text.size());
}

std::string counterBytes(std::uint64_t count) {
  std::string bytes(counterSize, '\0');
  for (std::size_t i = 0; i < sizeof(count); ++i) {
    bytes[counterSize - 1 - i] = static_cast<char>(count >> (8 * i) & 0xff);
  }
  return bytes;
}

void writeAll(int fd, std::string_view bytes, const std::filesystem::path& file) {
  while (!bytes.empty()) {
    const long written =
        check(write(fd, bytes.data(), bytes.size()), "write the host key " + file.string());
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void syncDirectory(const std::filesystem::path& directory) {
  const std::string name = directory.empty() ? "." : directory.string();
  const Fd fd(static_cast<int>(
      check(open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open " + name)));
  check(fsync(fd.get()), "fsync " + name);
}

/// Writes a new key beside its place and links it in: a crash leaves no half-written key, and of
/// two processes that start at once one wins.
void createKeyFile(const std::filesystem::path& file) {
  const std::string temporary = file.string() + "." + uuid();
  {
    const Fd fd(static_cast<int>(
        check(open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600),
              "create the host key " + temporary)));
    writeAll(fd.get(), std::string(fileLabel) + toHex(randomBytes(Vault::keySize)) + "\n", file);
    check(fsync(fd.get()), "fsync the host key " + temporary);
  }
  const int linked = link(temporary.c_str(), file.c_str());
  const int error = errno;
  unlink(temporary.c_str());
  if (linked != 0 && error != EEXIST)
    throw SystemError(error, "create the host key " + file.string());
  syncDirectory(file.parent_path());
}

std::string keyIn(const std::filesystem::path& file, int fd) {
  std::string text(256, '\0');
  const long size = check(read(fd, text.data(), text.size()), "read the host key " + file.string());
  text.resize(static_cast<std::size_t>(size));
  std::string_view rest = trimmed(text);
  std::optional<std::string> key;
  if (rest.starts_with(fileLabel)) key = fromHex(rest.substr(fileLabel.size()));
  if (!key || key->size() != Vault::keySize) {
    throw VaultError(fmt::format("host key {}: holds no key of a known format", file.string()));
  }
  return *std::move(key);
}

}  // namespace

Vault::Vault(std::string key) : key_(std::move(key)) {
  if (key_.size() != keySize) throw VaultError("host key: must have 32 bytes");
  id_ = sha256("openfc key id\n" + key_).substr(0, idSize);
  salt_ = randomBytes(saltSize);
  ownKey_ = hmacSha256(key_, salt_);
}

std::unique_ptr<Vault> Vault::ofFile(const std::filesystem::path& file) {
  int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd == -1 && errno == ENOENT) {
    createKeyFile(file);
    fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  }
  const Fd owned(static_cast<int>(check(fd, "open the host key " + file.string())));
  struct stat status = {};
  check(fstat(owned.get(), &status), "read the mode of the host key " + file.string());
  if (!S_ISREG(status.st_mode) || (status.st_mode & 077) != 0) {
    throw VaultError(fmt::format(
        "host key {}: must be a file that only its owner can read (mode 0600, is {:04o})",
        file.string(), status.st_mode & 07777u));
  }
  return std::make_unique<Vault>(keyIn(file, owned.get()));
}

std::string Vault::seal(std::string_view plain, std::string_view context) const {
  std::string sealed;
  sealed.reserve(plain.size() + overhead);
  sealed += formatVersion;
  sealed += id_;
  sealed += salt_;
  sealed += counterBytes(sealed_.fetch_add(1, std::memory_order_relaxed));
  sealed.resize(headSize + plain.size() + tagSize);
  unsigned char* const out = bytesOf(sealed);

  const Context cryption(EVP_CIPHER_CTX_new());
  int size = 0;
  require(EVP_EncryptInit_ex2(cryption.get(), cipher(), bytesOf(std::string_view(ownKey_)),
                              out + headSize - counterSize, nullptr),
          "seal");
  require(EVP_EncryptUpdate(cryption.get(), nullptr, &size, out, headSize), "seal");
  require(EVP_EncryptUpdate(cryption.get(), nullptr, &size, bytesOf(context), sizeOf(context)),
          "seal");
  require(EVP_EncryptUpdate(cryption.get(), out + headSize, &size, bytesOf(plain), sizeOf(plain)),
          "seal");
  require(EVP_EncryptFinal_ex(cryption.get(), out + headSize + plain.size(), &size), "seal");
  require(EVP_CIPHER_CTX_ctrl(cryption.get(), EVP_CTRL_AEAD_GET_TAG, tagSize,
                              out + headSize + plain.size()),
          "seal");
  return sealed;
}

std::string Vault::unseal(std::string_view sealed, std::string_view context) const {
  if (sealed.size() < overhead) throw VaultError("unseal: damaged (too short)");
  if (sealed[0] != formatVersion) throw VaultError("unseal: unknown format or damaged");
  if (sealed.substr(1, idSize) != id_) {
    throw VaultError(fmt::format("unseal: sealed with the host key {}, but this host's key is {}",
                                 toHex(sealed.substr(1, idSize)), keyId()));
  }
  const std::string key = derivedKey(sealed.substr(1 + idSize, saltSize));
  const std::size_t size = sealed.size() - overhead;
  std::string plain(size, '\0');
  std::string tag(sealed.substr(headSize + size));

  const Context cryption(EVP_CIPHER_CTX_new());
  const unsigned char* const in = bytesOf(sealed);
  int written = 0;
  require(EVP_DecryptInit_ex2(cryption.get(), cipher(), bytesOf(std::string_view(key)),
                              in + headSize - counterSize, nullptr),
          "unseal");
  require(EVP_DecryptUpdate(cryption.get(), nullptr, &written, in, headSize), "unseal");
  require(EVP_DecryptUpdate(cryption.get(), nullptr, &written, bytesOf(context), sizeOf(context)),
          "unseal");
  require(EVP_DecryptUpdate(cryption.get(), bytesOf(plain), &written, in + headSize,
                            static_cast<int>(size)),
          "unseal");
  require(EVP_CIPHER_CTX_ctrl(cryption.get(), EVP_CTRL_AEAD_SET_TAG, tagSize, tag.data()),
          "unseal");
  if (EVP_DecryptFinal_ex(cryption.get(), bytesOf(plain) + size, &written) != 1) {
    throw VaultError("unseal: damaged, or not what belongs here");
  }
  return plain;
}

std::string Vault::keyId() const { return toHex(id_); }

std::string Vault::derive(std::string_view purpose) const {
  return hmacSha256(key_, "openfc derived key: " + std::string(purpose));
}

std::string Vault::derivedKey(std::string_view salt) const {
  if (salt == salt_) return ownKey_;
  const std::lock_guard lock(mutex_);
  if (const auto found = derived_.find(salt); found != derived_.end()) return found->second;
  if (derived_.size() >= maxDerived) derived_.clear();
  return derived_.emplace(std::string(salt), hmacSha256(key_, salt)).first->second;
}

}  // namespace openfc
