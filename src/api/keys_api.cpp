#include "api/keys_api.h"

#include "api/identities.h"
#include "api/resource.h"
#include "api/rows.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/id.h"

namespace openfc::api {
namespace {

using schema::field;
using schema::Field;
using schema::In;
using schema::Shape;

constexpr std::size_t idBytes = 10;
constexpr std::size_t secretBytes = 24;

Time seconds(Time time) { return std::chrono::floor<std::chrono::seconds>(time); }

Task<Stored<model::AccessKey>> getKey(Context context, std::string id) {
  std::string key = model::accessKeysPrefix(context.account()) + id;
  auto document = co_await context.parts.documents.find(std::move(key));
  if (!document) throw invalidArgument("access key '" + id + "' does not exist");
  co_return Stored<model::AccessKey>{model::fromDocument<model::AccessKey>(document->value),
                                     std::move(document->key), document->revision};
}

/// Writes what was read and changed.
Task<Stored<model::AccessKey>> write(Context context, Stored<model::AccessKey> key,
                                     std::string ifMatch) {
  static_cast<void>(compiled(key.value.config.policies));
  key.value.lastModifiedTime = seconds(context.now());
  std::vector<store::Operation> operations;
  const auto expect = key.revision == 0 ? store::Expect::absent() : store::Expect::at(key.revision);
  operations.push_back(store::put(key.key, model::toDocument(key.value), expect));
  const auto committed = co_await commit(context, std::move(operations));
  if (!committed) throw lostRace(ifMatch);
  key.revision = *committed;
  co_return key;
}

template <auto member>
consteval Field keyInPath() {
  return field<member>("accessKeyId", "The key.",
                       {.required = true, .maxLength = model::maxName, .in = In::path});
}

}  // namespace

const Shape& shapeOf(const CreateAccessKey*) {
  using T = CreateAccessKey;
  static constexpr Field fields[] = {
      field<&T::config>("config", "What it may do.", {.inlined = true}),
  };
  static constexpr Shape shape = schema::shape<T>("CreateAccessKey", fields);
  return shape;
}

const Shape& shapeOf(const OneAccessKey*) {
  using T = OneAccessKey;
  static constexpr Field fields[] = {keyInPath<&T::accessKeyId>(), ifMatch<&T::ifMatch>()};
  static constexpr Shape shape = schema::shape<T>("OneAccessKey", fields);
  return shape;
}

const Shape& shapeOf(const UpdateAccessKey*) {
  using T = UpdateAccessKey;
  static constexpr Field fields[] = {
      keyInPath<&T::accessKeyId>(),
      ifMatch<&T::ifMatch>(),
      field<&T::config>("config", "What changes.", {.inlined = true}),
  };
  static constexpr Shape shape = schema::shape<T>("UpdateAccessKey", fields);
  return shape;
}

const Shape& shapeOf(const AccessKeyReply*) {
  using T = AccessKeyReply;
  static constexpr Field fields[] = {
      etag<&T::etag>(),
      field<&T::key>("key", "The key.", {.inlined = true}),
  };
  static constexpr Shape shape = schema::shape<T>("AccessKeyReply", fields);
  return shape;
}

const Shape& shapeOf(const NewAccessKey*) {
  using T = NewAccessKey;
  static constexpr Field fields[] = {
      etag<&T::etag>(),
      field<&T::accessKeySecret>("accessKeySecret", "The secret; it is not shown again."),
      field<&T::key>("key", "The key.", {.inlined = true}),
  };
  static constexpr Shape shape = schema::shape<T>("NewAccessKey", fields);
  return shape;
}

const Shape& shapeOf(const ListIdentities*) {
  using T = ListIdentities;
  static constexpr Field fields[] = {
      field<&T::page>("page", "Which part of the list.", {.inlined = true}),
  };
  static constexpr Shape shape = schema::shape<T>("ListIdentities", fields);
  return shape;
}

const Shape& shapeOf(const AccessKeyPage*) {
  using T = AccessKeyPage;
  static constexpr Field fields[] = {
      field<&T::keys>("keys", "Ascending by id; those of the configuration are not among them."),
      nextToken<&T::nextToken>(),
  };
  static constexpr Shape shape = schema::shape<T>("AccessKeyPage", fields);
  return shape;
}

Task<NewAccessKey> createAccessKey(Context context, CreateAccessKey input) {
  Stored<model::AccessKey> key;
  key.value.accessKeyId = "LTAI" + toHex(randomBytes(idBytes));
  key.value.secret = toHex(randomBytes(secretBytes));
  key.value.config = std::move(input.config);
  key.value.createdTime = seconds(context.now());
  key.key = model::accessKeysPrefix(context.account()) + key.value.accessKeyId;
  key = co_await write(context, std::move(key), "");
  co_return NewAccessKey{key.etag(), key.value.secret, key.value};
}

Task<AccessKeyReply> getAccessKey(Context context, OneAccessKey input) {
  const auto key = co_await getKey(context, input.accessKeyId);
  co_return AccessKeyReply{key.etag(), key.value};
}

Task<AccessKeyReply> updateAccessKey(Context context, UpdateAccessKey input) {
  auto key = co_await getKey(context, input.accessKeyId);
  checkIfMatch(input.ifMatch, key.etag());
  input.config.applyTo(key.value.config);
  key = co_await write(context, std::move(key), input.ifMatch);
  co_return AccessKeyReply{key.etag(), key.value};
}

Task<NewAccessKey> rotateAccessKey(Context context, OneAccessKey input) {
  auto key = co_await getKey(context, input.accessKeyId);
  checkIfMatch(input.ifMatch, key.etag());
  key.value.secret = toHex(randomBytes(secretBytes));
  key = co_await write(context, std::move(key), input.ifMatch);
  co_return NewAccessKey{key.etag(), key.value.secret, key.value};
}

Task<> deleteAccessKey(Context context, OneAccessKey input) {
  const auto key = co_await getKey(context, input.accessKeyId);
  checkIfMatch(input.ifMatch, key.etag());
  std::vector<store::Operation> operations;
  operations.push_back(store::erase(key.key, store::Expect::at(key.revision)));
  if (!co_await commit(context, std::move(operations))) throw lostRace(input.ifMatch);
}

Task<AccessKeyPage> listAccessKeys(Context context, ListIdentities input) {
  Page found =
      co_await page(context, model::accessKeysPrefix(context.account()), std::move(input.page));
  AccessKeyPage out{.keys = {}, .nextToken = std::move(found.nextToken)};
  for (const store::Document& document : found.documents) {
    out.keys.push_back(model::fromDocument<model::AccessKey>(document.value));
  }
  co_return out;
}

}  // namespace openfc::api
