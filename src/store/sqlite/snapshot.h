#pragma once

#include "base/vault.h"

#include <functional>
#include <string>
#include <string_view>

namespace openfc::store {

/// Copies the database `from`, which a server may be writing to, to the new file `to` (mode 0600)
/// as it is at one moment. The copy is whole by itself: it has no log beside it. Throws StoreError.
void copySqlite(const std::string& from, const std::string& to);

/// Reads every document of a database that no server uses, which checks each of them whole. Returns
/// how many there are. Throws StoreError: damaged, sealed with another host key.
std::size_t readSqlite(
    const std::string& path, const Vault& vault,
    const std::function<void(std::string_view key, const std::string& value)>& visit);

}  // namespace openfc::store
