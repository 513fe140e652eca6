#include "api/instance_exec.h"

#include "api/audit.h"
#include "api/exec_session.h"
#include "api/instances.h"
#include "api/query.h"
#include "api/resource.h"
#include "api/response.h"
#include "api/rows.h"
#include "base/encoding.h"
#include "base/error.h"

namespace openfc::api {
namespace {

using schema::field;
using schema::Field;
using schema::In;

constexpr std::string_view commandParameter = "command";
constexpr std::size_t maxWords = 1000;
constexpr std::size_t maxCommand = std::size_t{16} << 10;

/// Clients repeat the parameter, once for each word.
std::vector<std::string> wordsOf(const Context& context) {
  std::vector<std::string> words;
  std::size_t size = 0;
  const Query query(context.request().rawQuery());
  for (const auto& [name, value] : query.all()) {
    if (!sameIgnoringCase(name, commandParameter)) continue;
    if (value.contains('\0')) throw invalidArgument("command must not hold a zero byte");
    size += value.size() + 1;
    words.push_back(value);
  }
  if (words.empty() || words.front().empty()) throw invalidArgument("command is required");
  if (words.size() > maxWords || size > maxCommand) {
    throw invalidArgument("command must have at most " + std::to_string(maxWords) + " words and " +
                          std::to_string(maxCommand) + " bytes");
  }
  return words;
}

Task<std::unique_ptr<scheduler::Visit>> visited(Context context, invoke::InstanceQuery query,
                                                std::string instanceId,
                                                scheduler::VisitCommand command) {
  try {
    co_return co_await context.parts.instances->visit(std::move(query), std::move(instanceId),
                                                      std::move(command));
  } catch (const sandbox::Refused& refusal) {
    throw invalidArgument(refusal.what());
  }
}

Task<std::unique_ptr<scheduler::Visit>> enter(Context context, InstanceExec input) {
  co_await getFunction(context, input.serviceName, input.qualifier, input.functionName);
  const std::vector<std::string> words = wordsOf(context);
  const bool named = model::kindOf(input.qualifier) == model::QualifierKind::alias;
  for (const std::string& version :
       co_await versionsBehind(context, input.serviceName, input.qualifier)) {
    if (context.parts.instances == nullptr) break;
    const invoke::InstanceQuery query{.accountId = context.account(),
                                      .serviceName = input.serviceName,
                                      .versionId = version,
                                      .functionName = input.functionName,
                                      .alias = named ? input.qualifier : std::string()};
    auto visit =
        co_await visited(context, query, input.instanceId, {.words = words, .terminal = input.tty});
    if (visit) co_return visit;
  }
  throw invalidArgument("instance '" + input.instanceId + "' of function '" + input.functionName +
                        "' does not exist");
}

http::Response handshake(const Context& context) {
  const http::Request& request = context.request();
  http::Response response;
  response.status = 101;
  response.headers.add("Upgrade", "websocket");
  response.headers.add(
      "Sec-WebSocket-Accept",
      http::acceptOf(trimmed(request.headers.find("sec-websocket-key").value_or(""))));
  addCommonHeaders(response, context.call.requestId);
  return response;
}

/// The Python client reads text alone, the Node client bytes alone.
bool wantsText(const http::Request& request) {
  return toLower(request.headers.find("user-agent").value_or("")).contains("python");
}

}  // namespace

const schema::Shape& shapeOf(const InstanceExec*) {
  using T = InstanceExec;
  static constexpr Field fields[] = {
      nameInPath<&T::serviceName>("serviceName", "The service."),
      qualifier<&T::qualifier>(),
      nameInPath<&T::functionName>("functionName", "The function."),
      field<&T::instanceId>("instanceId", "The instance.",
                            {.required = true, .maxLength = model::maxName, .in = In::path}),
      field<&T::command>(commandParameter, "The program and its arguments, the parameter repeated.",
                         {.required = true, .in = In::query}),
      field<&T::tty>("tty", "Whether the program is on a terminal.", {.in = In::query}),
      field<&T::input>("stdin", "Whether what the client sends is the program's input.",
                       {.in = In::query}),
      field<&T::output>("stdout", "Whether the client gets the program's output.",
                        {.in = In::query}),
      field<&T::error>("stderr", "Whether the client gets the program's error output.",
                       {.in = In::query}),
      field<&T::idleTimeout>("idleTimeout",
                             "Seconds without a word of either side after which all ends.",
                             {.min = 1, .max = 86'400, .in = In::query}),
  };
  static constexpr schema::Shape shape = schema::shape<T>("InstanceExec", fields);
  return shape;
}

Task<http::Response> instanceExec(Context context, InstanceExec input) {
  if (const auto problem = http::handshakeProblem(context.request())) {
    throw invalidArgument(*problem);
  }
  const ExecOptions options{.terminal = input.tty,
                            .input = input.input,
                            .output = input.output,
                            .error = input.error,
                            .textFrames = wantsText(context.request()),
                            .idle = std::chrono::seconds(input.idleTimeout)};
  auto visit = co_await enter(context, std::move(input));
  constexpr int status = 101;
  if (context.parts.audit != nullptr) co_await audit(context, status, "");
  context.call.audited = true;  // before its end, which may be far away
  auto connection = co_await context.call.exchange.upgrade(handshake(context));
  co_await ExecSession::run(
      std::make_shared<ExecSession>(std::move(connection), std::move(visit), options));
  http::Response response;
  response.status = status;
  co_return response;
}

}  // namespace openfc::api
