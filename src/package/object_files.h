#pragma once

#include "base/clock.h"
#include "base/digest.h"
#include "base/fd.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Objects as files below a directory. Everything here blocks: it belongs on Workers.
namespace openfc::package {

/// What is kept with an object beside its bytes: names in lower case and values, as they came.
using ObjectHeaders = std::vector<std::pair<std::string, std::string>>;

struct ObjectState {
  std::uint64_t size = 0;
  Time modified;
  std::string etag;                    // without quotes: the MD5 in upper-case hex …
  std::optional<std::uint64_t> crc64;  // … for what came through openfc; else size and time
  ObjectHeaders headers;
};

struct ListedObject {
  std::string name;
  ObjectState state;
};

/// What a page of a listing shall hold; names ascend by their bytes.
struct ObjectQuery {
  std::string prefix;
  std::string delimiter;  // names that share what follows `prefix` up to it are one common prefix
  std::string after;      // names behind this one, or behind all that share this common prefix
  std::size_t limit = 100;
};

struct ObjectPage {
  std::vector<ListedObject> objects;
  std::vector<std::string> commonPrefixes;
  std::string last;        // name or common prefix that the next page begins after
  bool truncated = false;  // there is more
};

/// Why an object cannot be written or removed.
class ObjectError : public std::runtime_error {
public:
  enum class Problem { exists, inTheWay, notAllowed, noMetadata };
  ObjectError(Problem problem, const std::string& what)
      : std::runtime_error(what), problem_(problem) {}
  Problem problem() const { return problem_; }

private:
  Problem problem_;
};

enum class Links { follow, refuse };  // symbolic ones, inside the directory
/// Opens a regular file for reading without leaving `directory`; no descriptor = there is none.
Fd openBeneath(int directory, const std::string& name, Links links);

class ObjectUpload;

/// One bucket's directory. Names are those that fileNameProblem() lets pass; links are not
/// followed. A value that owns a descriptor; threads may share it.
class ObjectFiles {
public:
  enum class Missing { fail, make };
  /// Opens the directory, over no link. Throws SystemError.
  explicit ObjectFiles(const std::filesystem::path& directory, Missing missing = Missing::fail);

  struct Opened {
    Fd file;
    ObjectState state;
  };
  /// Nothing: there is no such object.
  std::optional<Opened> open(const std::string& name) const;
  ObjectPage list(const ObjectQuery& query) const;
  /// Removes the object, if there is one, and the directories that it leaves empty. Returns what it
  /// was like. Throws ObjectError.
  std::optional<ObjectState> remove(const std::string& name) const;
  /// Removes what uploads of `grace` ago or longer have left behind, after a crash.
  void dropUnfinished(Time before) const;
  /// Removes the objects that were written before that time. Returns how many.
  std::size_t removeOlder(Time before) const;

private:
  friend class ObjectUpload;
  Fd directory_;
};

/// An object on its way: a file of its own until commit(), gone when that is never called. Belongs
/// to one thread at a time; `files` outlives it.
class ObjectUpload {
public:
  /// Throws ObjectError or SystemError.
  explicit ObjectUpload(const ObjectFiles& files);
  explicit ObjectUpload(ObjectFiles&&) = delete;
  ObjectUpload(const ObjectUpload&) = delete;
  ObjectUpload& operator=(const ObjectUpload&) = delete;
  ~ObjectUpload();

  void add(std::string_view bytes);
  std::uint64_t size() const { return size_; }

  enum class Existing { replace, keep };
  struct Stored {
    ObjectState state;
    std::optional<ObjectState> before;  // of the object that had the name
  };
  /// Gives the object its name, durably; readers see the old one or the new one whole. `md5` is
  /// what finish() said. Throws ObjectError.
  Stored commit(const std::string& name, const std::string& md5, ObjectHeaders headers,
                Existing existing);
  /// The MD5 of what was added; once.
  std::string finish() { return md5_.finish(); }

private:
  Fd makeParents(const std::string& name) const;
  void place(int parent, const std::string& leaf, Existing existing) const;

  const ObjectFiles& files_;
  std::string temporary_;
  Fd file_;
  Digest md5_{Digest::Kind::md5};
  std::uint64_t crc_ = 0;
  std::uint64_t size_ = 0;
};

}  // namespace openfc::package
