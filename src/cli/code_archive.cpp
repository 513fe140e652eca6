#include "cli/code_archive.h"

#include "cli/command.h"
#include "cli/ignore_rules.h"

#include <archive.h>
#include <archive_entry.h>
#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>
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
    {"bootstrap", {"custom", "index.handler"}},       {"index.py", {"python3", "index.handler"}},
    {"main.py", {"python3", "main.handler"}},         {"index.js", {"nodejs14", "index.handler"}},
    {"index.mjs", {promiseRuntime, "index.handler"}}, {"index.php", {"php7.2", "index.handler"}},
};

/// Shell patterns of names that are never part of a function.
constexpr const char* leftOut[] = {".git",  ".hg",        ".svn",      "__pycache__", ".DS_Store",
                                   ".venv", ".gitignore", ".fcignore", ".env",        ".env.*"};

constexpr std::string_view ownIgnoreFile = ".fcignore";
constexpr std::string_view gitIgnoreFile = ".gitignore";
constexpr std::string_view dependencies = "node_modules";

/// 1 January 1980 and a day: the first date that a ZIP can hold in every time zone.
constexpr std::time_t entryTime = 315'619'200;

struct File {
  std::string name;  // in the archive
  fs::path path;
  std::uint64_t size = 0;
  bool executable = false;
};

std::string lastOf(const std::string& name) { return name.substr(name.rfind('/') + 1); }

bool excludes(const std::vector<std::string>& excluded, const std::string& name) {
  const std::string last = lastOf(name);
  for (const char* pattern : leftOut) {
    if (fnmatch(pattern, last.c_str(), 0) == 0) return true;
  }
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
      : root_(fs::canonical(root)), excluded_(excluded) {
    for (const std::string_view name : {ownIgnoreFile, gitIgnoreFile}) {
      if (ignoreFile_.empty() && fs::is_regular_file(root_ / name)) ignoreFile_ = name;
    }
  }

  std::vector<File> collect() {
    visit(root_, "", 0);
    std::ranges::sort(files_, {}, &File::name);
    return std::move(files_);
  }
  std::vector<std::string> ignored() const { return ignored_; }
  const std::string& ignoreFile() const { return ignoreFile_; }

private:
  void visit(const fs::path& directory, const std::string& prefix, int depth) {
    if (depth > 64) throw UsageError("pack " + root_.string() + ": directories nest too deeply");
    if (!ignoreFile_.empty() && fs::is_regular_file(directory / ignoreFile_))
      rules_.add(contentOf((directory / ignoreFile_).string(), nullptr), prefix);
    for (const auto& entry : fs::directory_iterator(directory)) {
      const std::string name = prefix + entry.path().filename().string();
      if (excludes(excluded_, name)) continue;
      if (isIgnored(name, entry)) {
        ignored_.push_back(name);
      } else {
        add(entry, name, depth);
      }
    }
  }

  bool isIgnored(const std::string& name, const fs::directory_entry& entry) const {
    if (ignoreFile_ == gitIgnoreFile && lastOf(name) == dependencies) return false;
    std::error_code failure;
    return rules_.ignores(name, entry.is_directory(failure));
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
  std::string ignoreFile_;
  IgnoreRules rules_;
  std::vector<File> files_;
  std::vector<std::string> ignored_;
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

/// `written` hears of each piece.
template <class Written>
void writeFile(archive* writer, const File& file, const Written& written) {
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
    written(piece.size());
  });
}

}  // namespace

bool takesPromises(std::string_view runtime) {
  constexpr std::string_view takers[] = {"nodejs18", promiseRuntime};
  return std::ranges::find(takers, runtime) != std::end(takers);
}

bool answersByPromise(const fs::path& directory) {
  std::string code;
  for (const char* name : {"index.js", "index.mjs"}) {
    const fs::path file = directory / name;
    if (code.empty() && fs::is_regular_file(file)) code = contentOf(file.string(), nullptr);
  }
  std::erase_if(code, [](unsigned char c) { return std::isspace(c) != 0; });
  constexpr std::string_view spellings[] = {"handler=async", "handler:async", "asynchandler(",
                                            "asyncfunctionhandler("};
  return std::ranges::any_of(
      spellings, [&code](std::string_view spelling) { return code.contains(spelling); });
}

Detected detect(const fs::path& directory) {
  std::string known;
  for (const RuntimeRow& row : runtimes) {
    if (fs::is_regular_file(directory / row.file)) {
      Detected detected = row.detected;
      detected.needsPromises =
          row.detected.runtime.starts_with("nodejs") && answersByPromise(directory);
      if (detected.needsPromises) detected.runtime = promiseRuntime;
      return detected;
    }
    known += (known.empty() ? "" : ", ") + std::string(row.file);
  }
  throw UsageError(directory.string() + " holds none of " + known +
                   ": name the runtime with --runtime and --handler");
}

Package pack(const fs::path& directory, const std::vector<std::string>& excluded,
             const PackProgress& progress) {
  Collector collector(directory, excluded);
  const std::vector<File> files = collector.collect();
  if (files.empty()) throw UsageError("pack " + directory.string() + ": there are no files in it");
  Package made{.ignored = collector.ignored(), .ignoreFile = collector.ignoreFile()};
  std::ranges::sort(made.ignored);
  std::uint64_t size = 0;
  for (const File& file : files) size += file.size;
  const Writer writer(archive_write_new(), &archive_write_free);
  checkArchive(writer.get(), archive_write_set_format_zip(writer.get()), "pack");
  checkArchive(writer.get(), archive_write_set_options(writer.get(), "zip:compression=deflate"),
               "pack");
  archive_write_set_bytes_in_last_block(writer.get(), 1);
  checkArchive(writer.get(), archive_write_open(writer.get(), &made.zip, nullptr, &append, nullptr),
               "pack");
  std::uint64_t done = 0;
  for (const File& file : files) {
    made.files.push_back(file.name);
    writeFile(writer.get(), file, [&](std::size_t count) {
      done += count;
      if (progress) progress(done, size);
    });
  }
  checkArchive(writer.get(), archive_write_close(writer.get()), "pack");
  return made;
}

std::string codeOf(const fs::path& path, const std::vector<std::string>& excluded) {
  if (fs::is_directory(path)) return pack(path, excluded).zip;
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

std::string textOrFile(const std::string& value, std::FILE* in) {
  return value.starts_with('@') ? contentOf(value.substr(1), in) : value;
}

}  // namespace openfc::cli
