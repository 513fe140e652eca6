#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace openfc::package {

/// What a ZIP's central directory says of one entry. Views point into the archive.
struct DirectoryEntry {
  std::string_view name;  // raw bytes
  std::uint64_t packed = 0;
  std::uint64_t unpacked = 0;
  std::uint64_t begin = 0;  // of its local header
  std::uint64_t end = 0;    // of its data
  unsigned mode = 0;        // as Unix knows it; 0 = made elsewhere
};

/// Reads the central directory (with ZIP64 and with data before the archive) and checks it: every
/// entry has a local header and lies inside the archive, no two overlap, none is encrypted. In the
/// order of their places, the order in which libarchive reads them. Throws Error{invalidArgument}.
///
/// Why not leave it to libarchive: it cuts names at a NUL, converts them by locale, and reads the
/// same bytes for as many overlapping entries as a bomb declares.
std::vector<DirectoryEntry> readDirectory(std::string_view zip, std::uint64_t maxEntries);

}  // namespace openfc::package
