#pragma once

#include "base/vault.h"
#include "store/documents.h"
#include "store/sqlite/cache.h"
#include "store/sqlite/connection.h"

#include <coroutine>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace openfc::store::sqlite {

/// One commit on its way: filled by the loop, decided by the committer, answered on the loop.
struct Request {
  std::vector<Operation> operations;  // committed: an erase of each key instead of eraseUnder
  Touched touched;                    // loop thread only
  bool probe = false;  // writes nothing but the counter, to learn whether writing works
  std::optional<Committed> result;  // nothing after a failure
  std::string failure;
  bool full = false;               // the failure: no space is left
  std::coroutine_handle<> waiter;  // loop thread only; null when nobody waits
};
/// Shared by the waiting coroutine, which may be destroyed early, and the batch.
using Batch = std::vector<std::shared_ptr<Request>>;

/// Writes batches of commits, each batch one SQLite transaction with one fsync. Used by one thread
/// at a time.
class Committer {
public:
  /// `connection` and `vault` outlive this.
  Committer(Connection& connection, const Vault& vault);

  /// Decides every request of the batch: committed, refused, or failed (then all of them). Durable
  /// when it returns.
  void run(const Batch& batch);
  /// Moves the write-ahead log into the database once it is long. Failing is harmless and logged.
  void checkpointIfDue();

private:
  Committed decide(std::vector<Operation>& operations, Revision& revision);
  bool holds(const std::string& key, const Expect& expect);
  void spellOut(std::vector<Operation>& operations);
  void write(const std::vector<Operation>& operations, Revision revision);
  void rollBack() noexcept;

  Connection& connection_;
  const Vault& vault_;
  Statement begin_;
  Statement commit_;
  Statement revisionOf_;
  Statement firstFrom_;
  Statement between_;
  Statement put_;
  Statement erase_;
  Statement count_;
  Revision revision_;
  int logFrames_ = 0;  // length of the write-ahead log
};

/// The first key behind all that start with `prefix`; nothing: there is none.
std::optional<std::string> keyBehind(std::string prefix);

/// What a value is sealed for: a row whose key or revision was changed does not open.
std::string sealContext(std::string_view key, Revision revision);

}  // namespace openfc::store::sqlite
