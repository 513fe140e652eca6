#include "base/encoding.h"
#include "base/time_text.h"
#include "cli/command.h"
#include "cli/target.h"

#include <boost/json.hpp>

#include <charconv>

namespace openfc::cli {
namespace {

namespace json = boost::json;

constexpr int pageSize = 1000;
constexpr int waitSeconds = 20;

struct UnitRow {
  char letter;
  std::chrono::seconds length;
};
constexpr UnitRow units[] = {{'s', std::chrono::seconds(1)},
                             {'m', std::chrono::minutes(1)},
                             {'h', std::chrono::hours(1)},
                             {'d', std::chrono::hours(24)}};

/// A moment ("2022-03-01T08:00:00Z") or an age ("5m").
Time sinceOf(const std::string& text) {
  if (const auto time = fromIso(text)) return *time;
  int count = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, count);
  for (const UnitRow& unit : units) {
    if (read.ec == std::errc() && count >= 0 && read.ptr + 1 == end && *read.ptr == unit.letter) {
      return SystemClock().now() - count * unit.length;
    }
  }
  throw UsageError("--since: '" + text +
                   "' is neither an age like 5m nor a time like 2022-03-01T08:00:00Z");
}

/// The part of the query that is the same for every page.
std::string filters(const Arguments& arguments) {
  std::string query = "limit=" + std::to_string(pageSize);
  if (arguments.has("request-id"))
    query += "&requestId=" + percentEncode(arguments.text("request-id"));
  if (arguments.has("match")) query += "&contains=" + percentEncode(arguments.text("match"));
  if (arguments.has("since"))
    query += "&since=" + percentEncode(toIso(sinceOf(arguments.text("since"))));
  return query;
}

void print(const Session& session, const json::object& record) {
  if (session.output.json()) return session.output.result(json::serialize(record) + "\n");
  session.output.result(json::value_to<std::string>(record.at("time")) + " " +
                        json::value_to<std::string>(record.at("text")) + "\n");
}

Exit logs(const Session& session) {
  const Target target = targetOf(session.arguments);
  const std::string first = "/openfc/logs/" + percentEncode(target.service) + "/" +
                            percentEncode(target.function) + "?" + filters(session.arguments);
  const bool follows = session.arguments.has("follow");
  for (std::string after;;) {
    http::Request request{.method = "GET", .target = first};
    if (!after.empty()) request.target += "&after=" + after;
    if (follows) request.target += "&wait=" + std::to_string(waitSeconds);
    const json::value page = json::parse(session.client.call(std::move(request)).body);
    const json::array& records = page.at("records").as_array();
    for (const json::value& record : records) print(session, record.as_object());
    if (records.empty() && !follows) return Exit::ok;
    after = json::serialize(page.at("next"));
  }
}

}  // namespace

void addLogs(std::vector<Command>& rows) {
  rows.push_back(
      {"logs",
       "Print what a function printed",
       {{"target", "SERVICE/FUNCTION; the service may be left out (default)", Takes::one, true},
        {"-f,--follow", "Go on printing what comes", Takes::nothing},
        {"-r,--request-id", "Only this request"},
        {"-m,--match", "Only lines that hold this text"},
        {"-s,--since", "An age (30s, 5m, 2h, 1d) or a time (2022-03-01T08:00:00Z)"}},
       &logs});
}

}  // namespace openfc::cli
