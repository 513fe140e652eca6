#pragma once

#include "store/documents.h"

#include <cstddef>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace openfc::store::sqlite {

/// What a commit may change, known before it is decided.
struct Touched {
  std::vector<std::string> keys;
  std::vector<std::string> prefixes;  // all keys under them
};
Touched touchedBy(const std::vector<Operation>& operations);

/// Documents that were read or written lately, opened and checked. It tells what the database would
/// tell: from the moment that a commit is handed in until it is decided, nothing that it touches is
/// in here, whichever of its two states the database is in. Belongs to the loop.
class Cache {
public:
  /// Keeps at most so many bytes, its own included; 0 = nothing.
  explicit Cache(std::size_t limit) : limit_(limit) {}

  /// Nothing: it must be read.
  std::optional<Document> find(std::string_view key);
  /// Takes a document as it is in the database at present, unless a commit on its way touches it.
  void keep(Document document);

  /// A commit is handed in, and later decided, whatever came of it.
  void begin(const Touched& touched);
  void end(const Touched& touched);

  std::size_t bytes() const { return bytes_; }
  /// Whether what is kept pushes nothing out.
  bool roomy() const { return bytes_ < limit_ / 16 * 15; }

private:
  struct Entry;
  using Entries = std::map<std::string, Entry, std::less<>>;
  struct Entry {
    std::string value;
    Revision revision = 0;
    bool used = false;  // since its last turn
    std::list<Entries::iterator>::iterator turn;
  };

  bool onItsWay(std::string_view key) const;
  void makeRoom();
  void erase(Entries::iterator entry);

  std::size_t limit_;
  std::size_t bytes_ = 0;
  Entries entries_;                                                // in order, for prefixes
  std::unordered_map<std::string_view, Entries::iterator> index_;  // a tree is slow to find in
  std::list<Entries::iterator> turns_;  // whose turn it is to go, unless it was used, stands first
  std::map<std::string, int, std::less<>> keys_;  // how many commits on their way touch each
  std::vector<std::string> prefixes_;             // once for each of those commits
};

}  // namespace openfc::store::sqlite
