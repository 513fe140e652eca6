#pragma once

#include "base/fd.h"
#include "base/task.h"
#include "base/workers.h"

#include <coroutine>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace openfc::package {

struct Entry;

/// One stored code package: its bytes' SHA-256 names it.
struct Package {
  std::string digest;       // 64 lower-case hex digits
  std::uint64_t size = 0;   // bytes of the ZIP
  std::uint64_t crc64 = 0;  // CRC-64/XZ of the ZIP (api-spec 1.14)
};

struct Limits {
  std::uint64_t maxArchive = 500u << 20;   // bytes of the ZIP
  std::uint64_t maxUnpacked = 2ull << 30;  // bytes of all entries together
  std::uint64_t maxEntries = 100'000;
  std::uint64_t maxRatio = 200;                       // unpacked : packed, above 10 MB unpacked
  std::filesystem::path python = "/usr/bin/python3";  // byte-compiles; skipped when there is none
};

enum class Language { other, python };  // python: byte-compiled on publish

/// The content-addressed store of code packages below one directory:
///   <root>/archives/<digest>.zip   <root>/unpacked/<digest>/   <root>/incoming/ (never read back)
///   <root>/unpacked/<digest>.compiled/ (what the package's Python was byte-compiled to)
///   <root>/boot (when the trees were unpacked)
/// Belongs to the loop; blocking work runs on Workers, and who waits for another's work on the same
/// package holds no thread meanwhile. Only one server uses a directory.
///
/// Archives are fsynced. Unpacked trees are not: they are a cache, kept over restarts of the server
/// and thrown away after a reboot, when prepare() makes them again from their archives.
class Packages {
public:
  Packages(std::filesystem::path root, Loop& loop, Workers& workers, Limits limits);

  /// Checks the ZIP whole (format, names, kinds, limits) before anything touches the disk, writes
  /// it with fsync + rename, and unpacks it once. Throws Error{invalidArgument} naming the entry
  /// and the rule.
  /// `account`: whose turn the work takes.
  Task<Package> put(std::string zip, Language language, std::string account);
  /// Makes sure that the package is unpacked and its archive undamaged (its SHA-256 is checked once
  /// in the life of this object). Throws std::runtime_error if not.
  Task<> prepare(std::string digest, Language language, std::string account);
  /// Whether prepare() has nothing left to do. Touches no disk.
  bool prepared(const std::string& digest) const;
  /// The archive for download. Throws SystemError when there is none.
  Fd open(const std::string& digest) const;
  std::filesystem::path unpackedRoot() const { return root_ / "unpacked"; }
  /// Removes the packages that `live` does not name and nobody touched for `grace`. Returns how
  /// many were removed.
  Task<std::size_t> collect(std::set<std::string> live, Duration grace);

private:
  /// One at a time works on a package; others that want the same one wait.
  class Turn;
  Task<> compiled(std::string digest, Language language, std::string account);
  void store(const Package& package, const std::string& zip);
  void makeReady(const std::string& digest);
  void touch(const std::string& digest) const;
  std::vector<Entry> checkedAgain(const std::string& digest, std::string_view zip) const;
  void unpack(const std::string& digest, std::string_view zip, const std::vector<Entry>& entries);
  void compile(const std::string& digest) const;
  std::filesystem::path compiledTree(const std::string& digest) const;
  void writeArchive(const std::string& digest, std::string_view zip) const;
  std::vector<std::string> untouched(const std::set<std::string>& live, Duration grace) const;
  bool isOld(const std::string& digest, Duration grace) const;
  bool removeOld(const std::string& digest, Duration grace) const;
  void dropTreesOfAnotherBoot() const;
  void emptyIncoming();
  bool ready(const std::string& digest, Language language) const;

  std::filesystem::path root_;
  Loop& loop_;
  Workers& workers_;
  Limits limits_;
  /// What is being worked on, and who waits for it.
  std::map<std::string, std::deque<std::coroutine_handle<>>> busy_;
  std::map<std::string, Language> ready_;  // verified and unpacked; python: compiled as well
};

/// CRC-64/XZ; feed pieces by passing the former result as `crc`.
std::uint64_t crc64(std::string_view bytes, std::uint64_t crc = 0);

}  // namespace openfc::package
