#include "api/versions.h"

#include "api/resource.h"
#include "api/rows.h"
#include "base/error.h"
#include "model/keys.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace openfc::api {
namespace {

using schema::field;
using schema::Field;
using schema::In;
using schema::Shape;

constexpr std::string_view forward = "FORWARD";
constexpr std::string_view directions[] = {forward, "BACKWARD"};

bool isNumber(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

constexpr schema::Pattern numberPattern{isNumber, "^[0-9]+$"};

/// What is above every version stands for the highest.
int boundary(std::string_view digits) {
  int version = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), version);
  return read.ec == std::errc() ? version : std::numeric_limits<int>::max();
}

template <auto member>
consteval Field versionBoundary(std::string_view name, std::string_view doc) {
  return field<member>(name, doc,
                       {.maxLength = model::maxName, .pattern = &numberPattern, .in = In::query});
}

/// A service at one moment; a commit that keeps to `conditions` holds only if nothing of it has
/// changed since.
struct Snapshot {
  Stored<model::Service> service;
  std::vector<store::Document> functions;
  model::VersionState state;
  store::Expect stateBefore = store::Expect::absent();
  std::vector<store::Operation> conditions;
};

/// What every creation of a function writes is read before the functions are, so that one that
/// comes in between is told.
Task<Snapshot> snapshotOf(Context context, std::string name) {
  const std::string& account = context.account();
  Snapshot out{.service = co_await getService(context, name)};
  if (const auto state =
          co_await context.parts.documents.find(model::versionStateKey(account, name))) {
    out.state = model::fromDocument<model::VersionState>(state->value);
    out.stateBefore = store::Expect::at(state->revision);
  }
  const std::string countKey = model::functionCountKey(account, name);
  const auto count = co_await context.parts.documents.find(countKey);
  out.functions = co_await allUnder(context, model::functionsPrefix(account, name));
  out.conditions.push_back(
      store::require(out.service.key, store::Expect::at(out.service.revision)));
  out.conditions.push_back(store::require(
      countKey, count ? store::Expect::at(count->revision) : store::Expect::absent()));
  for (const store::Document& function : out.functions)
    out.conditions.push_back(store::require(function.key, store::Expect::at(function.revision)));
  co_return out;
}

std::vector<model::Function> functionsOf(const Snapshot& snapshot) {
  std::vector<model::Function> out;
  out.reserve(snapshot.functions.size());
  for (const store::Document& document : snapshot.functions)
    out.push_back(model::fromDocument<model::Function>(document.value));
  return out;
}

/// Throws Error{versionPublishError} when the latest version froze the same (V-02).
Task<> refuseUnchanged(Context context, std::string name, std::string digest) {
  const auto last = co_await context.parts.documents.pageDown(
      model::versionsPrefix(context.account(), name), "", 1);
  if (last.empty()) co_return;
  const auto version = model::fromDocument<model::Version>(last[0].value);
  if (version.digest == digest) throw errorOf(Code::versionPublishError, {version.versionId});
}

std::vector<store::Operation> writesOf(const Context& context, Snapshot snapshot,
                                       const model::Version& version) {
  const std::string& account = context.account();
  const std::string& service = snapshot.service.value.serviceName;
  const int number = snapshot.state.lastVersion;
  std::vector<store::Operation> out = std::move(snapshot.conditions);
  out.push_back(store::put(model::versionStateKey(account, service),
                           model::toDocument(snapshot.state), snapshot.stateBefore));
  out.push_back(
      store::put(model::versionKey(account, service, number), model::toDocument(version)));
  const std::size_t prefix = model::functionsPrefix(account, service).size();
  for (store::Document& function : snapshot.functions) {
    out.push_back(
        store::put(model::publishedKey(account, service, number, function.key.substr(prefix)),
                   std::move(function.value)));
  }
  return out;
}

}  // namespace

const Shape& shapeOf(const PublishServiceVersion*) {
  using T = PublishServiceVersion;
  static constexpr Field fields[] = {
      nameInPath<&T::serviceName>("serviceName", "The service."),
      field<&T::ifMatch>("If-Match", "ETag of the state of the service that may be published.",
                         {.maxLength = 1024, .in = In::header}),
      field<&T::description>("description", "Free text; absent = that of the service.",
                             {.maxLength = 4096}),
  };
  static constexpr Shape shape = schema::shape<T>("PublishServiceVersion", fields);
  return shape;
}

