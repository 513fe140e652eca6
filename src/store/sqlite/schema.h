#pragma once

#include "base/vault.h"
#include "store/sqlite/connection.h"

namespace openfc::store::sqlite {

/// Makes the database of this connection one that this program can use: sets its modes, creates the
/// tables or brings them forward, and checks that `vault` is the one that sealed it. Throws
/// StoreError: written by a newer program, not an openfc database, sealed with another host key.
void prepareSchema(Connection& connection, const std::string& path, const Vault& vault);

}  // namespace openfc::store::sqlite
