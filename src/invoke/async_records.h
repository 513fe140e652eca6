#pragma once

#include "base/loop.h"
#include "base/task.h"
#include "model/stateful_invocation.h"
#include "store/documents.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace openfc::invoke {

/// Whose records: one function under one qualifier, as callers wrote it (LATEST when they wrote
/// none). An id is unique within.
struct RecordScope {
  std::string account;
  std::string service;
  std::string qualifier;
  std::string function;
};

/// A record as it was read: what a later write is compared with.
struct StoredRecord {
  model::StatefulInvocation value;
  store::Revision revision = 0;
};

/// Which records a list shows. Times are milliseconds since the epoch, both inclusive.
struct RecordQuery {
  enum class Order { newestFirst, oldestFirst };
  Order order = Order::newestFirst;
  std::string idPrefix;
  std::optional<model::InvocationStatus> status;
  std::int64_t startedTimeBegin = 0;
  std::int64_t startedTimeEnd = std::numeric_limits<std::int64_t>::max();
  std::size_t limit = 50;
  std::string nextToken;  // of the page before; "" = the first page
};

struct RecordPage {
  std::vector<model::StatefulInvocation> records;
  std::optional<std::string> nextToken;  // nothing at the end
};

/// The records of asynchronous invocations in the store. Below a scope's four parts stand
///   stateful/…/<id>                       the record
///   stateful-payload/…/<id>               the event it got, stateful-result/…/<id> its answer
///   stateful-time/…/<time>/<id>           the order of lists
///   stateful-status/…/<status>/<time>/<id>  the same for one status
/// so that a list reads what it shows and no more. Whoever runs invocations writes by putting the
/// operations below into transactions of its own. Belongs to the loop.
class AsyncRecords {
public:
  AsyncRecords(store::Documents& documents, Loop& loop) : documents_(documents), loop_(loop) {}

  Task<std::optional<StoredRecord>> find(RecordScope scope, std::string id);
  /// The bytes of the event and of the answer; "" = there are none.
  Task<std::string> payload(RecordScope scope, std::string id);
  Task<std::string> result(RecordScope scope, std::string id);
  /// A page may be shorter than the limit though another follows: a search looks at no more than
  /// `maxScanned` records. Throws Error{invalidArgument} for a token that no page gave.
  Task<RecordPage> list(RecordScope scope, RecordQuery query);

  /// Makes a record. The first operation holds the condition that no record of the scope has its
  /// id.
  static std::vector<store::Operation> creation(const RecordScope& scope,
                                                const model::StatefulInvocation& record,
                                                std::string payload);
  /// Replaces what was read by `after`, whose id and startedTime are the same. The first operation
  /// holds the condition that nobody else has written since.
  static std::vector<store::Operation> change(const RecordScope& scope, const StoredRecord& before,
                                              const model::StatefulInvocation& after);
  /// Keeps the answer of a run beside its record.
  static store::Operation resultOf(const RecordScope& scope, std::string_view id,
                                   std::string result);
  static std::vector<store::Operation> removal(const RecordScope& scope,
                                               const StoredRecord& record);

  static constexpr std::size_t maxScanned = 20'000;

private:
  store::Documents& documents_;
  Loop& loop_;
};

/// All records of all accounts, e.g. to hear of those that are to stop.
inline constexpr std::string_view allRecordsPrefix = "stateful/";

}  // namespace openfc::invoke
