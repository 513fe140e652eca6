#pragma once

#include "base/task.h"

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace openfc::store {

/// Grows with every write of the whole store; 0 is never used.
using Revision = std::uint64_t;

struct Document {
  std::string key;
  std::string value;
  Revision revision = 0;
};

/// What must be true of a key when the transaction commits. Every condition speaks of the state
/// before the transaction's own writes.
struct Expect {
  enum class Kind { anything, absent, present, revision, nothingUnder };
  Kind kind = Kind::anything;
  Revision revision = 0;

  static Expect anything() { return {}; }
  static Expect absent() { return {Kind::absent, 0}; }
  /// The key is there, in whatever state.
  static Expect present() { return {Kind::present, 0}; }
  static Expect at(Revision revision) { return {Kind::revision, revision}; }
  /// No key starts with `key` (a check only: such an operation writes nothing).
  static Expect nothingUnder() { return {Kind::nothingUnder, 0}; }
};

/// One step of a transaction: a condition, a put, a delete, or a condition with either.
struct Operation {
  enum class Kind { check, put, erase, eraseUnder };
  Kind kind = Kind::check;
  std::string key;
  std::string value;  // put
  Expect expect;
};

Operation put(std::string key, std::string value, Expect expect = {});
Operation erase(std::string key, Expect expect = {});
/// Deletes every key that starts with `prefix`, which is not empty; those too that come under it
/// until the transaction commits. Watchers hear of each.
Operation eraseUnder(std::string prefix);
Operation require(std::string key, Expect expect);

/// The first operation whose condition was not met. Nothing of the transaction was written.
struct Conflict {
  std::size_t operation = 0;
};

/// All puts of one transaction get the same revision.
using Committed = std::expected<Revision, Conflict>;

/// The store could not write (disk full, failed fsync). The write has not happened and is not
/// acknowledged. While the store is in that state `healthy()` is false and later writes fail
/// quickly.
class StoreError : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

struct Change {
  std::string key;
  std::optional<std::string> value;  // nothing = deleted
  Revision revision = 0;
};

/// Documents with revisions. Called on the loop's thread; tasks resume there. Keys are bytes in
/// byte order. Every value carries a checksum that reading verifies; a damaged one throws
/// StoreError naming the key.
class Documents {
public:
  virtual ~Documents() = default;
  virtual Task<std::optional<Document>> find(std::string key) = 0;
  /// Up to `limit` documents whose keys start with `prefix` and are >= `from` ("" = the first),
  /// ascending.
  virtual Task<std::vector<Document>> page(std::string prefix, std::string from,
                                           std::size_t limit) = 0;
  /// The same from behind: up to `limit` documents whose keys start with `prefix` and are <= `from`
  /// ("" = the last), descending.
  virtual Task<std::vector<Document>> pageDown(std::string prefix, std::string from,
                                               std::size_t limit) = 0;
  /// Takes documents under `prefix` into memory, a few at a time, as far as there is room for them:
  /// their first reads are as fast as later ones. The store outlives the task. Throws StoreError.
  virtual Task<> readAhead(std::string prefix) = 0;
  /// All or nothing, durable when it returns. Throws StoreError.
  virtual Task<Committed> commit(std::vector<Operation> operations) = 0;
  /// Calls `function` on the loop after each commit, once for each changed key under `prefix`,
  /// before the committing task is resumed: a reader that starts after a write returned sees it.
  virtual void watch(std::string prefix, std::function<void(const Change&)> function) = 0;
  virtual bool healthy() const = 0;
};

}  // namespace openfc::store
