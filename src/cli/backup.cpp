#include "backup/backup.h"

#include "cli/command.h"

#include <boost/json.hpp>

#include <fmt/core.h>

namespace openfc::cli {
namespace {

namespace json = boost::json;

const std::string defaultData = "/var/lib/openfc";

void tell(const Session& session, const backup::Summary& summary, const std::string& done) {
  if (session.output.json()) {
    session.output.show(json::object{{"documents", summary.documents},
                                     {"files", summary.files},
                                     {"bytes", summary.bytes},
                                     {"hostKeyId", summary.hostKeyId},
                                     {"hostKey", summary.hostKey}});
    return;
  }
  session.output.result(fmt::format("{}: {} documents, {} files, {:.1f} MB\n", done,
                                    summary.documents, summary.files,
                                    static_cast<double>(summary.bytes) / 1e6));
}

Exit makeBackup(const Session& session) {
  const Arguments& arguments = session.arguments;
  const std::string target = arguments.text("directory");
  const auto summary =
      backup::make(arguments.text("data", defaultData), target, !arguments.has("without-host-key"));
  tell(session, summary, "backed up to " + target);
  session.output.note(summary.hostKey
                          ? "it holds the host key: who can read it can read every secret"
                          : "it is useless without the host key " + summary.hostKeyId);
  return Exit::ok;
}

Exit restoreBackup(const Session& session) {
  const Arguments& arguments = session.arguments;
  const std::string data = arguments.text("data", defaultData);
  std::optional<std::filesystem::path> key;
  if (arguments.has("host-key")) key = arguments.text("host-key");
  tell(session, backup::restore(arguments.text("directory"), data, key), "restored to " + data);
  return Exit::ok;
}

}  // namespace

void addBackup(std::vector<Command>& rows) {
  const Option data{"--data", "The server's data directory (/var/lib/openfc)"};
  rows.push_back(
      {"backup",
       "Copy the data of a server, which may be running, to a new directory",
       {{"directory", "The directory that is made", Takes::one, true},
        data,
        {"--without-host-key", "Leave out the key that opens the data; keep a copy of it elsewhere",
         Takes::nothing}},
       &makeBackup});
  rows.push_back({"restore",
                  "Make a new data directory from a backup",
                  {{"directory", "The backup", Takes::one, true},
                   data,
                   {"--host-key", "File of the host key, for a backup that has none"}},
                  &restoreBackup});
}

}  // namespace openfc::cli
