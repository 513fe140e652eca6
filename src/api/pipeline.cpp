#include "api/pipeline.h"

#include "api/authorize.h"
#include "api/operation.h"
#include "api/response.h"
#include "api/router.h"
#include "base/id.h"
#include "base/log.h"

#include <span>

namespace openfc::api {
namespace {

class Rest;
using Step = Task<http::Response> (*)(Context, Rest);

/// The steps that are still to come.
class Rest {
public:
  explicit Rest(std::span<const Step> steps) : steps_(steps) {}
  Task<http::Response> next(Context context) const {
    return steps_.front()(context, Rest(steps_.subspan(1)));
  }

private:
  std::span<const Step> steps_;
};

/// What a handler throws becomes the answer; what is no Error is told to the operator only.
Task<http::Response> answerErrors(Context context, Rest rest) {
  try {
    co_return co_await rest.next(context);
  } catch (const Error& error) {
    co_return errorResponse(error);
  } catch (const std::exception& failure) {
    log::error("request failed",
               {{"requestId", context.call.requestId}, {"reason", failure.what()}});
    co_return errorResponse(errorOf(Code::internalServerError));
  }
}

/// An unknown path is told before anything else is looked at.
Task<http::Response> route(Context context, Rest rest) {
  Route route = routeOf(context.request().method, context.request().rawPath());
  context.call.operation = &route.operation;
  context.call.path = std::move(route.path);
  co_return co_await rest.next(context);
}

Task<http::Response> authenticate(Context context, Rest rest) {
  if (context.call.operation->access == Access::account) {
    context.call.caller =
        context.parts.authenticator.authenticate(context.request(), context.now());
  }
  co_return co_await rest.next(context);
}

/// An access key opens nothing of other accounts, since the account is never taken from what the
/// request says, and of its own what its policies allow.
Task<http::Response> authorize(Context context, Rest rest) {
  if (context.call.caller) {
    context.call.accountId = context.call.caller->accountId;
    if (!context.call.caller->permissions.unrestricted()) co_await requireOperation(context);
  }
  co_return co_await rest.next(context);
}

Task<http::Response> run(Context context, Rest) { return context.call.operation->run(context); }

constexpr Step steps[] = {&answerErrors, &route, &authenticate, &authorize, &run};
constexpr Step knownCaller[] = {&route, &run};

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

Task<http::Response> Pipeline::handle(
    http::Exchange& exchange) {  // NOLINT(cppcoreguidelines-avoid-reference-coroutine-parameters):
                                 // it outlives the task
  const SteadyTime begun = parts_.clock.steady();
  Call call{.requestId = uuid(), .exchange = exchange};
  http::Response response = co_await Rest(steps).next(Context{parts_, call});
  addCommonHeaders(response, call.requestId);
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

Task<http::Response> dispatch(Context context) { return Rest(knownCaller).next(context); }

}  // namespace openfc::api
