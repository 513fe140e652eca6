#include "api/operations.h"
#include "cli/code_archive.h"
#include "cli/command.h"
#include "cli/operation_command.h"

#include <boost/json.hpp>

#include <set>

/// `openfc api <Operation>`: every operation of the table as a command.
namespace openfc::cli {
namespace {

namespace json = boost::json;

std::vector<Option> optionsOf(const api::Operation& operation) {
  std::vector<Option> options;
  forEachInput(operation, [&](const schema::Field& field) { options.push_back(optionOf(field)); });
  if (operation.raw || api::readsBody(operation))
    options.push_back({"--body", "The body, or @FILE (@- is standard input). Flags win"});
  options.push_back({"-v,--verbose", "Show status and headers of the answer", Takes::nothing});
  return options;
}

std::string givenBody(const Session& session) {
  return textOrFile(session.arguments.text("body"), session.world.in);
}

json::object jsonBody(const Session& session) {
  if (!session.arguments.has("body")) return {};
  std::error_code failure;
  json::value value = json::parse(givenBody(session), failure);
  if (failure || !value.is_object()) throw UsageError("--body: not a JSON object");
  return std::move(value.as_object());
}

Exit run(const Session& session, const api::Operation& operation) {
  const bool takesJson = api::readsBody(operation);
  http::Request request = requestOf(session, operation, session.arguments,
                                    takesJson ? jsonBody(session) : json::object());
  if (!takesJson && operation.raw && session.arguments.has("body")) {
    request.headers.add("Content-Type", "application/octet-stream");
    request.body = givenBody(session);
  }
  const http::Response response = session.client.call(std::move(request));
  if (session.arguments.has("verbose")) {
    session.output.detail("HTTP " + std::to_string(response.status));
    for (const http::Header& header : response.headers.all())
      session.output.detail(header.name + ": " + header.value);
  }
  const std::string type(response.headers.find("content-type").value_or(""));
  std::error_code failure;
  const bool isJson = type.starts_with("application/json");
  const json::value value = isJson ? json::parse(response.body, failure) : json::value();
  session.output.result(isJson && !failure ? prettyJson(value) : response.body);
  return response.headers.has("x-fc-error-type") ? Exit::functionError : Exit::ok;
}

}  // namespace

void addApi(std::vector<Command>& rows) {
  std::set<std::string_view> seen;
  for (const api::Operation& operation : api::operations()) {
    if (!seen.insert(operation.name).second) continue;
    rows.push_back({"api " + std::string(operation.name), std::string(operation.doc),
                    optionsOf(operation),
                    [&operation](const Session& session) { return run(session, operation); }});
  }
}

}  // namespace openfc::cli
