#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

/// The rules of names inside a package. Pure: nothing here touches the disk.
namespace openfc::package {

enum class Kind : std::uint8_t { file, directory, link };

/// Whether this is well-formed UTF-8.
bool isUtf8(std::string_view text);

/// A name as messages may show it: control bytes and invalid UTF-8 escaped, long ones cut.
std::string shownName(std::string_view name);

/// Throws Error{invalidArgument} "code.zip: entry '…' <rule>".
[[noreturn]] void refuseEntry(std::string_view name, std::string_view rule);

/// The entry's path below the package's root without `.`, empty parts and a trailing slash; "" =
/// the root itself. Throws Error: absolute, `..`, backslash, NUL, drive letter, not UTF-8, too
/// long, nested too deep.
std::string safePath(std::string_view name);

/// Throws Error unless a link at `path` to `target` can lead only to places inside the package: not
/// absolute, and
/// `..` only at its beginning and not beyond the root. A later `..` could follow another link to
/// elsewhere.
void checkLink(std::string_view name, std::string_view path, std::string_view target);

/// The tree that the entries make. Refuses names that occur twice and anything below what is not a
/// directory, so nothing can be written through a link.
class EntryTree {
public:
  explicit EntryTree(std::uint64_t maxNodes) : maxNodes_(maxNodes) {}

  /// Throws Error. Directories that no entry names count as well.
  void add(std::string_view name, const std::string& path, Kind kind);

private:
  struct Node {
    Kind kind;
    bool named;  // by an entry of its own
  };
  void addParents(std::string_view name, std::string_view path);
  void count(std::string_view name) const;

  std::uint64_t maxNodes_;
  std::map<std::string, Node, std::less<>> nodes_;
};

}  // namespace openfc::package
