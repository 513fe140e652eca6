#include "oss/front.h"

#include "auth/canonical.h"
#include "base/check.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/id.h"
#include "base/log.h"
#include "base/time_text.h"
#include "net/stream.h"
#include "oss/error.h"
#include "oss/xml.h"

#include <charconv>

namespace openfc::oss {
namespace {

using Handler = Task<http::Response> (*)(Context);

struct HandlerRow {
  Operation operation;
  Handler run;
};

constexpr HandlerRow handlers[] = {
    {Operation::listBuckets, &listBuckets},
    {Operation::listObjects, &listObjects},
    {Operation::getBucketLocation, &getBucketLocation},
    {Operation::getBucketInfo, &getBucketInfo},
    {Operation::getBucketAcl, &getBucketAcl},
    {Operation::getObject, &getObject},
    {Operation::putObject, &putObject},
    {Operation::deleteObject, &deleteObject},
};

constexpr std::chrono::seconds allowedSkew(900);
constexpr std::string_view apiPath = "/2016-08-15/";
constexpr std::string_view schemes[] = {"OSS ", "OSS4-HMAC-SHA256 "};

std::string_view authorizationOf(const http::Request& request) {
  return trimmed(request.headers.find("Authorization").value_or(""));
}

void checkTime(const auth::OssClaim& claim, Time now) {
  if (claim.presigned) {
    std::int64_t until = 0;
    const char* end = claim.date.data() + claim.date.size();
    const auto read = std::from_chars(claim.date.data(), end, until);
    if (read.ec != std::errc() || read.ptr != end) {
      throw Error(accessDenied, "Expires must be a number of seconds since 1970-01-01.");
    }
    if (std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count() > until) {
      throw Error(accessDenied, "Request has expired.");
    }
    return;
  }
  const auto sent = fromHttpDate(claim.date);
  if (!sent) throw Error(accessDenied, "The Date is no valid date.");
  const auto skew = std::chrono::floor<std::chrono::seconds>(now) - *sent;
  if (skew > allowedSkew || skew < -allowedSkew) throw Error(requestTimeTooSkewed);
}

/// The reading of the request that was signed with this secret.
std::optional<Target> signedTarget(const http::Request& request, const auth::OssClaim& claim,
                                   std::string_view secret) {
  std::optional<Target> found;
  for (Target& target : readings(request)) {
    const bool fits = auth::ossSignatureFits(request, signedResource(target), claim, secret);
    if (fits && !found) found = std::move(target);
  }
  return found;
}

auth::Identity identityOf(const Context& context, const auth::OssClaim& claim, Time now) {
  try {
    return context.parts.authenticator.identify(claim.accessKeyId, claim.securityToken, now);
  } catch (const openfc::Error& error) {
    // The same work as for a known key, so that the time tells nothing about which keys exist.
    static_cast<void>(signedTarget(context.request(), claim, claim.accessKeyId));
    if (error.code() == Code::invalidAccessKeyId) throw Error(invalidAccessKeyId);
    throw Error(accessDenied, error.message());
  }
}

void authenticate(const Context& context) {
  const http::Request& request = context.request();
  refuseRepeatedHeaders(request.headers);
  if (authorizationOf(request).starts_with(schemes[1])) {
    throw Error(notImplemented, "signature version 4 is not implemented here: use version 1");
  }
  const auto claim = auth::ossClaimOf(request);
  if (!claim) {
    throw Error(accessDenied, "OSS authentication requires a valid Date and Authorization.");
  }
  const Time now = context.parts.clock.now();
  Asked& asked = context.asked;
  asked.accessKeyId = claim->accessKeyId;
  asked.identity = identityOf(context, *claim, now);
  checkTime(*claim, now);
  auto subresources = auth::ossSubresources(request.rawQuery());
  if (!subresources || readings(request).empty()) {
    throw Error(invalidArgument, "The request target holds an invalid percent escape.");
  }
  auto target = signedTarget(request, *claim, asked.identity.secret);
  if (!target) throw Error(signatureDoesNotMatch);
  asked.known = true;
  asked.target = std::move(*target);
  asked.subresources = std::move(*subresources);
}

void authorize(const Context& context) {
  const Asked& asked = context.asked;
  const auto arns = auth::ossArns(context.parts.region, asked.identity.accountId,
                                  asked.target.bucket, asked.target.key);
  const std::vector<std::string_view> views(arns.begin(), arns.end());
  const auth::Access access{.action = asked.action,
                            .resources = views,
                            .circumstances = {.sourceIp = asked.exchange.peerAddress(),
                                              .now = context.parts.clock.now()}};
  if (!asked.identity.permissions.allow(access)) throw Error(accessDenied);
}

/// Who asks is known before anything is looked at, and what the key may do before it is told what
/// there is.
Task<http::Response> answer(Context context) {
  authenticate(context);
  Asked& asked = context.asked;
  const Operation operation = operationOf(context.request(), asked.target, asked.subresources);
  asked.action = actionOf(operation);
  authorize(context);
  if (!asked.target.bucket.empty()) {
    auto bucket = context.parts.buckets.find(asked.target.bucket, asked.identity.accountId);
    if (!bucket) throw Error(noSuchBucket);
    asked.bucket = std::move(*bucket);
  }
  for (const HandlerRow& row : handlers) {
    if (row.operation == operation) co_return co_await row.run(context);
  }
  throw std::logic_error("an operation of object storage has no handler");
}

http::Response errorResponse(const Context& context, const Error& error) {
  context.asked.errorCode = error.row().code;
  Xml xml("Error");
  xml.add("Code", error.row().code);
  xml.add("Message", error.message());
  xml.add("RequestId", context.asked.requestId);
  xml.add("HostId", context.request().headers.find("Host").value_or(""));
  http::Response response = xmlResponse(error.row().status, xml.finish());
  if (error.row().status == slowDown.status) response.headers.add("Retry-After", "1");
  // The answer to HEAD has no body that could say it.
  if (context.request().method == "HEAD") {
    response.headers.add("x-oss-err", toBase64(response.body));
  }
  return response;
}

Task<http::Response> answerErrors(Context context) {
  try {
    co_return co_await answer(context);
  } catch (const Error& error) {
    co_return errorResponse(context, error);
  } catch (const net::IoError&) {
    throw;
  } catch (const openfc::Error& error) {  // a body in chunks that are none
    co_return errorResponse(context, Error(invalidArgument, error.message()));
  } catch (const std::exception& failure) {
    log::error("request failed",
               {{"requestId", context.asked.requestId}, {"reason", failure.what()}});
    co_return errorResponse(context, Error(internalError));
  }
}

bool reads(const Asked& asked) {
  const std::string& method = asked.exchange.request().method;
  return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

void addCaller(observe::AuditRecord& record, const Asked& asked) {
  record.known = asked.known;
  record.sourceIp = asked.exchange.peerAddress();
  if (!asked.known) {
    record.accessKeyId = auth::plausibleKey(asked.accessKeyId);
    return;
  }
  record.accountId = asked.identity.accountId;
  record.accessKeyId = asked.accessKeyId;
  auth::SessionName name = auth::sessionOf(record.accountId, asked.identity.session);
  record.role = std::move(name.role);
  record.session = std::move(name.session);
}

/// Without the signature nobody can tell what a request means: its method and path stand for it.
observe::AuditRecord auditRecord(const Context& context, int status) {
  const Asked& asked = context.asked;
  const Target& target = asked.target;
  observe::AuditRecord record{
      .time = context.parts.clock.now(),
      .requestId = asked.requestId,
      .operation = asked.action.empty() ? context.request().method : asked.action,
      .resource = std::string(context.request().rawPath()),
      .status = status,
      .errorCode = asked.errorCode};
  addCaller(record, asked);
  if (asked.known) {
    record.resource =
        auth::ossArns(context.parts.region, record.accountId, target.bucket, target.key).front();
  }
  if (asked.changed) {
    record.document = target.bucket + '/' + target.key;
    record.oldEtag = asked.changed->before;
    record.newEtag = asked.changed->after;
  }
  return record;
}

std::string newRequestId() {
  constexpr std::size_t bytes = 12;
  std::string id = toHex(randomBytes(bytes));
  for (char& c : id) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return id;
}

}  // namespace

http::Response xmlResponse(int status, std::string document) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/xml");
  response.body = std::move(document);
  return response;
}

const std::filesystem::path& directoryOf(const Asked& asked) {
  const auto* directory = std::get_if<package::DirectoryBucket>(&asked.bucket.source);
  if (directory == nullptr) {
    throw Error(notImplemented,
                "the objects of this bucket are at another service: ask that one for them");
  }
  return directory->directory;
}

bool Front::takes(const http::Request& request) {
  if (request.rawPath().starts_with(apiPath)) return false;
  const std::string_view authorization = authorizationOf(request);
  for (const std::string_view scheme : schemes) {
    if (authorization.starts_with(scheme)) return true;
  }
  return authorization.empty() && auth::ossClaimOf(request).has_value();
}

Task<http::Response> Front::handle(http::Exchange& exchange) {
  const SteadyTime begun = parts_.clock.steady();
  Asked asked{.exchange = exchange, .requestId = newRequestId()};
  http::Response response = co_await answerErrors(Context{parts_, asked});
  response.headers.add("Server", "openfc");
  response.headers.add("x-oss-request-id", asked.requestId);
  if (parts_.audit != nullptr && !reads(asked)) {
    co_await parts_.audit->write(auditRecord(Context{parts_, asked}, response.status));
  }
  note(asked, response.status, parts_.clock.steady() - begun);
  co_return response;
}

void Front::note(const Asked& asked, int status, Duration duration) {
  const std::string action = asked.action.empty() ? "none" : asked.action;
  metrics_
      .counter("fc_oss_requests_total", "Requests to object storage answered.",
               {{"action", action}, {"status", std::to_string(status)}})
      .add();
  const auto level = status >= 500  ? log::Level::warn
                     : reads(asked) ? log::Level::debug
                                    : log::Level::info;
  if (!log::enabled(level)) return;
  log::write(level, "object storage request",
             {{"requestId", asked.requestId},
              {"action", action},
              {"bucket", asked.target.bucket},
              {"object", asked.target.key},
              {"status", status},
              {"accountId", asked.identity.accountId},
              {"accessKeyId", asked.accessKeyId},
              {"session", asked.identity.session},
              {"peer", asked.exchange.peerAddress()},
              {"durationMs", std::chrono::duration<double, std::milli>(duration).count()}});
}

}  // namespace openfc::oss