const Shape& shapeOf(const DeleteServiceVersion*) {
  using T = DeleteServiceVersion;
  static constexpr Field fields[] = {
      nameInPath<&T::serviceName>("serviceName", "The service."),
      field<&T::versionId>("versionId", "The version.",
                           {.required = true, .maxLength = model::maxName, .in = In::path}),
  };
  static constexpr Shape shape = schema::shape<T>("DeleteServiceVersion", fields);
  return shape;
}

const Shape& shapeOf(const ListServiceVersions*) {
  using T = ListServiceVersions;
  static constexpr Field fields[] = {
      nameInPath<&T::serviceName>("serviceName", "The service."),
      field<&T::limit>("limit", "Items of a page at most.",
                       {.min = 1, .max = 100, .in = In::query}),
      versionBoundary<&T::nextToken>("nextToken",
                                     "Where the page before ended; replaces startKey."),
      versionBoundary<&T::startKey>("startKey", "The version where the list begins."),
      field<&T::direction>("direction", "FORWARD: ascending by number; BACKWARD: descending.",
                           {.oneOf = directions, .in = In::query}),
  };
  static constexpr Shape shape = schema::shape<T>("ListServiceVersions", fields);
  return shape;
}

const Shape& shapeOf(const VersionReply*) {
  using T = VersionReply;
  static constexpr Field fields[] = {
      etag<&T::etag>(),
      field<&T::version>("version", "The version.", {.inlined = true}),
  };
  static constexpr Shape shape = schema::shape<T>("VersionReply", fields);
  return shape;
}

const Shape& shapeOf(const VersionPage*) {
  using T = VersionPage;
  static constexpr Field fields[] = {
      field<&T::versions>("versions", "By number."),
      field<&T::direction>("direction", "In which direction."),
      nextToken<&T::nextToken>(),
  };
  static constexpr Shape shape = schema::shape<T>("VersionPage", fields);
  return shape;
}

Task<VersionReply> publishServiceVersion(Context context, PublishServiceVersion input) {
  Snapshot snapshot = co_await snapshotOf(context, input.serviceName);
  checkIfMatch(input.ifMatch, snapshot.service.etag());
  std::string digest = model::contentDigest(snapshot.service.value, functionsOf(snapshot));
  co_await refuseUnchanged(context, input.serviceName, digest);
  const int number = ++snapshot.state.lastVersion;
  model::Version version{.versionId = std::to_string(number),
                         .service = snapshot.service.value,
                         .digest = std::move(digest)};
  if (input.description) version.service.config.description = std::move(*input.description);
  version.description = version.service.config.description;
  version.createdTime = version.lastModifiedTime = wholeSeconds(context.now());
  const auto committed = co_await commit(context, writesOf(context, std::move(snapshot), version));
  if (!committed) throw lostRace(input.ifMatch);
  const std::string key = model::versionKey(context.account(), input.serviceName, number);
  co_return VersionReply{etagOf(key, *committed), std::move(version)};
}

Task<> deleteServiceVersion(Context context, DeleteServiceVersion input) {
  const std::string& account = context.account();
  if (const auto version = model::versionNumber(input.versionId)) {
    auto operations = eraseConfigs(context, input.serviceName, input.versionId);
    operations.push_back(store::erase(model::versionKey(account, input.serviceName, *version),
                                      store::Expect::present()));
    operations.push_back(
        store::eraseUnder(model::publishedPrefix(account, input.serviceName, *version)));
    if (co_await commit(context, std::move(operations))) co_return;
  }
  co_await getService(context, input.serviceName);
  throw errorOf(Code::versionNotFound, {input.versionId, input.serviceName});
}

Task<VersionPage> listServiceVersions(Context context, ListServiceVersions input) {
  co_await getService(context, input.serviceName);
  const std::string prefix = model::versionsPrefix(context.account(), input.serviceName);
  const std::string& start = input.nextToken.empty() ? input.startKey : input.nextToken;
  const std::string from =
      start.empty() ? std::string()
                    : model::versionKey(context.account(), input.serviceName, boundary(start));
  const auto limit = static_cast<std::size_t>(input.limit);
  store::Documents& documents = context.parts.documents;
  // One more than asked for tells whether anything follows.
  const auto found = input.direction == forward
                         ? co_await documents.page(prefix, from, limit + 1)
                         : co_await documents.pageDown(prefix, from, limit + 1);
  VersionPage out{.versions = {}, .direction = std::move(input.direction), .nextToken = {}};
  for (const store::Document& document : found) {
    auto version = model::fromDocument<model::Version>(document.value);
    if (out.versions.size() == limit) {
      out.nextToken = std::move(version.versionId);
      break;
    }
    out.versions.push_back(std::move(version));
  }
  co_return out;
}

}  // namespace openfc::api
