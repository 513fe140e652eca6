#include "api/operations.h"
#include "base/encoding.h"
#include "cli/code_archive.h"
#include "cli/command.h"
#include "cli/operation_command.h"
#include "cli/target.h"

#include <boost/json.hpp>

#include <algorithm>

/// Words of their own for operations of the API: `openfc version publish SERVICE`, `openfc trigger
/// create SERVICE/FUNCTION TRIGGER` and so on. Each row names its operation; flags and rules are
/// the operation's.
namespace openfc::cli {
namespace {

namespace json = boost::json;

/// Fields of the operation that are given by their place instead of by a flag.
struct Place {
  std::string_view name;  // of the field; `function` and `service` stand for several
  std::string_view shown;
  std::string_view help;
};

constexpr std::string_view functionPlace = "function";
constexpr std::string_view codePlace = "code";
constexpr std::string_view taggedPlace = "resourceArn";
constexpr std::string_view tagsPlace = "tags";
constexpr std::string_view tagKeysPlace = "tagKeys";

constexpr Place service = {"serviceName", "SERVICE", "The service"};
constexpr Place function = {functionPlace, "SERVICE[.QUALIFIER]/FUNCTION", "The function"};
constexpr Place layer = {"layerName", "LAYER", "The layer's name"};
constexpr Place layerVersion = {"version", "VERSION", "Number of the version"};
constexpr Place alias = {"aliasName", "ALIAS", "The alias's name"};
constexpr Place trigger = {"triggerName", "TRIGGER", "The trigger's name"};
constexpr Place domain = {"domainName", "DOMAIN", "The domain"};
constexpr Place code = {codePlace, "DIR",
                        "Directory, or ZIP file, with what the layer holds at /opt"};
constexpr Place tagged = {taggedPlace, "SERVICE", "The service, or its ARN"};

/// One operation as a command.
struct Word {
  std::string_view path;
  std::string_view operation;
  std::vector<Place> places;
  std::string_view list;                  // the member of the answer that holds a list …
  std::vector<std::string_view> columns;  // … and what a table shows of it
  std::vector<std::string> examples;
};

const Word words[] = {
    {"version publish",
     "PublishServiceVersion",
     {service},
     "",
     {},
     {"openfc version publish orders --description 'as tested'"}},
    {"version list",
     "ListServiceVersions",
     {service},
     "versions",
     {"versionId", "description", "createdTime"}},
    {"version delete",
     "DeleteServiceVersion",
     {service, {"versionId", "VERSION", "Number of the version"}}},
    {"alias list",
     "ListAliases",
     {service},
     "aliases",
     {"aliasName", "versionId", "additionalVersionWeight", "description"}},
    {"alias get", "GetAlias", {service, alias}},
    {"alias delete", "DeleteAlias", {service, alias}},
    {"provision set",
     "PutProvisionConfig",
     {function, {"target", "COUNT", "Instances that are kept ready; 0 = none"}},
     "",
     {},
     {"openfc provision set orders.prod/create 3"}},
    {"provision get", "GetProvisionConfig", {function}},
    {"provision list",
     "ListProvisionConfigs",
     {},
     "provisionConfigs",
     {"resource", "target", "current", "currentError"}},
    {"trigger create",
     "CreateTrigger",
     {function, trigger},
     "",
     {},
     {"openfc trigger create orders/create http --triggerType http --triggerConfig "
      "'{\"authType\": \"anonymous\", \"methods\": [\"GET\", \"POST\"]}'",
      "openfc trigger create orders/report nightly --triggerType timer --triggerConfig "
      "@timer.json"}},
    {"trigger list",
     "ListTriggers",
     {function},
     "triggers",
     {"triggerName", "triggerType", "qualifier", "lastModifiedTime"}},
    {"trigger get", "GetTrigger", {function, trigger}},
    {"trigger update", "UpdateTrigger", {function, trigger}},
    {"trigger delete", "DeleteTrigger", {function, trigger}},
    {"domain create",
     "CreateCustomDomain",
     {domain},
     "",
     {},
     {"openfc domain create www.example.com --protocol HTTP --routeConfig @routes.json"}},
    {"domain list",
     "ListCustomDomains",
     {},
     "customDomains",
     {"domainName", "protocol", "lastModifiedTime"}},
    {"domain get", "GetCustomDomain", {domain}},
    {"domain update", "UpdateCustomDomain", {domain}},
    {"domain delete", "DeleteCustomDomain", {domain}},
    {"tag add",
     "TagResource",
     {tagged, {tagsPlace, "KEY=VALUE", "Tags to add or overwrite"}},
     "",
     {},
     {"openfc tag add orders team=shop stage=prod"}},
    {"tag list", "GetResourceTags", {tagged}},
    {"tag remove", "UntagResource", {tagged, {tagKeysPlace, "KEY", "Keys to remove"}}},
    {"instance list", "ListInstances", {function}, "instances", {"instanceId", "versionId"}},
    {"layer publish",
     "PublishLayerVersion",
     {layer, code},
     "",
     {},
     {"openfc layer publish requests ./layer --compatibleRuntime python3,python3.9"}},
    {"layer list",
     "ListLayers",
     {},
     "layers",
     {"layerName", "version", "compatibleRuntime", "description"}},
    {"layer versions",
     "ListLayerVersions",
     {layer},
     "layers",
     {"layerName", "version", "compatibleRuntime", "createTime"}},
    {"layer get", "GetLayerVersion", {layer, layerVersion}},
    {"layer delete", "DeleteLayerVersion", {layer, layerVersion}},
};

bool givenByPlace(const Word& word, std::string_view field) {
  return std::ranges::any_of(word.places, [field](const Place& place) {
    if (place.name == field) return true;
    return place.name == functionPlace && (field == "serviceName" || field == "functionName");
  });
}

std::vector<Option> optionsOf(const Word& word, const api::Operation& operation) {
  std::vector<Option> options;
  for (const Place& place : word.places) {
    const bool many = place.name == tagsPlace || place.name == tagKeysPlace;
    options.push_back({.names = std::string(place.name),
                       .help = std::string(place.help),
                       .takes = many ? Takes::many : Takes::one,
                       // All of the tags may be removed by a flag instead.
                       .required = place.name != tagKeysPlace,
                       .shown = std::string(place.shown)});
  }
  forEachInput(operation, [&](const schema::Field& field) {
    if (!givenByPlace(word, field.name)) options.push_back(optionOf(field));
  });
  return options;
}

json::object tagsOf(const std::vector<std::string>& pairs) {
  json::object tags;
  for (const std::string& pair : pairs) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0)
      throw UsageError("'" + pair + "' is not KEY=VALUE");
    tags[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  return tags;
}

/// The arguments with what places say under the names of the operation's fields.
Arguments byField(const Word& word, const Arguments& given) {
  Arguments arguments = given;
  for (const Place& place : word.places) {
    const std::string name(place.name);
    if (!given.has(name)) continue;
    if (place.name == functionPlace) {
      const Target target = targetOf(given.text(name));
      const auto dot = target.service.find('.');
      arguments.add("serviceName", {target.service.substr(0, dot)});
      arguments.add("functionName", {target.function});
      if (dot != std::string::npos) arguments.add("qualifier", {target.service.substr(dot + 1)});
    } else if (place.name == taggedPlace && !given.text(name).contains(':') &&
               !given.text(name).contains('/')) {
      arguments.add(name, {"services/" + given.text(name)});
    } else if (place.name == tagsPlace) {
      arguments.add(name, {json::serialize(tagsOf(given.list(name)))});
    } else if (place.name == tagKeysPlace) {
      json::array keys;
      for (const std::string& key : given.list(name)) keys.emplace_back(key);
      arguments.add(name, {json::serialize(keys)});
    } else if (place.name == codePlace) {
      const std::string zip = codeOf(given.text(name), {});
      arguments.add(name, {json::serialize(json::object{{"zipFile", toBase64(zip)}})});
    }
  }
  return arguments;
}

Exit run(const Session& session, const Word& word, const api::Operation& operation) {
  const http::Response response = session.client.call(
      requestOf(session, operation, byField(word, session.arguments), json::object()));
  if (response.body.empty()) return Exit::ok;
  const json::value answer = json::parse(response.body);
  if (word.list.empty()) {
    session.output.show(answer);
  } else {
    session.output.showList(answer, word.list, word.columns);
  }
  return Exit::ok;
}

/// "V=20%" as the member additionalVersionWeight: {"V": 0.2}.
json::object weightOf(const std::string& text) {
  const auto equals = text.find('=');
  const bool complete = equals != std::string::npos && equals > 0 && text.ends_with('%');
  const std::string number = complete ? text.substr(equals + 1, text.size() - equals - 2) : "";
  std::error_code failure;
  const json::value percent = json::parse(number, failure);
  const double share = failure || !percent.is_number() ? -1 : percent.to_number<double>() / 100;
  if (share < 0 || share > 1)
    throw UsageError("--canary: '" + text + "' is not VERSION=PERCENT%, like 3=20%");
  return {{text.substr(0, equals), share}};
}

/// Makes the alias, or changes it when it is there. Without --canary all goes to the one version.
Exit setAlias(const Session& session) {
  const Arguments& arguments = session.arguments;
  const std::string ofService = arguments.text("serviceName");
  const std::string name = arguments.text("aliasName");
  json::object body{{"versionId", arguments.text("versionId")},
                    {"additionalVersionWeight", json::object()}};
  if (arguments.has("canary")) body["additionalVersionWeight"] = weightOf(arguments.text("canary"));
  if (arguments.has("description")) body["description"] = arguments.text("description");
  http::Request request{.method = "PUT",
                        .target = apiPath({"services", ofService, "aliases", name})};
  request.headers.add("Content-Type", "application/json");
  request.body = json::serialize(body);
  try {
    session.output.show(json::parse(session.client.call(request).body));
    return Exit::ok;
  } catch (const ApiError& error) {
    if (error.code() != "AliasNotFound") throw;
  }
  body["aliasName"] = name;
  request.method = "POST";
  request.target = apiPath({"services", ofService, "aliases"});
  request.body = json::serialize(body);
  session.output.show(json::parse(session.client.call(request).body));
  return Exit::ok;
}

Option positional(const Place& place) {
  return {.names = std::string(place.name),
          .help = std::string(place.help),
          .required = true,
          .shown = std::string(place.shown)};
}

}  // namespace

void addWords(std::vector<Command>& rows) {
  rows.push_back(
      {"alias set",
       "Create an alias of a version, or change it",
       {positional(service),
        positional(alias),
        positional({"versionId", "VERSION", "The version that it names"}),
        {"--canary", "Share of the invocations for another version", Takes::one, false,
         "VERSION=PERCENT%"},
        {"--description", "Free text"}},
       &setAlias,
       {"openfc alias set orders prod 2", "openfc alias set orders prod 2 --canary 3=20%"}});
  for (const Word& word : words) {
    const api::Operation& operation = *api::findOperation(word.operation);
    rows.push_back(
        {std::string(word.path), std::string(operation.doc), optionsOf(word, operation),
         [&word, &operation](const Session& session) { return run(session, word, operation); },
         word.examples});
  }
}

}  // namespace openfc::cli
