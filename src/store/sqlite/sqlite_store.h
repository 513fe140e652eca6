#pragma once

#include "base/loop.h"
#include "base/vault.h"
#include "store/documents.h"

#include <cstddef>
#include <memory>
#include <string>

namespace openfc::store {

/// The embedded store: one SQLite file (WAL, synchronous=FULL), or ":memory:". Values rest sealed
/// by `vault`. Destroying it commits what was handed in and closes the file; `loop` and `vault`
/// outlive it. `cacheBytes` of documents that were read or written lately stay in memory. Throws
/// StoreError: another host key, written by a newer program, not a database of openfc, not
/// readable.
///
/// The file has one writer thread. ":memory:" has none: its commits are made on the loop, in posted
/// functions. After a failed write, commits fail at once until a write of the store's own, tried
/// every two seconds, succeeds.
std::unique_ptr<Documents> openSqlite(const std::string& path, Loop& loop, const Vault& vault,
                                      std::size_t cacheBytes = std::size_t{128} << 20);

}  // namespace openfc::store
