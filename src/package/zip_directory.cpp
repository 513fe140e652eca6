#include "package/zip_directory.h"

#include "base/error.h"
#include "package/entry_names.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <string>

namespace openfc::package {
namespace {

constexpr std::uint64_t localSignature = 0x04034b50;
constexpr std::uint64_t entrySignature = 0x02014b50;
constexpr std::uint64_t endSignature = 0x06054b50;
constexpr std::uint64_t end64Signature = 0x06064b50;
constexpr std::uint64_t locator64Signature = 0x07064b50;
constexpr std::size_t localSize = 30;
constexpr std::size_t entrySize = 46;
constexpr std::size_t endSize = 22;
constexpr std::size_t end64Size = 56;
constexpr std::size_t locator64Size = 20;
constexpr std::size_t maxComment = 65'535;
constexpr std::uint16_t zip64Field = 1;
constexpr std::uint64_t encryptedFlag = 1;
constexpr std::uint64_t in64 = 0xffffffff;  // the real number stands in a ZIP64 field

[[noreturn]] void refuse(std::string_view reason) {
  throw invalidArgument(fmt::format("code.zip: not a valid ZIP archive: {}", reason));
}

/// Little-endian number of `size` bytes; refuses to read beyond the end.
std::uint64_t number(std::string_view bytes, std::uint64_t at, std::size_t size) {
  if (at > bytes.size() || bytes.size() - at < size) refuse("it ends too early");
  std::uint64_t value = 0;
  for (std::size_t i = size; i > 0; --i) {
    value = value << 8 | static_cast<unsigned char>(bytes[static_cast<std::size_t>(at) + i - 1]);
  }
  return value;
}

std::string_view part(std::string_view bytes, std::uint64_t at, std::uint64_t size) {
  if (at > bytes.size() || bytes.size() - at < size) refuse("it ends too early");
  return bytes.substr(static_cast<std::size_t>(at), static_cast<std::size_t>(size));
}

/// Where the central directory stands and how many entries it holds.
struct Place {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t entries = 0;
  std::uint64_t shift = 0;  // bytes before the archive, which its offsets do not count
};

std::uint64_t findEnd(std::string_view zip) {
  if (zip.size() < endSize) refuse("it is too short");
  const std::size_t last = zip.size() - endSize;
  const std::size_t first = last > maxComment ? last - maxComment : 0;
  for (std::size_t at = last + 1; at > first; --at) {
    if (number(zip, at - 1, 4) == endSignature) return at - 1;
  }
  refuse("it has no end of the central directory");
}

Place placeOf(std::string_view zip) {
  const std::uint64_t end = findEnd(zip);
  Place place{.end = end, .entries = number(zip, end + 10, 2)};
  std::uint64_t size = number(zip, end + 12, 4);
  std::uint64_t offset = number(zip, end + 16, 4);
  if (number(zip, end + 4, 2) != number(zip, end + 6, 2)) refuse("it is one part of several");
  if (end >= locator64Size + end64Size &&
      number(zip, end - locator64Size, 4) == locator64Signature) {
    // The record stands directly before its locator, wherever the archive begins.
    place.end = end - locator64Size - end64Size;
    if (number(zip, place.end, 4) != end64Signature) refuse("its ZIP64 record is missing");
    place.entries = number(zip, place.end + 32, 8);
    size = number(zip, place.end + 40, 8);
    offset = number(zip, place.end + 48, 8);
  }
  if (size > place.end || offset > place.end - size) refuse("its central directory lies outside");
  place.begin = place.end - size;
  place.shift = place.begin - offset;
  return place;
}

/// Puts the numbers of the ZIP64 field, if there is one, in the places of those that did not fit.
void widen(std::string_view extra, DirectoryEntry& entry) {
  while (extra.size() >= 4) {
    const std::uint64_t id = number(extra, 0, 2);
    std::string_view field = part(extra, 4, number(extra, 2, 2));
    extra.remove_prefix(4 + field.size());
    if (id != zip64Field) continue;
    for (std::uint64_t* value : {&entry.unpacked, &entry.packed, &entry.begin}) {
      if (*value != in64) continue;
      *value = number(field, 0, 8);
      field.remove_prefix(8);
    }
    return;
  }
}

/// Of the entry at `at`: the upper half of its external attributes, if a Unix or macOS program made
/// it.
unsigned modeOf(std::string_view zip, std::uint64_t at) {
  const std::uint64_t host = number(zip, at + 5, 1);
  return host == 3 || host == 19 ? static_cast<unsigned>(number(zip, at + 40, 2)) : 0;
}

/// Stored or deflated. Others (LZMA, xz, PPMd …) let an entry of a few bytes ask the decoder for
/// gigabytes before anything is unpacked.
void checkMethod(std::uint64_t method, const DirectoryEntry& entry) {
  constexpr std::uint64_t stored = 0;
  constexpr std::uint64_t deflated = 8;
  if (method != stored && method != deflated)
    refuseEntry(entry.name, "is compressed in another way than by deflate");
}

void locate(std::string_view zip, const Place& place, DirectoryEntry& entry) {
  const std::uint64_t room = place.begin - place.shift;
  if (entry.begin > room || room - entry.begin < localSize)
    refuseEntry(entry.name, "lies outside of the archive");
  entry.begin += place.shift;
  if (number(zip, entry.begin, 4) != localSignature) refuseEntry(entry.name, "has no local header");
  checkMethod(number(zip, entry.begin + 8, 2), entry);  // which libarchive goes by
  const std::uint64_t head =
      localSize + number(zip, entry.begin + 26, 2) + number(zip, entry.begin + 28, 2);
  const std::uint64_t left = place.begin - entry.begin;
  if (head > left || entry.packed > left - head) refuseEntry(entry.name, "is cut off");
  entry.end = entry.begin + head + entry.packed;
}

void refuseOverlaps(std::vector<DirectoryEntry>& entries) {
  std::ranges::sort(entries, {}, &DirectoryEntry::begin);
  for (std::size_t i = 1; i < entries.size(); ++i) {
    if (entries[i].begin < entries[i - 1].end) {
      refuseEntry(entries[i].name,
                  fmt::format("overlaps the entry '{}'", shownName(entries[i - 1].name)));
    }
  }
}

}  // namespace

std::vector<DirectoryEntry> readDirectory(std::string_view zip, std::uint64_t maxEntries) {
  const Place place = placeOf(zip);
  if (place.entries > maxEntries) {
    throw invalidArgument(fmt::format("code.zip: holds {} entries, more than the {} allowed",
                                      place.entries, maxEntries));
  }
  std::vector<DirectoryEntry> entries;
  std::uint64_t at = place.begin;
  for (std::uint64_t i = 0; i < place.entries; ++i) {
    if (number(zip, at, 4) != entrySignature) refuse("its central directory is damaged");
    const std::uint64_t nameSize = number(zip, at + 28, 2);
    const std::uint64_t extraSize = number(zip, at + 30, 2);
    DirectoryEntry entry{.name = part(zip, at + entrySize, nameSize),
                         .packed = number(zip, at + 20, 4),
                         .unpacked = number(zip, at + 24, 4),
                         .begin = number(zip, at + 42, 4),
                         .mode = modeOf(zip, at)};
    widen(part(zip, at + entrySize + nameSize, extraSize), entry);
    if ((number(zip, at + 8, 2) & encryptedFlag) != 0) refuseEntry(entry.name, "is encrypted");
    checkMethod(number(zip, at + 10, 2), entry);
    locate(zip, place, entry);
    entries.push_back(entry);
    at += entrySize + nameSize + extraSize + number(zip, at + 32, 2);
  }
  if (at != place.end) refuse("its central directory holds more than it says");
  refuseOverlaps(entries);
  return entries;
}

}  // namespace openfc::package
