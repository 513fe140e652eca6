#include "base/encoding.h"
#include "cli/code_archive.h"
#include "cli/command.h"
#include "cli/function_flags.h"
#include "cli/page_query.h"
#include "cli/target.h"
#include "model/function.h"
#include "model/service.h"
#include "schema/read.h"
#include "schema/write.h"

#include <boost/json.hpp>

namespace openfc::cli {
namespace {

namespace json = boost::json;

enum class Subject { service, function };

/// What one operation's body may hold: the rows of its model, and an object for them to write to.
struct Body {
  const schema::Shape& (*shape)();
  void (*withObject)(const std::function<void(void*)>& use);
  std::string_view nameMember;  // set from the target; "" = an update
};

/// What the command's positional argument names.
enum class Names { nothing, service, function };

/// One operation of the API as a command.
struct Operation {
  std::string_view path;  // of the command
  std::string_view help;
  const char* method;
  Subject subject;
  Names target;
  std::string_view list;  // the member of the answer that holds the listed resources
  std::string_view tail;  // behind the function's path
  std::optional<Body> body;
};

template <class Model>
constexpr Body bodyFor(std::string_view nameMember) {
  return {.shape = [] -> const schema::Shape& { return schema::shapeFor<Model>(); },
          .withObject =
              [](const std::function<void(void*)>& use) {
                Model object;
                use(&object);
              },
          .nameMember = nameMember};
}

const Operation operations[] = {
    {.path = "service create",
     .help = "Create a service",
     .method = "POST",
     .subject = Subject::service,
     .target = Names::service,
     .body = bodyFor<model::ServiceConfig>("serviceName")},
    {.path = "service get",
     .help = "Show a service",
     .method = "GET",
     .subject = Subject::service,
     .target = Names::service},
    {.path = "service list",
     .help = "List services",
     .method = "GET",
     .subject = Subject::service,
     .target = Names::nothing,
     .list = "services"},
    {.path = "service update",
     .help = "Change a service",
     .method = "PUT",
     .subject = Subject::service,
     .target = Names::service,
     .body = bodyFor<model::ServiceConfig>("")},
    {.path = "service delete",
     .help = "Delete a service",
     .method = "DELETE",
     .subject = Subject::service,
     .target = Names::service},
    {.path = "function create",
     .help = "Create a function",
     .method = "POST",
     .subject = Subject::function,
     .target = Names::function,
     .body = bodyFor<model::FunctionConfig>("functionName")},
    {.path = "function get",
     .help = "Show a function",
     .method = "GET",
     .subject = Subject::function,
     .target = Names::function},
    {.path = "function list",
     .help = "List the functions of a service",
     .method = "GET",
     .subject = Subject::function,
     .target = Names::service,
     .list = "functions"},
    {.path = "function update",
     .help = "Change a function",
     .method = "PUT",
     .subject = Subject::function,
     .target = Names::function,
     .body = bodyFor<model::FunctionConfig>("")},
    {.path = "function delete",
     .help = "Delete a function",
     .method = "DELETE",
     .subject = Subject::function,
     .target = Names::function},
    {.path = "function code",
     .help = "Show where a function's code can be downloaded",
     .method = "GET",
     .subject = Subject::function,
     .target = Names::function,
     .tail = "code"},
};

bool settable(const schema::Field& field) { return !field.rules.readOnly && !field.rules.stored; }

/// Calls `use` with each row that a client may set.
template <class Use>
void forEachField(const schema::Shape& shape, const Use& use) {
  for (const schema::Field& field : shape.fields) {
    if (settable(field)) use(field);
  }
}

Option optionOf(const schema::Field& field) {
  using schema::Kind;
  Option option{.names = "--" + std::string(field.name), .help = std::string(field.doc)};
  const Kind kind =
      field.type->kind == Kind::optional ? field.type->element->kind : field.type->kind;
  if (kind == Kind::boolean) option.takes = Takes::truth;
  if (kind == Kind::object || kind == Kind::map) option.help += " JSON or @FILE.";
  if (kind == Kind::list) option.help += " JSON, or a,b,c.";
  return option;
}

std::vector<Option> optionsOf(const Operation& operation) {
  std::vector<Option> options;
  if (operation.target != Names::nothing) {
    const bool isFunction = operation.target == Names::function;
    options.push_back({"target", isFunction ? "The function" : "The service", Takes::one, true,
                       isFunction ? "SERVICE[.QUALIFIER]/FUNCTION" : "SERVICE"});
  }
  if (!operation.list.empty()) addPageOptions(options);
  if (operation.method != std::string_view("GET") && operation.method != std::string_view("POST")) {
    options.push_back({"--if-match", "Only when the resource's ETag is this"});
  }
  if (!operation.body) return options;
  options.push_back({"--json", "The body as JSON, or @FILE (@- is standard input). Flags win"});
  const bool isFunction = operation.subject == Subject::function;
  forEachField(operation.body->shape(), [&](const schema::Field& field) {
    options.push_back(isFunction ? functionFlag(optionOf(field)) : optionOf(field));
  });
  if (isFunction) {
    options.push_back(environmentFlag());
    options.push_back({"--code", "Directory or ZIP file with the code", Takes::one, false, "PATH"});
    options.push_back(excludeFlag());
  }
  return options;
}

/// What stands behind a flag; of a structured one it may stand in a file.
std::string given(const Session& session, const schema::Field& field) {
  const std::string text = session.arguments.text(std::string(field.name));
  const bool plain = field.type->kind == schema::Kind::text;
  return plain ? text : textOrFile(text, session.world.in);
}

/// Adds the members that flags set, as their types say.
void addFlags(json::object& body, const Body& kind, const Session& session) {
  const Arguments& arguments = session.arguments;
  schema::Problems problems;
  kind.withObject([&](void* object) {
    forEachField(kind.shape(), [&](const schema::Field& field) {
      const std::string name(field.name);
      if (!arguments.has(name)) return;
      schema::readText(field, object, given(session, field), problems);
      body[name] = schema::writeValue(*field.type, field.memberOf(object), schema::Audience::store);
    });
  });
  if (!problems.empty()) throw UsageError(problems.text());
}

json::object bodyOf(const Session& session, const Body& kind, const std::string& name) {
  json::object body;
  if (session.arguments.has("json")) {
    std::error_code failure;
    const json::value given =
        json::parse(textOrFile(session.arguments.text("json"), session.world.in), failure);
    if (failure || !given.is_object())
      throw UsageError("--json: neither a JSON object nor @FILE with one");
    body = given.get_object();
  }
  addFlags(body, kind, session);
  addEnvironment(body, session.arguments);
  if (!kind.nameMember.empty()) body[kind.nameMember] = name;
  if (session.arguments.has("code")) {
    const std::string zip =
        codeOf(session.arguments.text("code"), session.arguments.list("exclude"));
    body["code"] = {{"zipFile", toBase64(zip)}};
  }
  return body;
}

/// The API's path: a collection for creating and listing, else the resource itself.
std::string pathOf(const Operation& operation, const Target& target) {
  const bool collection =
      !operation.list.empty() || (operation.body && !operation.body->nameMember.empty());
  if (operation.subject == Subject::service) {
    return collection ? apiPath({"services"}) : apiPath({"services", target.service});
  }
  if (collection) return apiPath({"services", target.service, "functions"});
  std::string path = apiPath({"services", target.service, "functions", target.function});
  return operation.tail.empty() ? path : path + "/" + std::string(operation.tail);
}

Target resourceOf(const Operation& operation, const Arguments& arguments) {
  if (operation.target == Names::function) return targetOf(arguments);
  return {.service = arguments.text("target"), .function = ""};
}

void show(const Session& session, const Operation& operation, const http::Response& response) {
  if (response.body.empty()) return;
  const json::value answer = json::parse(response.body);
  if (operation.list == "services") {
    session.output.showList(answer, "services", {"serviceName", "description", "lastModifiedTime"});
  } else if (operation.list == "functions") {
    session.output.showList(
        answer, "functions",
        {"functionName", "runtime", "memorySize", "timeout", "lastModifiedTime"});
  } else {
    session.output.show(answer);
  }
}

Exit run(const Session& session, const Operation& operation) {
  const Target target = resourceOf(operation, session.arguments);
  http::Request request{.method = operation.method,
                        .target = pathOf(operation, target) + pageQueryOf(session.arguments)};
  if (session.arguments.has("if-match")) {
    request.headers.add("If-Match", session.arguments.text("if-match"));
  }
  if (operation.body) {
    const bool isFunction = operation.subject == Subject::function;
    request.body = json::serialize(
        bodyOf(session, *operation.body, isFunction ? target.function : target.service));
    request.headers.add("Content-Type", "application/json");
  }
  show(session, operation, session.client.call(std::move(request)));
  return Exit::ok;
}

}  // namespace

void addResources(std::vector<Command>& rows) {
  for (const Operation& operation : operations) {
    rows.push_back({std::string(operation.path), std::string(operation.help), optionsOf(operation),
                    [&operation](const Session& session) { return run(session, operation); }});
  }
}

}  // namespace openfc::cli
