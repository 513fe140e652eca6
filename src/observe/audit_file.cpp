#include "observe/audit_file.h"

#include "base/check.h"
#include "base/log.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <map>
#include <ranges>

namespace openfc::observe {
namespace {

namespace fs = std::filesystem;

/// The files of one name by their numbers.
std::map<std::uint64_t, fs::path> segmentsOf(const fs::path& directory, const std::string& name) {
  std::map<std::uint64_t, fs::path> found;
  for (const auto& entry : fs::directory_iterator(directory)) {
    const std::string stem = entry.path().stem().string();
    if (entry.path().extension() != ".jsonl" || !stem.starts_with(name + '-')) continue;
    std::uint64_t number = 0;
    const char* begin = stem.data() + name.size() + 1;
    const auto read = std::from_chars(begin, stem.data() + stem.size(), number);
    if (read.ec == std::errc() && read.ptr == stem.data() + stem.size()) {
      found.emplace(number, entry.path());
    }
  }
  return found;
}

void writeAll(const Fd& file, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = check(::write(file.get(), bytes.data(), bytes.size()), "write audit log");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void synchronize(const fs::path& directory) {
  const Fd fd(static_cast<int>(
      check(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open audit log")));
  check(::fsync(fd.get()), "synchronize directory of the audit log");
}

/// A crash may have cut the last line off: what follows must not continue it.
bool endsInsideLine(const Fd& file, std::uint64_t size) {
  char last = '\n';
  if (size > 0)
    check(::pread(file.get(), &last, 1, static_cast<off_t>(size - 1)), "read audit log");
  return last != '\n';
}

}  // namespace

AuditFile::AuditFile(fs::path directory, std::string name, AuditFileLimits limits)
    : directory_(std::move(directory)), name_(std::move(name)), limits_(limits) {}

void AuditFile::append(std::string_view lines) {
  if (!file_) openLast();
  if (!file_ || size_ >= limits_.segmentBytes) openNext();
  try {
    writeAll(file_, lines);
    check(::fdatasync(file_.get()), "synchronize audit log");
    size_ += lines.size();
  } catch (const SystemError&) {
    // What is half written would be read as a line. The file is opened anew next time.
    if (::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0) {
      log::error("a torn line stays in the audit log", {{"file", pathOf(number_).string()}});
    }
    file_.reset();
    throw;
  }
}

void AuditFile::openLast() {
  const auto segments = segmentsOf(directory_, name_);
  if (segments.empty()) return;
  const auto& [number, path] = *segments.rbegin();
  Fd file(static_cast<int>(
      check(::open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW), "open audit log")));
  struct stat status{};
  check(::fstat(file.get(), &status), "look at audit log");
  std::uint64_t size = static_cast<std::uint64_t>(status.st_size);
  if (endsInsideLine(file, size)) {
    writeAll(file, "\n");
    ++size;
  }
  number_ = number;
  size_ = size;
  file_ = std::move(file);
}

void AuditFile::openNext() {
  Fd file(static_cast<int>(check(
      ::open(pathOf(number_ + 1).c_str(), O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0600),
      "create audit log")));
  ++number_;
  size_ = 0;
  file_ = std::move(file);
  synchronize(directory_);
  removeOldest();
}

void AuditFile::removeOldest() const {
  const auto segments = segmentsOf(directory_, name_);
  std::uint64_t left = limits_.segmentBytes;  // for the new one
  for (const auto& [number, path] : segments | std::views::reverse) {
    if (number == number_) continue;
    std::error_code failure;
    left += fs::file_size(path, failure);
    if (!failure && left <= limits_.maxBytes) continue;
    if (!failure) fs::remove(path, failure);
    const std::string file = path.string();
    if (failure) {
      log::warn("an old part of the audit log stays",
                {{"file", file}, {"reason", failure.message()}});
    } else {
      log::info("an old part of the audit log was removed", {{"file", file}});
    }
  }
}

fs::path AuditFile::pathOf(std::uint64_t number) const {
  return directory_ / fmt::format("{}-{:010}.jsonl", name_, number);
}

}  // namespace openfc::observe
