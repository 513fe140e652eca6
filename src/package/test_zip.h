#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Archives for tests: honest ones by libarchive, crooked ones byte by byte.
namespace openfc::package {

struct TestEntry {
  std::string name;
  std::string content;
  unsigned mode = 0100644;
  std::uint16_t flags = 0;   // bit 0: encrypted
  std::uint16_t method = 0;  // of compression; 0: stored
  std::optional<std::uint16_t> localMethod = {};
  std::optional<std::string> localName = {};
  std::optional<std::uint32_t> declared = {};  // size, other than the content's
  std::optional<std::uint32_t> begin = {};     // place of the local header, other than the real one
  std::optional<std::uint32_t> crc = {};
  bool zip64 = false;
};

inline void append(std::string& out, std::uint64_t value, int size) {
  for (int i = 0; i < size; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
}

inline std::uint32_t crc32Of(std::string_view bytes) {
  std::uint32_t crc = ~0u;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320u : 0u);
  }
  return ~crc;
}

/// The fields that a local header and the central directory share, from "version needed" on.
inline void appendShared(std::string& out, const TestEntry& entry, std::uint16_t method,
                         std::size_t nameSize, std::size_t extraSize) {
  const std::uint32_t size =
      entry.zip64 ? 0xffffffff : static_cast<std::uint32_t>(entry.content.size());
  append(out, entry.zip64 ? 45 : 20, 2);
  append(out, entry.flags, 2);
  append(out, method, 2);
  append(out, 0x21, 4);  // time and date
  append(out, entry.crc.value_or(crc32Of(entry.content)), 4);
  append(out, size, 4);
  append(out, entry.zip64 ? size : entry.declared.value_or(size), 4);
  append(out, nameSize, 2);
  append(out, extraSize, 2);
}

inline std::string zip64Extra(const TestEntry& entry) {
  std::string extra;
  if (!entry.zip64) return extra;
  append(extra, 1, 2);
  append(extra, 16, 2);
  append(extra, entry.content.size(), 8);
  append(extra, entry.content.size(), 8);
  return extra;
}

/// A ZIP of entries with exactly these fields and, whatever their method, this content.
inline std::string rawZip(const std::vector<TestEntry>& entries) {
  std::string zip;
  std::string directory;
  for (const TestEntry& entry : entries) {
    const std::string extra = zip64Extra(entry);
    const std::size_t begin = entry.begin.value_or(static_cast<std::uint32_t>(zip.size()));
    const std::string local = entry.localName.value_or(entry.name);
    append(zip, 0x04034b50, 4);
    appendShared(zip, entry, entry.localMethod.value_or(entry.method), local.size(), extra.size());
    zip += local + extra + entry.content;

    append(directory, 0x02014b50, 4);
    append(directory, 3 << 8 | 20, 2);  // made on Unix
    appendShared(directory, entry, entry.method, entry.name.size(), extra.size());
    append(directory, 0, 2 + 2 + 2);  // comment, disk, internal attributes
    append(directory, entry.mode << 16, 4);
    append(directory, begin, 4);
    directory += entry.name + extra;
  }
  const std::size_t at = zip.size();
  zip += directory;
  append(zip, 0x06054b50, 4);
  append(zip, 0, 4);
  append(zip, entries.size(), 2);
  append(zip, entries.size(), 2);
  append(zip, directory.size(), 4);
  append(zip, at, 4);
  append(zip, 0, 2);
  return zip;
}

inline std::string rawZip(std::string name, std::string content, unsigned mode = 0100644) {
  return rawZip(std::vector<TestEntry>{
      {.name = std::move(name), .content = std::move(content), .mode = mode}});
}

/// A deflated ZIP as honest tools make it.
inline std::string honestZip(const std::vector<TestEntry>& entries) {
  std::string zip(1 << 20, '\0');
  for (const TestEntry& entry : entries) zip.resize(zip.size() + entry.content.size());
  std::size_t used = 0;
  archive* writer = archive_write_new();
  archive_write_set_format_zip(writer);
  archive_write_open_memory(writer, zip.data(), zip.size(), &used);
  for (const TestEntry& each : entries) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, each.name.c_str());
    archive_entry_set_mode(entry, each.mode);
    archive_entry_set_size(entry, static_cast<la_int64_t>(each.content.size()));
    if ((each.mode & 0170000) == 0120000) archive_entry_set_symlink(entry, each.content.c_str());
    archive_write_header(writer, entry);
    if ((each.mode & 0170000) == 0100000)
      archive_write_data(writer, each.content.data(), each.content.size());
    archive_entry_free(entry);
  }
  archive_write_close(writer);
  archive_write_free(writer);
  zip.resize(used);
  return zip;
}

}  // namespace openfc::package
