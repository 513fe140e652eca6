#pragma once

#include "model/custom_domain.h"
#include "store/documents.h"

#include <optional>
#include <string>

namespace openfc::trigger {

/// Finds the custom domain of a request or a TLS handshake: two reads at most. Called on the loop.
/// Which of its routes is taken says model::routeFor.
class Domains {
public:
  explicit Domains(store::Documents& documents) : documents_(documents) {}

  /// `host` as a Host header or a server name has it. Its own domain, else `*.` of what is behind
  /// its first label.
  Task<std::optional<model::CustomDomain>> find(std::string host) const;

private:
  store::Documents& documents_;
};

}  // namespace openfc::trigger
