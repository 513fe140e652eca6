#include "store/sqlite/reader.h"

#include "base/encoding.h"
#include "store/sqlite/committer.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

namespace openfc::store::sqlite {
namespace {

constexpr std::string_view findSql = "SELECT revision, value FROM document WHERE key = ?1";
constexpr std::string_view betweenSql =
    "SELECT key, revision, value FROM document WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT ?3";
constexpr std::string_view sinceSql =
    "SELECT key, revision, value FROM document WHERE key >= ?1 ORDER BY key LIMIT ?2";
constexpr std::string_view downSql =
    "SELECT key, revision, value FROM document WHERE key >= ?1 AND key < ?2 ORDER BY key DESC "
    "LIMIT "
    "?3";
constexpr std::string_view downFromSql =
    "SELECT key, revision, value FROM document WHERE key >= ?1 AND key <= ?2 ORDER BY key DESC "
    "LIMIT ?3";
constexpr std::string_view downAllSql =
    "SELECT key, revision, value FROM document WHERE key >= ?1 ORDER BY key DESC LIMIT ?2";

std::string shown(std::string_view key) { return percentEncode(key, "/:@ ,;=+"); }

std::int64_t rowLimit(std::size_t limit) {
  return static_cast<std::int64_t>(
      std::min<std::size_t>(limit, std::numeric_limits<std::int64_t>::max()));
}

}  // namespace

Reader::Reader(const Connection& connection, const Vault& vault)
    : vault_(vault),
      find_(connection, findSql),
      between_(connection, betweenSql),
      since_(connection, sinceSql),
      down_(connection, downSql),
      downFrom_(connection, downFromSql),
      downAll_(connection, downAllSql) {}

std::optional<Document> Reader::find(const std::string& key) {
  try {
    Rows rows = find_.start(std::string_view(key));
    if (!rows.next()) return std::nullopt;
    return opened(key, static_cast<Revision>(rows.number(0)), rows.bytes(1));
  } catch (const SqliteError& failure) {
    throw StoreError(fmt::format("read document '{}': {}", shown(key), failure.what()));
  }
}

std::vector<Document> Reader::page(const std::string& prefix, const std::string& from,
                                   std::size_t limit) {
  const std::string& first = std::max(prefix, from);
  const std::optional<std::string> end = keyBehind(prefix);
  const std::int64_t atMost = rowLimit(limit);
  return listed(prefix, [&] {
    return end ? between_.start(std::string_view(first), std::string_view(*end), atMost)
               : since_.start(std::string_view(first), atMost);
  });
}

std::vector<Document> Reader::pageDown(const std::string& prefix, const std::string& from,
                                       std::size_t limit) {
  const std::optional<std::string> end = keyBehind(prefix);
  const std::int64_t atMost = rowLimit(limit);
  return listed(prefix, [&] {
    const std::string_view first(prefix);
    if (!from.empty() && (!end || from < *end)) {
      return downFrom_.start(first, std::string_view(from), atMost);
    }
    return end ? down_.start(first, std::string_view(*end), atMost) : downAll_.start(first, atMost);
  });
}

template <class Start>
std::vector<Document> Reader::listed(const std::string& prefix, Start start) {
  std::vector<Document> documents;
  try {
    Rows rows = start();
    while (rows.next()) {
      std::string key(rows.bytes(0));
      documents.push_back(
          opened(std::move(key), static_cast<Revision>(rows.number(1)), rows.bytes(2)));
    }
  } catch (const SqliteError& failure) {
    throw StoreError(fmt::format("list documents under '{}': {}", shown(prefix), failure.what()));
  }
  return documents;
}

Document Reader::opened(std::string key, Revision revision, std::string_view sealed) const {
  try {
    std::string value = vault_.unseal(sealed, sealContext(key, revision));
    return {std::move(key), std::move(value), revision};
  } catch (const VaultError& failure) {
    throw StoreError(fmt::format("read document '{}': {}", shown(key), failure.what()));
  }
}

}  // namespace openfc::store::sqlite
