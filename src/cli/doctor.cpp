#include "cli/command.h"
#include "cli/machine.h"

#include <boost/json.hpp>

#include <fmt/core.h>

#include <algorithm>

namespace openfc::cli {
namespace {

namespace json = boost::json;

constexpr std::string_view stateNames[] = {"ok", "warn", "lacks"};

std::string_view nameOf(State state) { return stateNames[static_cast<std::size_t>(state)]; }

/// Says for each thing that a feature needs whether this machine has it. Ends with 1 when something
/// is lacking that functions cannot run without.
Exit doctor(const Session& session) {
  const std::vector<Finding> findings =
      examine({.data = session.arguments.text("data", "/var/lib/openfc"),
               .endpoint = session.client.settings().endpoint});
  json::array rows;
  for (const Finding& finding : findings) {
    if (session.output.json()) {
      rows.push_back({{"check", finding.check},
                      {"state", nameOf(finding.state)},
                      {"found", finding.found},
                      {"feature", finding.feature}});
      continue;
    }
    session.output.result(
        fmt::format("{:<6} {:<22} {}\n", nameOf(finding.state), finding.check, finding.found));
    if (finding.state != State::ok) {
      session.output.result(fmt::format("{:<29} for: {}\n", "", finding.feature));
    }
  }
  if (session.output.json()) session.output.show(rows);
  const bool lacking = std::ranges::any_of(
      findings, [](const Finding& finding) { return finding.state == State::lacks; });
  return lacking ? Exit::functionError : Exit::ok;
}

}  // namespace

void addDoctor(std::vector<Command>& rows) {
  rows.push_back(
      {"doctor",
       "Say what this machine lacks for which feature",
       {{"--data", "Data directory to measure (/var/lib/openfc, else the temporary directory)"}},
       &doctor});
}

}  // namespace openfc::cli
