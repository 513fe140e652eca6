#include "cli/command.h"

#include <boost/json.hpp>

namespace openfc::cli {
namespace {

namespace json = boost::json;

Exit version(const Session& session) {
  const std::string commit =
      OPENFC_COMMIT;  // "abc1234 2022-03-01", or nothing when built outside of git
  const auto blank = commit.find(' ');
  if (session.output.json()) {
    session.output.show(
        json::object{{"version", OPENFC_VERSION},
                     {"commit", commit.substr(0, blank)},
                     {"date", blank == std::string::npos ? "" : commit.substr(blank + 1)}});
  } else {
    session.output.result("openfc " OPENFC_VERSION + (commit.empty() ? "" : " (" + commit + ")") +
                          "\n");
  }
  return Exit::ok;
}

}  // namespace

void addVersion(std::vector<Command>& rows) {
  rows.push_back({"version", "Print the version of this program", {}, &version});
}

}  // namespace openfc::cli
