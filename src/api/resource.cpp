#include "api/resource.h"

#include "base/encoding.h"
#include "base/error.h"
#include "base/log.h"
#include "model/keys.h"
#include "model/names.h"

#include <fmt/core.h>

namespace openfc::api {
namespace {

std::string_view unquoted(std::string_view tag) {
  tag = trimmed(tag);
  if (tag.starts_with("W/")) tag.remove_prefix(2);
  if (tag.size() >= 2 && tag.starts_with('"') && tag.ends_with('"'))
    tag = tag.substr(1, tag.size() - 2);
  return tag;
}

template <class T>
Stored<T> fromStore(store::Document document) {
  return {model::fromDocument<T>(document.value), std::move(document.key), document.revision};
}

/// There are no versions and aliases, so that only LATEST resolves.
void checkQualifier(const std::string& service, const std::string& qualifier) {
  switch (model::kindOf(qualifier)) {
    case model::QualifierKind::latest:
      return;
    case model::QualifierKind::version:
      throw errorOf(Code::versionNotFound, {qualifier, service});
    case model::QualifierKind::alias:
      throw errorOf(Code::aliasNotFound, {qualifier, service});
  }
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
  try {
    co_return co_await context.parts.documents.commit(std::move(operations));
  } catch (const store::StoreError& failure) {
    log::error("write failed", {{"requestId", context.call.requestId}, {"reason", failure.what()}});
    throw Error(refusal);
  }
}

Task<Stored<model::Service>> getService(Context context, std::string name) {
  auto document = co_await context.parts.documents.find(model::serviceKey(context.account(), name));
  if (!document) throw errorOf(Code::serviceNotFound, {name});
  co_return fromStore<model::Service>(std::move(*document));
}

Task<Stored<model::Service>> getService(Context context, std::string name, std::string qualifier) {
  auto service = co_await getService(context, name);
  checkQualifier(name, qualifier);
  co_return service;
}

Task<Stored<model::Function>> getFunction(Context context, std::string service,
                                          std::string function) {
  auto document = co_await context.parts.documents.find(
      model::functionKey(context.account(), service, function));
  if (!document) {
    co_await getService(context, service);  // a missing service is told first
    throw errorOf(Code::functionNotFound, {function, service});
  }
  co_return fromStore<model::Function>(std::move(*document));
}

Task<Stored<model::Function>> getFunction(Context context, std::string service,
                                          std::string qualifier, std::string function) {
  if (model::kindOf(qualifier) != model::QualifierKind::latest)
    co_await getService(context, service, qualifier);
  co_return co_await getFunction(context, service, function);
}

std::string shownQualifier(const std::string& qualifier) {
  return qualifier.empty() ? "LATEST" : qualifier;
}

std::string ownerKey(const Context& context, const std::string& service,
                     const std::string& qualifier, const std::string& function) {
  switch (model::kindOf(qualifier)) {
    case model::QualifierKind::version:
      return model::versionsPrefix(context.account(), service) + qualifier;
    case model::QualifierKind::alias:
      return model::aliasesPrefix(context.account(), service) + qualifier;
    case model::QualifierKind::latest:
      break;
  }
  return model::functionKey(context.account(), service, function);
}

}  // namespace openfc::api
