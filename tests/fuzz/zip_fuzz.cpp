// The ZIP reader: whatever bytes come, checkZip() either refuses them with InvalidArgument or says
// what may be unpacked, and then unpacking puts exactly that into the directory and nothing beside
// it. The planted bug believes that no package holds a symbolic link.

#include "base/error.h"
#include "base/fd.h"
#include "base/id.h"
#include "package/zip.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;
using namespace openfc;  // NOLINT(google-build-using-namespace): a program of one file

// Small, so that the fuzzer finds its way to them and no input takes long.
const package::Limits limits = {
    .maxArchive = 1 << 20, .maxUnpacked = 1 << 20, .maxEntries = 64, .maxRatio = 50};

void demand(bool condition) {
  if (!condition) std::abort();
}

/// On a memory file system where there is one; removed at the end.
class Scratch {
public:
  Scratch()
      : path_((fs::is_directory("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path()) /
              ("openfc-fuzz-" + uuid())) {
    fs::create_directory(path_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { fs::remove_all(path_); }
  const fs::path& path() const { return path_; }

private:
  fs::path path_;
};

void checkUnpacked(const fs::path& tree, const std::vector<package::Entry>& entries) {
  std::map<std::string, const package::Entry*> expected;
  for (const package::Entry& entry : entries) {
    if (!entry.path.empty()) expected.emplace(entry.path, &entry);
  }
  for (const auto& found : fs::recursive_directory_iterator(tree)) {
    const auto entry = expected.find(found.path().lexically_relative(tree).string());
    if (entry == expected.end()) {
      demand(!found.is_symlink() && found.is_directory());  // a parent that no entry names
      continue;
    }
    const package::Kind kind = entry->second->kind;
    demand(found.is_symlink() == (kind == package::Kind::link));
    if (kind == package::Kind::file) demand(found.is_regular_file());
    if (kind == package::Kind::directory) demand(found.is_directory());
    expected.erase(entry);
  }
  demand(expected.empty());
}

void unpackAndCheck(std::string_view zip, const std::vector<package::Entry>& entries) {
  const Scratch scratch;
  const fs::path tree = scratch.path() / "tree";
  fs::create_directory(tree);
  {
    const Fd directory(open(tree.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    package::unpackZip(zip, entries, directory.get());
  }
  checkUnpacked(tree, entries);
  demand(std::distance(fs::directory_iterator(scratch.path()), fs::directory_iterator()) == 1);
}

#ifdef OPENFC_PLANTED_BUG
void plantedBug(const std::vector<package::Entry>& entries) {
  for (const package::Entry& entry : entries) demand(entry.kind != package::Kind::link);
}
#endif

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view zip(static_cast<const char*>(static_cast<const void*>(data)), size);
  std::vector<package::Entry> entries;
  try {
    entries = package::checkZip(zip, limits);
  } catch (const Error& error) {
    demand(error.code() == Code::invalidArgument && error.message().starts_with("code.zip: "));
    return 0;
  }
#ifdef OPENFC_PLANTED_BUG
  plantedBug(entries);
#endif
  unpackAndCheck(zip, entries);
  return 0;
}
