#pragma once

#include "store/documents.h"

#include <cstddef>
#include <list>
#include <map>
#include <string>
#include <string_view>
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

  /// Null: it must be read. Valid until the next call.
  const Document* find(const std::string& key);
  /// Takes a document as it is in the database at present, unless a commit on its way touches it.
  void keep(const Document& document);

  /// A commit is handed in, and later decided, whatever came of it.
  void begin(const Touched& touched);
  void end(const Touched& touched);

  std::size_t bytes() const { return bytes_; }

private:
  struct Entry;
  using Entries = std::map<std::string, Entry, std::less<>>;
  struct Entry {
    Document document;
    std::list<Entries::iterator>::iterator turn;
  };

  bool onItsWay(std::string_view key) const;
  void erase(Entries::iterator entry);

  std::size_t limit_;
  std::size_t bytes_ = 0;
  Entries entries_;
  std::list<Entries::iterator> turns_;            // the one used last stands last
  std::map<std::string, int, std::less<>> keys_;  // how many commits on their way touch each
  std::vector<std::string> prefixes_;             // once for each of those commits
};

}  // namespace openfc::store::sqlite
