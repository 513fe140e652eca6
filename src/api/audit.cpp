#include "api/audit.h"

#include "api/authorize.h"
#include "api/operation.h"
#include "api/resource.h"
#include "base/error.h"

#include <algorithm>

namespace openfc::api {
namespace {

/// The request's resource as far as its path tells, for callers that did not get as far as to have
/// it looked for.
std::string resourceOf(Context context) {
  if (!context.call.resources.empty()) return context.call.resources.front();
  context.call.body.reset();
  try {
    return resourcesOf(context).front();
  } catch (const Error&) {
    return std::string(context.request().rawPath());
  }
}

/// The document that the call is about, among those that were written with it: the one that the
/// answer's ETag names, else the first whose state before is known.
const Written* mainDocument(const Call& call, const std::string& etag) {
  const auto named = std::ranges::find_if(call.written, [&](const Written& one) {
    return one.after != 0 && !etag.empty() && etagOf(one.key, one.after) == etag;
  });
  if (named != call.written.end()) return &*named;
  const auto replaced =
      std::ranges::find_if(call.written, [](const Written& one) { return one.before != 0; });
  if (replaced != call.written.end()) return &*replaced;
  return call.written.empty() ? nullptr : call.written.data();
}

std::string etagAt(const std::string& key, store::Revision revision) {
  return revision == 0 ? "" : etagOf(key, revision);
}

void addCaller(observe::AuditRecord& record, const Context& context) {
  const auto& caller = context.call.caller;
  record.known = caller.has_value();
  record.sourceIp = context.call.exchange.peerAddress();
  if (!caller) {
    record.accessKeyId = auth::claimedKey(context.request());
    return;
  }
  record.accountId = caller->accountId;
  record.accessKeyId = caller->accessKeyId;
  auth::SessionName name = auth::sessionOf(caller->accountId, caller->session);
  record.role = std::move(name.role);
  record.session = std::move(name.session);
}

}  // namespace

bool audited(const Context& context) {
  const Operation* operation = context.call.operation;
  return context.parts.audit != nullptr && operation != nullptr && changes(*operation);
}

Task<> audit(Context context, int status, std::string etag) {
  const Call& call = context.call;
  observe::AuditRecord record{.time = context.now(),
                              .requestId = call.requestId,
                              .operation = std::string(call.operation->name),
                              .resource = resourceOf(context),
                              .status = status,
                              .errorCode = call.errorCode};
  addCaller(record, context);
  if (const Written* main = mainDocument(call, etag)) {
    record.document = main->key;
    record.oldEtag = etagAt(main->key, main->before);
    record.newEtag = etagAt(main->key, main->after);
  }
  co_await context.parts.audit->write(std::move(record));
}

}  // namespace openfc::api
