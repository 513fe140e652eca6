#pragma once

#include "base/fd.h"
#include "base/task.h"
#include "base/workers.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace openfc::package {

/// One stored code package: its bytes' SHA-256 names it.
struct Package {
  std::string digest;       // 64 lower-case hex digits
  std::uint64_t size = 0;   // bytes of the ZIP
  std::uint64_t crc64 = 0;  // CRC-64/XZ of the ZIP (api-spec 1.14)
};

struct Limits {
  std::uint64_t maxArchive = 500u << 20;        // bytes of the ZIP
  std::uint64_t maxUnpacked = 2ull << 30;       // bytes of all entries together
  std::uint64_t maxEntries = 100'000;
  std::uint64_t maxRatio = 200;                 // unpacked : packed, above 10 MB unpacked
};

enum class Language { other, python };  // python: byte-compiled on publish

/// The content-addressed store of code packages below one directory:
///   <root>/archives/<digest>.zip   <root>/unpacked/<digest>/   <root>/incoming/ (never read back)
/// Thread-safe; blocking work runs on Workers. Only one server uses a directory.
class Packages {
 public:
  Packages(std::filesystem::path root, Loop& loop, Workers& workers, Limits limits);

  /// Checks the ZIP whole (format, names, kinds, limits) before anything touches the disk, writes it with fsync +
  /// rename, and unpacks it once. Throws Error{invalidArgument} naming the entry and the rule.
  Task<Package> put(std::string zip, Language language);
  /// Makes sure that the package is unpacked and its archive undamaged. Throws std::runtime_error if not.
  Task<> prepare(std::string digest, Language language);
  bool prepared(const std::string& digest) const;
  /// The archive for download. Throws SystemError when there is none.
  Fd open(const std::string& digest) const;
  std::filesystem::path unpackedRoot() const { return root_ / "unpacked"; }
  /// Removes what `live` does not name and nobody touched for `grace`. Returns how many were removed.
  Task<std::size_t> collect(std::set<std::string> live, Duration grace);

 private:
  std::filesystem::path root_;
  Loop& loop_;
  Workers& workers_;
  Limits limits_;
};

/// CRC-64/XZ; feed pieces by passing the former result as `crc`.
std::uint64_t crc64(std::string_view bytes, std::uint64_t crc = 0);

}  // namespace openfc::package
