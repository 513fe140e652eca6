#include "base/encoding.h"
#include "cli/code_archive.h"
#include "cli/command.h"
#include "cli/page_query.h"

#include <boost/json.hpp>

/// `openfc key …` and `openfc role …`: who may call the API, and as what functions call it.
namespace openfc::cli {
namespace {

namespace json = boost::json;

/// What a command's body may hold.
enum class Body {
  none,
  key,         // description, policies, full access
  role,        // description, policies
  namedRole,   // the same and the role's name
  enabled,     // {"enabled": true}
  notEnabled,  // {"enabled": false}
};

/// One operation as a command.
struct Row {
  std::string_view path;  // of the command
  std::string_view help;
  const char* method;
  std::string_view collection;  // "keys" or "roles"
  bool named = true;            // takes the id or name of one of them …
  bool inPath = true;           // … and has it in the path
  std::string_view tail;        // behind it
  Body body = Body::none;
  bool listed = false;
  std::string_view note;  // for people, behind the result
};

constexpr std::string_view shownOnce =
    "keep the secret now: it is not shown again (sign with ACCESS_KEY_ID and ACCESS_KEY_SECRET)";

constexpr Row rows[] = {
    {.path = "key create",
     .help = "Make an access key; without policies and full access it may do nothing",
     .method = "POST",
     .collection = "keys",
     .named = false,
     .body = Body::key,
     .note = shownOnce},
    {.path = "key list",
     .help = "List the access keys of the account, without those of the server's configuration",
     .method = "GET",
     .collection = "keys",
     .named = false,
     .listed = true},
    {.path = "key get",
     .help = "Show an access key, without its secret",
     .method = "GET",
     .collection = "keys"},
    {.path = "key update",
     .help = "Change what an access key may do; new policies replace all it has",
     .method = "PUT",
     .collection = "keys",
     .body = Body::key},
    {.path = "key enable",
     .help = "Take requests with an access key again",
     .method = "PUT",
     .collection = "keys",
     .body = Body::enabled},
    {.path = "key disable",
     .help = "Refuse requests with an access key from now on",
     .method = "PUT",
     .collection = "keys",
     .body = Body::notEnabled},
    {.path = "key rotate",
     .help = "Give an access key another secret; the old one ends at once",
     .method = "POST",
     .collection = "keys",
     .tail = "secret",
     .note = shownOnce},
    {.path = "key delete",
     .help = "Delete an access key",
     .method = "DELETE",
     .collection = "keys"},
    {.path = "role create",
     .help = "Make a role for services, whose functions then may what its policies allow",
     .method = "POST",
     .collection = "roles",
     .inPath = false,
     .body = Body::namedRole},
    {.path = "role list",
     .help = "List the roles of the account",
     .method = "GET",
     .collection = "roles",
     .named = false,
     .listed = true},
    {.path = "role get", .help = "Show a role", .method = "GET", .collection = "roles"},
    {.path = "role update",
     .help = "Change a role; new policies replace all it has",
     .method = "PUT",
     .collection = "roles",
     .body = Body::role},
    {.path = "role delete",
     .help = "Delete a role; the temporary credentials of its functions end with it",
     .method = "DELETE",
     .collection = "roles"},
};

bool describes(Body body) {
  return body == Body::key || body == Body::role || body == Body::namedRole;
}

std::vector<Option> optionsOf(const Row& row) {
  std::vector<Option> options;
  if (row.named)
    options.push_back({"target", row.collection == "keys" ? "The access key" : "The role",
                       Takes::one, true, row.collection == "keys" ? "ACCESS_KEY_ID" : "ROLE"});
  if (row.listed) addPageOptions(options);
  if (row.named && row.inPath && row.method != std::string_view("GET")) {
    options.push_back({"--if-match", "Only when its ETag is this"});
  }
  if (!describes(row.body)) return options;
  options.push_back({"--description", "Free text"});
  options.push_back(
      {"--policy", "A RAM policy document; may be repeated", Takes::many, false, "NAME=@FILE"});
  if (row.body == Body::key) {
    options.push_back(
        {"--full-access", "Everything in the account, whatever policies say", Takes::truth});
  }
  return options;
}

/// The documents as texts, by their names.
json::object policiesOf(const Session& session) {
  json::object policies;
  for (const std::string& given : session.arguments.list("policy")) {
    const auto equals = given.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == given.size()) {
      throw UsageError("--policy: '" + given + "' is not NAME=@FILE");
    }
    if (policies.contains(given.substr(0, equals))) {
      throw UsageError("--policy: the name '" + given.substr(0, equals) + "' occurs twice");
    }
    policies[given.substr(0, equals)] = textOrFile(given.substr(equals + 1), session.world.in);
  }
  return policies;
}

json::object bodyOf(const Session& session, const Row& row) {
  json::object body;
  if (row.body == Body::enabled || row.body == Body::notEnabled) {
    body["enabled"] = row.body == Body::enabled;
    return body;
  }
  const Arguments& arguments = session.arguments;
  if (row.body == Body::namedRole) body["roleName"] = arguments.text("target");
  if (arguments.has("description")) body["description"] = arguments.text("description");
  if (arguments.has("policy")) body["policies"] = policiesOf(session);
  if (arguments.has("full-access")) body["fullAccess"] = arguments.text("full-access") == "true";
  return body;
}

std::string targetOf(const Session& session, const Row& row) {
  std::string target = "/openfc/" + std::string(row.collection);
  const Arguments& arguments = session.arguments;
  if (row.named && row.inPath) target += "/" + percentEncode(arguments.text("target"));
  if (!row.tail.empty()) target += "/" + std::string(row.tail);
  return row.listed ? target + pageQueryOf(arguments) : target;
}

void show(const Session& session, const Row& row, const http::Response& response) {
  if (response.body.empty()) return;
  const json::value answer = json::parse(response.body);
  if (!row.listed) {
    session.output.show(answer);
  } else if (row.collection == "keys") {
    session.output.showList(answer, "keys",
                            {"accessKeyId", "enabled", "fullAccess", "description", "createdTime"});
  } else {
    session.output.showList(answer, "roles", {"roleName", "description", "lastModifiedTime"});
  }
  if (!row.note.empty()) session.output.note(row.note);
}

Exit run(const Session& session, const Row& row) {
  http::Request request{.method = row.method, .target = targetOf(session, row)};
  if (session.arguments.has("if-match")) {
    request.headers.add("If-Match", session.arguments.text("if-match"));
  }
  if (row.body != Body::none) {
    request.headers.add("Content-Type", "application/json");
    request.body = json::serialize(bodyOf(session, row));
  }
  show(session, row, session.client.call(std::move(request)));
  return Exit::ok;
}

}  // namespace

void addAccess(std::vector<Command>& out) {
  for (const Row& row : rows) {
    out.push_back({std::string(row.path), std::string(row.help), optionsOf(row),
                   [&row](const Session& session) { return run(session, row); }});
  }
}

}  // namespace openfc::cli
