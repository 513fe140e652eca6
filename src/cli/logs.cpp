#include "base/encoding.h"
#include "base/time_text.h"
#include "cli/command.h"
#include "cli/target.h"

#include <boost/json.hpp>

#include <cctype>
#include <charconv>
#include <deque>
#include <optional>

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

/// "2022-03-01T08:00:00" and "2022-03-01 08:00:00": loggers of some languages say the time.
bool beginsWithTime(std::string_view text) {
  constexpr std::string_view form = "0000-00-00?00:00:00";
  if (text.size() < form.size()) return false;
  for (std::size_t i = 0; i < form.size(); ++i) {
    const bool fits = form[i] == '0'   ? std::isdigit(static_cast<unsigned char>(text[i])) != 0
                      : form[i] == '?' ? text[i] == 'T' || text[i] == ' '
                                       : text[i] == form[i];
    if (!fits) return false;
  }
  return true;
}

void print(const Session& session, const json::object& record) {
  if (session.output.json()) return session.output.result(json::serialize(record) + "\n");
  const auto text = json::value_to<std::string>(record.at("text"));
  const std::string time =
      beginsWithTime(text) ? "" : json::value_to<std::string>(record.at("time")) + " ";
  session.output.result(time + text + "\n");
}

/// Keeps the last lines until there are no more for the moment.
class Tail {
public:
  /// Nothing: all lines.
  explicit Tail(std::optional<long long> most) : most_(most) {
    if (most_ && *most_ < 0) throw UsageError("--lines: a number from 0 on");
  }

  void take(const Session& session, const json::object& record) {
    if (!most_) return print(session, record);
    lines_.push_back(record);
    if (static_cast<long long>(lines_.size()) > *most_) lines_.pop_front();
  }
  /// Prints what it has kept, and from now on each line at once.
  void end(const Session& session) {
    for (const json::object& line : lines_) print(session, line);
    lines_.clear();
    most_.reset();
  }

private:
  std::optional<long long> most_;
  std::deque<json::object> lines_;
};

Exit logs(const Session& session) {
  const Target target = targetOf(session.arguments);
  const std::string first = "/openfc/logs/" + percentEncode(target.service) + "/" +
                            percentEncode(target.function) + "?" + filters(session.arguments);
  const bool follows = session.arguments.has("follow");
  Tail tail(session.arguments.number("lines"));
  bool waits = false;
  for (std::string after;;) {
    http::Request request{.method = "GET", .target = first};
    if (!after.empty()) request.target += "&after=" + after;
    if (waits) request.target += "&wait=" + std::to_string(waitSeconds);
    const json::value page = json::parse(session.client.call(std::move(request)).body);
    const json::array& records = page.at("records").as_array();
    for (const json::value& record : records) tail.take(session, record.as_object());
    after = json::serialize(page.at("next"));
    if (!records.empty()) continue;
    tail.end(session);
    if (!follows) return Exit::ok;
    waits = true;
  }
}

}  // namespace

void addLogs(std::vector<Command>& rows) {
  rows.push_back({"logs",
                  "Print what a function printed",
                  {{"target", "The function; the service may be left out [default]", Takes::one,
                    true, "SERVICE/FUNCTION"},
                   {"-f,--follow", "Go on printing what comes", Takes::nothing},
                   {"-n,--lines", "Only the last so many lines", Takes::one, false, "COUNT"},
                   {"-r,--request-id", "Only this request"},
                   {"-m,--match", "Only lines that hold this text"},
                   {"-s,--since", "An age (30s, 5m, 2h, 1d) or a time (2022-03-01T08:00:00Z)"}},
                  &logs,
                  {"openfc logs default/hello -n 20 -f",
                   "openfc logs orders/create --since 10m --match ERROR"}});
}

}  // namespace openfc::cli
