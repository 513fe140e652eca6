#include "api/resource.h"

#include "base/encoding.h"
#include "base/error.h"
#include "base/log.h"
#include "model/alias.h"
#include "model/keys.h"
#include "model/names.h"
#include "model/version.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>

namespace openfc::api {
namespace {

std::string_view unquoted(std::string_view tag) {
  tag = trimmed(tag);
  if (tag.starts_with("W/")) tag.remove_prefix(2);
  if (tag.size() >= 2 && tag.starts_with('"') && tag.ends_with('"'))
    tag = tag.substr(1, tag.size() - 2);
  return tag;
}

/// What a transaction writes, before it is known whether it does. What it expects of a key may
/// stand in another of its steps.
std::vector<Written> writtenBy(const std::vector<store::Operation>& operations) {
  using Kind = store::Operation::Kind;
  std::map<std::string_view, store::Revision> expected;
  for (const store::Operation& operation : operations) {
    if (operation.expect.kind == store::Expect::Kind::revision) {
      expected[operation.key] = operation.expect.revision;
    }
  }
  std::vector<Written> out;
  for (const store::Operation& operation : operations) {
    if (operation.kind != Kind::put && operation.kind != Kind::erase) continue;
    const auto before = expected.find(operation.key);
    out.push_back({operation.key, before == expected.end() ? 0 : before->second,
                   operation.kind == Kind::put ? store::Revision{1} : store::Revision{0}});
  }
  return out;
}

std::vector<Written> at(store::Revision revision, std::vector<Written> written) {
  for (Written& one : written) {
    if (one.after != 0) one.after = revision;
  }
  return written;
}

}  // namespace

std::string etagOf(std::string_view key, store::Revision revision) {
  return toHex(md5(fmt::format("{} {}", key, revision)));
}

void checkIfMatch(std::string_view ifMatch, std::string_view etag) {
  if (ifMatch.empty()) return;
  for (std::string_view left = ifMatch; !left.empty();) {
    const std::string_view one = left.substr(0, left.find(','));
    left.remove_prefix(std::min(one.size() + 1, left.size()));
    const std::string_view tag = unquoted(one);
    if (tag == "*" || tag == etag) return;
  }
  throw errorOf(Code::preconditionFailed);
}

Error lostRace(std::string_view ifMatch) {
  const bool named = !ifMatch.empty() && unquoted(ifMatch) != "*";
  return errorOf(named ? Code::preconditionFailed : Code::concurrentUpdateError);
}

Task<store::Committed> commit(Context context, std::vector<store::Operation> operations) {
  const Error refusal =
      context.parts.documents.healthy()
          ? errorOf(Code::internalServerError)
          : errorOf(Code::serviceUnavailable, {"the store cannot be written at present"});
  std::vector<Written> written = writtenBy(operations);
  try {
    const auto committed = co_await context.parts.documents.commit(std::move(operations));
    if (committed) context.call.written = at(*committed, std::move(written));
    co_return committed;
  } catch (const store::StoreError& failure) {
    log::error("write failed", {{"requestId", context.call.requestId}, {"reason", failure.what()}});
    throw Error(refusal);
  }
}

Task<std::vector<store::Document>> allUnder(Context context, std::string prefix) {
  constexpr std::size_t pageSize = 100;
  std::vector<store::Document> out;
  std::string from;
  for (;;) {
    auto page = co_await context.parts.documents.page(prefix, from, pageSize);
    const bool last = page.size() < pageSize;
    std::ranges::move(page, std::back_inserter(out));
    if (last) co_return out;
    from = out.back().key + '\0';
  }
}

Task<Stored<model::Service>> getService(Context context, std::string name) {
  auto document = co_await context.parts.documents.find(model::serviceKey(context.account(), name));
  if (!document) throw errorOf(Code::serviceNotFound, {name});
  co_return storedOf<model::Service>(std::move(*document));
}

Task<Stored<model::Service>> getService(Context context, std::string name, std::string qualifier) {
  const auto version = co_await versionOf(context, name, qualifier);
  if (!version) co_return co_await getService(context, name);
  auto document =
      co_await context.parts.documents.find(model::versionKey(context.account(), name, *version));
  if (!document) {
    co_await getService(context, name);  // a missing service is told first
    throw errorOf(Code::versionNotFound, {std::to_string(*version), name});
  }
  auto found = storedOf<model::Version>(std::move(*document));
  co_return Stored<model::Service>{std::move(found.value.service), std::move(found.key),
                                   found.revision};
}

Task<Stored<model::Function>> getFunction(Context context, std::string service,
                                          std::string function) {
  auto document = co_await context.parts.documents.find(
      model::functionKey(context.account(), service, function));
  if (!document) {
    co_await getService(context, service);  // a missing service is told first
    throw errorOf(Code::functionNotFound, {function, service});
  }
  co_return storedOf<model::Function>(std::move(*document));
}

Task<Stored<model::Function>> getFunction(Context context, std::string service,
                                          std::string qualifier, std::string function) {
  const auto version = co_await versionOf(context, service, qualifier);
  if (!version) co_return co_await getFunction(context, service, function);
  auto document = co_await context.parts.documents.find(
      model::publishedKey(context.account(), service, *version, function));
  if (!document) {
    co_await getService(context, service, std::to_string(*version));
    throw errorOf(Code::functionNotFound, {function, service});
  }
  co_return storedOf<model::Function>(std::move(*document));
}

Task<std::optional<int>> versionOf(Context context, std::string service, std::string qualifier) {
  std::string id = qualifier;
  switch (model::kindOf(qualifier)) {
    case model::QualifierKind::latest:
      co_return std::nullopt;
    case model::QualifierKind::version:
      break;
    case model::QualifierKind::alias:
      const auto document = co_await context.parts.documents.find(
          model::aliasKey(context.account(), service, qualifier));
      if (!document) {
        co_await getService(context, service);
        throw errorOf(Code::aliasNotFound, {qualifier, service});
      }
      id = model::fromDocument<model::Alias>(document->value).config.versionId;
  }
  if (const auto version = model::versionNumber(id)) co_return version;
  co_await getService(context, service);
  throw errorOf(Code::versionNotFound, {id, service});
}

std::string shownQualifier(const std::string& qualifier) {
  return qualifier.empty() ? "LATEST" : qualifier;
}

std::string ownerKey(const Context& context, const std::string& service,
                     const std::string& qualifier, const std::string& function) {
  switch (model::kindOf(qualifier)) {
    case model::QualifierKind::version:
      return model::versionKey(context.account(), service,
                               model::versionNumber(qualifier).value_or(0));
    case model::QualifierKind::alias:
      return model::aliasKey(context.account(), service, qualifier);
    case model::QualifierKind::latest:
      break;
  }
  return model::functionKey(context.account(), service, function);
}

std::vector<store::Operation> eraseConfigs(const Context& context, const std::string& service,
                                           const std::string& qualifier) {
  std::vector<store::Operation> out;
  for (std::string& prefix :
       std::array{model::asyncConfigsPrefix(context.account(), service, qualifier),
                  model::provisionsPrefix(context.account(), service, qualifier)}) {
    out.push_back(store::eraseUnder(std::move(prefix)));
  }
  return out;
}

}  // namespace openfc::api
