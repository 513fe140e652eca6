#pragma once

#include "auth/keys.h"
#include "base/task.h"
#include "model/access.h"
#include "store/documents.h"

namespace openfc::api {

/// Compiles documents. Throws Error{invalidArgument} naming the policy and the place in it.
auth::Policies compiled(const model::PolicyDocuments& documents);

/// Keeps the keys and roles that the server goes by as the store has them: what is written counts
/// for the next request. Belongs to the loop; must outlive the store's changes.
class Identities {
public:
  Identities(store::Documents& documents, auth::Keys& keys, auth::Roles& roles);
  /// Reads everything that is in the store; before the first request.
  Task<> load();

private:
  Task<> load(std::string prefix, void (Identities::*take)(const store::Change&));
  void keyChanged(const store::Change& change);
  void roleChanged(const store::Change& change);

  store::Documents& documents_;
  auth::Keys& keys_;
  auth::Roles& roles_;
};

}  // namespace openfc::api
