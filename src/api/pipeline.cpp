#include "api/pipeline.h"

#include "api/audit.h"
#include "api/authorize.h"
#include "api/operation.h"
#include "api/response.h"
#include "api/router.h"
#include "api/unexpected.h"
#include "base/id.h"
#include "base/log.h"

namespace openfc::api {
namespace {

/// Finds the operation; false: there is none.
bool route(Context context) {
  auto route = routeOf(context.request().method, context.request().rawPath());
  if (!route) return false;
  context.call.operation = &route->operation;
  context.call.path = std::move(route->path);
  return true;
}

Error notSupported(const Context& context) {
  return errorOf(Code::pathNotSupported, {context.request().method, context.request().rawPath()});
}

/// An access key opens nothing of other accounts, since the account is never taken from what the
/// request says, and of its own what its policies allow.
Task<> admit(Context context) {
  Call& call = context.call;
  if (call.operation->access != Access::account) co_return;
  call.caller = context.parts.authenticator.authenticate(context.request(), context.now());
  call.accountId = call.caller->accountId;
  const bool restricted = !call.caller->permissions.unrestricted();
  if (restricted || changes(*call.operation)) co_await findResource(context);
  if (restricted) requireOperation(context);
}

/// The answer of an operation. What is thrown becomes the answer too; what is no Error is told to
/// the operator only. An unknown path is told before anything else is looked at.
Task<http::Response> answer(Context context) {
  try {
    if (!route(context)) co_return errorResponse(notSupported(context));
    co_await admit(context);
    co_return co_await context.call.operation->run(context);
  } catch (const Error& error) {
    context.call.errorCode = error.name();
    co_return errorResponse(error);
  } catch (const std::exception& failure) {
    log::error("request failed",
               {{"requestId", context.call.requestId}, {"reason", failure.what()}});
    const Error error = unexpected(failure);
    context.call.errorCode = error.name();
    co_return errorResponse(error);
  }
}

/// What was asked and what came of it; nothing that the body or the query said.
void note(const Call& call, int status, Duration duration) {
  const auto level = status >= 500                             ? log::Level::warn
                     : call.exchange.request().method == "GET" ? log::Level::debug
                                                               : log::Level::info;
  const bool invocation = call.operation != nullptr && call.operation->name == "InvokeFunction";
  const auto least = invocation && status < 500 ? log::Level::debug : level;
  if (!log::enabled(least)) return;
  const auto trace = call.exchange.request().headers.find("X-Fc-Trace-Id");
  log::write(
      least, "request",
      {{"requestId", call.requestId},
       {"operation", call.operation == nullptr ? std::string_view("none") : call.operation->name},
       {"path", call.exchange.request().rawPath()},
       {"status", status},
       {"accountId", call.accountId},
       {"peer", call.exchange.peerAddress()},
       {"traceId", trace.value_or("")},
       {"durationMs", std::chrono::duration<double, std::milli>(duration).count()}});
}

}  // namespace

Pipeline::Pipeline(Parts parts, observe::Metrics& metrics)
    : parts_(std::move(parts)), metrics_(metrics) {}

Task<http::Response> Pipeline::handle(http::Exchange& exchange) {
  const SteadyTime begun = parts_.clock.steady();
  Call call{.requestId = uuid(), .exchange = exchange};
  http::Response response = co_await answer(Context{parts_, call});
  addCommonHeaders(response, call.requestId);
  if (const Context context{parts_, call}; audited(context) && !call.audited) {
    const std::string etag(response.headers.find("Etag").value_or(""));
    co_await audit(context, response.status, etag);
  }
  measure(call, response.status, parts_.clock.steady() - begun);
  co_return response;
}

void Pipeline::measure(const Call& call, int status, Duration duration) {
  auto [place, isNew] = meters_.try_emplace({call.operation, status});
  if (isNew) {
    const std::string name(call.operation == nullptr ? "none" : call.operation->name);
    place->second.requests =
        &metrics_.counter("fc_api_requests_total", "Requests answered.",
                          {{"operation", name}, {"status", std::to_string(status)}});
    place->second.seconds = &metrics_.histogram("fc_api_request_seconds",
                                                "Time from the head of a request to its answer.",
                                                observe::secondsBounds(), {{"operation", name}});
  }
  place->second.requests->add();
  place->second.seconds->observe(std::chrono::duration<double>(duration).count());
  note(call, status, duration);
}

Task<http::Response> dispatch(Context context) {
  if (!route(context)) throw notSupported(context);
  return context.call.operation->run(context);
}

}  // namespace openfc::api
