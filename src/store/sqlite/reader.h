#pragma once

#include "base/vault.h"
#include "store/documents.h"
#include "store/sqlite/connection.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace openfc::store::sqlite {

/// Reads committed documents and opens their seals. Used by one thread; each call sees the newest
/// snapshot.
class Reader {
public:
  /// `connection` and `vault` outlive this.
  Reader(const Connection& connection, const Vault& vault);

  /// All throw StoreError naming the key of a damaged document.
  std::optional<Document> find(const std::string& key);
  std::vector<Document> page(const std::string& prefix, const std::string& from, std::size_t limit);
  std::vector<Document> pageDown(const std::string& prefix, const std::string& from,
                                 std::size_t limit);

private:
  /// What the rows that `start` begins hold.
  template <class Start>
  std::vector<Document> listed(const std::string& prefix, Start start);
  Document opened(std::string key, Revision revision, std::string_view sealed) const;

  const Vault& vault_;
  Statement find_;
  Statement between_;
  Statement since_;
  Statement down_;
  Statement downFrom_;
  Statement downAll_;
};

}  // namespace openfc::store::sqlite
