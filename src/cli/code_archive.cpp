#include "cli/code_archive.h"

#include "cli/command.h"

#include <archive.h>
#include <archive_entry.h>
#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

namespace openfc::cli {
namespace {

namespace fs = std::filesystem;

struct RuntimeRow {
  std::string_view file;
  Detected detected;
};

/// First match counts: a custom runtime brings files of any language beside its bootstrap.
constexpr RuntimeRow runtimes[] = {
    {"bootstrap", {"custom", "index.handler"}}, {"index.py", {"python3", "index.handler"}},
    {"main.py", {"python3", "main.handler"}},   {"index.js", {"nodejs14", "index.handler"}},
    {"index.php", {"php7.2", "index.handler"}},
};

constexpr std::string_view leftOut[] = {".git", ".hg", ".svn", "__pycache__", ".DS_Store", ".venv"};

/// 1 January 1980 and a day: the first date that a ZIP can hold in every time zone.
constexpr std::time_t entryTime = 315'619'200;

struct File {
  std::string name;  // in the archive
  fs::path path;
  std::uint64_t size = 0;
  bool executable = false;
};

bool excludes(const std::vector<std::string>& excluded, const std::string& name) {
  const std::string last = name.substr(name.rfind('/') + 1);
  if (std::ranges::find(leftOut, last) != std::end(leftOut)) return true;
  return std::ranges::any_of(excluded, [&](const std::string& pattern) {
    const std::string& subject = pattern.find('/') == std::string::npos ? last : name;
    return fnmatch(pattern.c_str(), subject.c_str(), 0) == 0;
  });
}

bool isBelow(const fs::path& path, const fs::path& root) {
  return std::ranges::mismatch(root, path).in1 == root.end();
}

class Collector {
public:
  Collector(const fs::path& root, const std::vector<std::string>& excluded)
      : root_(fs::canonical(root)), excluded_(excluded) {}

  std::vector<File> collect() {
    visit(root_, "", 0);
    std::ranges::sort(files_, {}, &File::name);
    return std::move(files_);
  }

private:
  void visit(const fs::path& directory, const std::string& prefix, int depth) {
    if (depth > 64) throw UsageError("pack " + root_.string() + ": directories nest too deeply");
    for (const auto& entry : fs::directory_iterator(directory)) {
      const std::string name = prefix + entry.path().filename().string();
      if (!excludes(excluded_, name)) add(entry, name, depth);
    }
  }

  void add(const fs::directory_entry& entry, const std::string& name, int depth) {
    std::error_code failure;
    const fs::path path = fs::canonical(entry.path(), failure);
    if (failure) throw UsageError("pack " + name + ": " + failure.message());
    if (!isBelow(path, root_)) throw UsageError("pack " + name + ": the link leaves the directory");
    if (fs::is_directory(path)) return visit(path, name + "/", depth + 1);
    if (!fs::is_regular_file(path))
      throw UsageError("pack " + name + ": neither file nor directory");
    const auto permissions = fs::status(path).permissions();
    files_.push_back({.name = name,
                      .path = path,
                      .size = fs::file_size(path),
                      .executable = (permissions & fs::perms::owner_exec) != fs::perms::none});
  }

  fs::path root_;
  const std::vector<std::string>& excluded_;
  std::vector<File> files_;
};

using Writer = std::unique_ptr<archive, decltype(&archive_write_free)>;
using Entry = std::unique_ptr<archive_entry, decltype(&archive_entry_free)>;
using Stream = std::unique_ptr<std::FILE, decltype(&std::fclose)>;

la_ssize_t append(archive*, void* zip, const void* data, std::size_t size) {
  static_cast<std::string*>(zip)->append(static_cast<const char*>(data), size);
  return static_cast<la_ssize_t>(size);
}

void checkArchive(archive* writer, int result, const std::string& doing) {
  if (result < ARCHIVE_WARN) throw std::runtime_error(doing + ": " + archive_error_string(writer));
}

Stream open(const fs::path& path) {
  Stream stream(std::fopen(path.c_str(), "rbe"), &std::fclose);
  if (!stream) throw UsageError("read " + path.string() + ": " + std::strerror(errno));
  return stream;
}

/// Hands the stream's content to `use`, piece by piece. Throws UsageError.
template <class Use>
void readAll(std::FILE* file, const std::string& name, const Use& use) {
  std::array<char, 65536> buffer;
  while (std::feof(file) == 0) {
    const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), file);
    if (std::ferror(file) != 0) throw UsageError("read " + name + ": " + std::strerror(errno));
    if (count > 0) use(std::string_view(buffer.data(), count));
  }
}

void writeFile(archive* writer, const File& file) {
  const Entry entry(archive_entry_new(), &archive_entry_free);
  archive_entry_set_pathname_utf8(entry.get(), file.name.c_str());
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), file.executable || file.name == "bootstrap" ? 0755 : 0644);
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(file.size));
  archive_entry_set_mtime(entry.get(), entryTime, 0);
  checkArchive(writer, archive_write_header(writer, entry.get()), "pack " + file.name);
  const Stream stream = open(file.path);
  readAll(stream.get(), file.name, [&](std::string_view piece) {
    if (archive_write_data(writer, piece.data(), piece.size()) < 0) {
      checkArchive(writer, ARCHIVE_FATAL, "pack " + file.name);
    }
  });
}

}  // namespace

Detected detect(const fs::path& directory) {
  std::string known;
  for (const RuntimeRow& row : runtimes) {
    if (fs::is_regular_file(directory / row.file)) return row.detected;
    known += (known.empty() ? "" : ", ") + std::string(row.file);
  }
  throw UsageError(directory.string() + " holds none of " + known +
                   ": name the runtime with --runtime and --handler");
}

std::string pack(const fs::path& directory, const std::vector<std::string>& excluded,
                 const PackProgress& progress) {
  const std::vector<File> files = Collector(directory, excluded).collect();
  if (files.empty()) throw UsageError("pack " + directory.string() + ": there are no files in it");
  std::uint64_t size = 0;
  for (const File& file : files) size += file.size;
  std::string zip;
  const Writer writer(archive_write_new(), &archive_write_free);
  checkArchive(writer.get(), archive_write_set_format_zip(writer.get()), "pack");
  checkArchive(writer.get(), archive_write_set_options(writer.get(), "zip:compression=deflate"),
               "pack");
  archive_write_set_bytes_in_last_block(writer.get(), 1);
  checkArchive(writer.get(), archive_write_open(writer.get(), &zip, nullptr, &append, nullptr),
               "pack");
  std::uint64_t done = 0;
  for (const File& file : files) {
    writeFile(writer.get(), file);
    done += file.size;
    if (progress) progress(done, size);
  }
  checkArchive(writer.get(), archive_write_close(writer.get()), "pack");
  return zip;
}

std::string codeOf(const fs::path& path, const std::vector<std::string>& excluded,
                   const PackProgress& progress) {
  if (fs::is_directory(path)) return pack(path, excluded, progress);
  return contentOf(path.string(), nullptr);
}

std::string contentOf(const std::string& path, std::FILE* in) {
  const bool given = path == "-" && in;
  const Stream opened = given ? Stream(nullptr, &std::fclose) : open(path);
  std::FILE* file = given ? in : opened.get();
  std::string content;
  readAll(file, path, [&content](std::string_view piece) { content += piece; });
  return content;
}

}  // namespace openfc::cli
