#include "package/packages.h"

#include "base/check.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/id.h"
#include "base/log.h"
#include "package/child.h"
#include "package/zip.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace openfc::package {
namespace {

namespace fs = std::filesystem;

/// 0755: the users of sandboxes read the trees through mounts.
constexpr fs::perms readableByAll = fs::perms::owner_all | fs::perms::group_read |
                                    fs::perms::group_exec | fs::perms::others_read |
                                    fs::perms::others_exec;
constexpr std::array directories = {"archives", "unpacked", "incoming"};

bool digestLike(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Fd opened(const fs::path& path, int flags, mode_t mode = 0) {
  return Fd(static_cast<int>(
      check(::open(path.c_str(), flags | O_CLOEXEC, mode), "open " + path.string())));
}

void syncDirectory(const fs::path& directory) {
  check(fsync(opened(directory, O_RDONLY | O_DIRECTORY).get()), "fsync " + directory.string());
}

void writeAll(int fd, std::string_view bytes, const fs::path& file) {
  while (!bytes.empty()) {
    const long written = check(write(fd, bytes.data(), bytes.size()), "write " + file.string());
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string contentOf(const fs::path& file) {
  const Fd fd = opened(file, O_RDONLY);
  struct stat status = {};
  check(fstat(fd.get(), &status), "read the size of " + file.string());
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t have = 0;
  while (have < bytes.size()) {
    const long size =
        check(read(fd.get(), bytes.data() + have, bytes.size() - have), "read " + file.string());
    if (size == 0) break;
    have += static_cast<std::size_t>(size);
  }
  bytes.resize(have);
  return bytes;
}

/// Of this start of the machine; "" = not known.
std::string bootId() {
  const Fd fd(::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
  std::array<char, 64> text = {};
  const long size = fd ? read(fd.get(), text.data(), text.size()) : 0;
  return size > 0 ? std::string(trimmed({text.data(), static_cast<std::size_t>(size)})) : "";
}

bool holdsPython(const fs::path& tree) {
  return std::ranges::any_of(fs::recursive_directory_iterator(tree),
                             [](const fs::directory_entry& entry) {
                               return entry.path().extension() == ".py" && entry.is_regular_file();
                             });
}

/// `unchecked-hash`: the interpreter takes the compiled file without a look at the source, whose
/// time of change means nothing here. Compiling runs no code of the user, but may exhaust
/// something: hence the limits. Without compiled files everything works as well, only slower.
///
/// The compiled files appear below `prefix`, at the whole path of the tree.
void byteCompile(const fs::path& python, const fs::path& tree, const fs::path& prefix,
                 const std::stop_token& stop) {
  if (!fs::exists(python) || !holdsPython(tree)) return;
  try {
    const ChildEnd end =
        runChild({python.string(), "-I", "-S", "-X", "pycache_prefix=" + prefix.string(), "-m",
                  "compileall", "-q", "-q", "-f", "--invalidation-mode", "unchecked-hash", "-s",
                  tree.string(), "-p", "/code", tree.string()},
                 {}, stop);
    if (end == ChildEnd::outOfTime)
      log::warn("byte-compiling took too long", {{"tree", tree.string()}});
  } catch (const SystemError& failure) {
    log::warn("cannot byte-compile", {{"tree", tree.string()}, {"reason", failure.what()}});
  }
}

}  // namespace

/// Awaitable: resumes with the turn at a package, which its end passes on.
class Packages::Turn {
public:
  Turn(Packages& packages, std::string digest) : packages_(packages), digest_(std::move(digest)) {}
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    if (!held_) return;
    const auto place = packages_.busy_.find(digest_);
    if (place->second.empty()) {
      packages_.busy_.erase(place);
      return;
    }
    const auto next = place->second.front();
    place->second.pop_front();
    packages_.loop_.post([next] { next.resume(); });
  }

  bool await_ready() { return held_ = packages_.busy_.try_emplace(digest_).second; }
  void await_suspend(std::coroutine_handle<> waiter) {
    packages_.busy_.at(digest_).push_back(waiter);
  }
  void await_resume() { held_ = true; }

private:
  Packages& packages_;
  std::string digest_;
  bool held_ = false;
};

Packages::Packages(fs::path root, Loop& loop, Workers& workers, Limits limits)
    : root_(std::move(root)), loop_(loop), workers_(workers), limits_(std::move(limits)) {
  for (const char* name : directories) {
    fs::create_directories(root_ / name);
    fs::permissions(root_ / name, readableByAll);
  }
  dropTreesOfAnotherBoot();
  emptyIncoming();
}

Task<Package> Packages::put(std::string zip, Language language, std::string account) {
  const auto bytes = std::make_shared<const std::string>(std::move(zip));
  Package package = co_await workers_.run(Lane::publish, account, loop_, [bytes] {
    return Package{.digest = toHex(sha256(*bytes)), .size = bytes->size(), .crc64 = crc64(*bytes)};
  });
  Turn turn(*this, package.digest);
  co_await turn;
  const bool there = ready(package.digest, Language::other);
  co_await workers_.run(Lane::publish, account, loop_, [this, &package, &bytes, there] {
    if (there) return touch(package.digest);
    store(package, *bytes);
  });
  ready_.emplace(package.digest, Language::other);
  co_await compiled(package.digest, language, std::move(account));
  co_return package;
}

Task<> Packages::prepare(std::string digest, Language language, std::string account) {
  if (ready(digest, language)) co_return;
  Turn turn(*this, digest);
  co_await turn;
  if (!ready(digest, Language::other)) {
    co_await workers_.run(Lane::prepare, account, loop_, [this, &digest] { makeReady(digest); });
    ready_.emplace(digest, Language::other);
  }
  co_await compiled(std::move(digest), language, std::move(account));
}

Task<> Packages::compiled(std::string digest, Language language, std::string account) {
  if (language != Language::python || ready(digest, language)) co_return;
  co_await workers_.run(Lane::compile, std::move(account), loop_,
                        [this, &digest] { compile(digest); });
  ready_[digest] = Language::python;
}

bool Packages::prepared(const std::string& digest) const { return ready(digest, Language::other); }

Fd Packages::open(const std::string& digest) const {
  if (!digestLike(digest)) throw SystemError(ENOENT, "open the package " + shownName(digest));
  return opened(root_ / "archives" / (digest + ".zip"), O_RDONLY | O_NOFOLLOW);
}

Task<std::size_t> Packages::collect(std::set<std::string> live, Duration grace) {
  const std::vector<std::string> found = co_await workers_.run(
      Lane::sweep, "", loop_, [this, &live, grace] { return untouched(live, grace); });
  std::size_t removed = 0;
  for (const std::string& digest : found) {
    if (busy_.contains(digest)) continue;  // somebody needs it
    Turn turn(*this, digest);
    co_await turn;
    ready_.erase(digest);
    removed += co_await workers_.run(Lane::sweep, "", loop_, [this, &digest, grace] {
      return removeOld(digest, grace) ? 1u : 0u;
    });
  }
  co_return removed;
}

void Packages::store(const Package& package, const std::string& zip) {
  const std::vector<Entry> entries = checkZip(zip, limits_, workers_.stopping());
  writeArchive(package.digest, zip);
  unpack(package.digest, zip, entries);
}

void Packages::makeReady(const std::string& digest) {
  if (!digestLike(digest))
    throw std::runtime_error(fmt::format("package '{}': not a digest", shownName(digest)));
  const std::string zip = contentOf(root_ / "archives" / (digest + ".zip"));
  if (toHex(sha256(zip)) != digest) {
    throw std::runtime_error(fmt::format("package {}: its stored archive is damaged", digest));
  }
  unpack(digest, zip, checkedAgain(digest, zip));
  touch(digest);
}

/// Says that somebody still needs the package: collect() goes by this time.
void Packages::touch(const std::string& digest) const {
  utimensat(AT_FDCWD, (root_ / "archives" / (digest + ".zip")).c_str(), nullptr, 0);
}

/// Only what passed the checks was ever stored, but perhaps those of an earlier version.
std::vector<Entry> Packages::checkedAgain(const std::string& digest, std::string_view zip) const {
  try {
    return checkZip(zip, limits_, workers_.stopping());
  } catch (const Error& failure) {
    throw std::runtime_error(fmt::format("package {}: {}", digest, failure.message()));
  }
}

void Packages::unpack(const std::string& digest, std::string_view zip,
                      const std::vector<Entry>& entries) {
  const fs::path tree = root_ / "unpacked" / digest;
  if (!fs::exists(tree)) {
    const fs::path temporary = root_ / "incoming" / uuid();
    fs::create_directory(temporary);
    try {
      fs::permissions(temporary, readableByAll);
      unpackZip(zip, entries, opened(temporary, O_RDONLY | O_DIRECTORY).get(), workers_.stopping());
      fs::rename(temporary, tree);
    } catch (...) {
      std::error_code ignored;
      fs::remove_all(temporary, ignored);
      throw;
    }
  }
}

void Packages::compile(const std::string& digest) const {
  const fs::path compiled = compiledTree(digest);
  if (fs::exists(compiled)) return;
  const fs::path temporary = fs::absolute(root_ / "incoming" / uuid());
  const fs::path tree = fs::absolute(root_ / "unpacked" / digest);
  const fs::path made = temporary / tree.relative_path();
  fs::create_directories(made);
  fs::permissions(made, readableByAll);
  byteCompile(limits_.python, tree, temporary, workers_.stopping());
  if (!workers_.stopping().stop_requested()) fs::rename(made, compiled);
  fs::remove_all(temporary);
  if (workers_.stopping().stop_requested()) throw Stopped();
}

void Packages::writeArchive(const std::string& digest, std::string_view zip) const {
  const fs::path temporary = root_ / "incoming" / uuid();
  try {
    const Fd fd = opened(temporary, O_WRONLY | O_CREAT | O_EXCL, 0600);
    writeAll(fd.get(), zip, temporary);
    check(fsync(fd.get()), "fsync " + temporary.string());
    fs::rename(temporary, root_ / "archives" / (digest + ".zip"));
  } catch (...) {
    std::error_code ignored;
    fs::remove(temporary, ignored);
    throw;
  }
  syncDirectory(root_ / "archives");
}

/// The packages that nobody needs.
std::vector<std::string> Packages::untouched(const std::set<std::string>& live,
                                             Duration grace) const {
  std::set<std::string> found;
  for (const auto& entry : fs::directory_iterator(root_ / "archives"))
    found.insert(entry.path().stem());
  for (const auto& entry : fs::directory_iterator(root_ / "unpacked"))
    found.insert(entry.path().filename());
  std::vector<std::string> old;
  for (const std::string& digest : found) {
    if (live.contains(digest) || !digestLike(digest)) continue;
    if (isOld(digest, grace)) old.push_back(digest);
  }
  return old;
}

bool Packages::isOld(const std::string& digest, Duration grace) const {
  const fs::path archive = root_ / "archives" / (digest + ".zip");
  const fs::path touched = fs::exists(archive) ? archive : root_ / "unpacked" / digest;
  return fs::file_time_type::clock::now() - fs::last_write_time(touched) >= grace;
}

/// Unless somebody has stored it again meanwhile. The tree leaves its place in one step:
/// half-removed ones are never taken for packages.
bool Packages::removeOld(const std::string& digest, Duration grace) const {
  if (!isOld(digest, grace)) return false;
  fs::remove(root_ / "archives" / (digest + ".zip"));
  for (const fs::path& tree : {root_ / "unpacked" / digest, compiledTree(digest)}) {
    if (!fs::exists(tree)) continue;
    const fs::path doomed = root_ / "incoming" / uuid();
    fs::rename(tree, doomed);
    fs::remove_all(doomed);
  }
  return true;
}

fs::path Packages::compiledTree(const std::string& digest) const {
  return root_ / "unpacked" / (digest + ".compiled");
}

void Packages::dropTreesOfAnotherBoot() const {
  const std::string boot = bootId();
  const fs::path file = root_ / "boot";
  // Servers that kept compiled files within the trees said in this directory which.
  const fs::path former = root_ / "compiled";
  const bool mixed = fs::exists(former);
  if (!boot.empty() && fs::exists(file) && contentOf(file) == boot && !mixed) return;
  // The directory itself stays: the launcher has held it open since before this server's start.
  for (const auto& entry : fs::directory_iterator(root_ / "unpacked")) {
    fs::rename(entry.path(), root_ / "incoming" / uuid());
  }
  if (mixed) fs::rename(former, root_ / "incoming" / uuid());
  const Fd fd = opened(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  writeAll(fd.get(), boot, file);
}

/// What a former server left there is removed beside the start, not in its way.
void Packages::emptyIncoming() {
  std::vector<fs::path> leftovers;
  for (const auto& entry : fs::directory_iterator(root_ / "incoming"))
    leftovers.push_back(entry.path());
  if (leftovers.empty()) return;
  workers_.post(Lane::sweep, "", [leftovers] {
    for (const fs::path& path : leftovers) {
      std::error_code failure;
      fs::remove_all(path, failure);
      if (failure)
        log::warn("cannot remove a leftover",
                  {{"path", path.string()}, {"reason", failure.message()}});
    }
  });
}

bool Packages::ready(const std::string& digest, Language language) const {
  const auto found = ready_.find(digest);
  return found != ready_.end() && (language == Language::other || found->second == language);
}

}  // namespace openfc::package
