#pragma once

#include "api/context.h"
#include "model/function.h"
#include "model/service.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace openfc::api {

/// A resource as it was read: what a later write is compared with.
template <class T>
struct Stored {
  T value;
  std::string key;
  store::Revision revision = 0;

  std::string etag() const;
};

template <class T>
Stored<T> storedOf(store::Document document) {
  return {model::fromDocument<T>(document.value), std::move(document.key), document.revision};
}

/// Times have whole seconds, in the store as on the wire.
inline Time wholeSeconds(Time time) { return std::chrono::floor<std::chrono::seconds>(time); }

/// 32 hex digits that change with every write of the document.
std::string etagOf(std::string_view key, store::Revision revision);

template <class T>
std::string Stored<T>::etag() const {
  return etagOf(key, revision);
}

/// Throws Error{preconditionFailed} unless `ifMatch` is empty, `*`, or names `etag`, quoted or not.
void checkIfMatch(std::string_view ifMatch, std::string_view etag);
/// What a write that lost a race is answered with: 412 when the caller named the state that it
/// knew, else 409.
Error lostRace(std::string_view ifMatch);

/// Commits. A store that cannot write is Error{internalServerError} for the write that found it out
/// and Error{serviceUnavailable} for later ones.
Task<store::Committed> commit(Context context, std::vector<store::Operation> operations);

/// All documents under `prefix`, ascending. Not at one moment: a transaction that relies on them
/// needs conditions.
Task<std::vector<store::Document>> allUnder(Context context, std::string prefix);

/// Throws Error{serviceNotFound}.
Task<Stored<model::Service>> getService(Context context, std::string name);
/// The service's state that a qualifier names. Throws Error{serviceNotFound, versionNotFound,
/// aliasNotFound}.
Task<Stored<model::Service>> getService(Context context, std::string name, std::string qualifier);
/// Throws Error{serviceNotFound, functionNotFound}.
Task<Stored<model::Function>> getFunction(Context context, std::string service,
                                          std::string function);
Task<Stored<model::Function>> getFunction(Context context, std::string service,
                                          std::string qualifier, std::string function);

/// `qualifier` as configurations show it: none is LATEST.
std::string shownQualifier(const std::string& qualifier);
/// The key of what must be there for a configuration of a function under a qualifier to be: the
/// version, the alias, or for LATEST the function.
std::string ownerKey(const Context& context, const std::string& service,
                     const std::string& qualifier, const std::string& function);
/// Deletes the configurations that functions have under a version or an alias: they go with it.
std::vector<store::Operation> eraseConfigs(const Context& context, const std::string& service,
                                           const std::string& qualifier);

/// Which version a qualifier names: nothing = LATEST, an alias = its main version, whether that is
/// there or not. Throws Error{serviceNotFound, versionNotFound, aliasNotFound}.
Task<std::optional<int>> versionOf(Context context, std::string service, std::string qualifier);

}  // namespace openfc::api
