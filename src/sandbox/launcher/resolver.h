#pragma once

#include "base/fd.h"
#include "sandbox/launcher/resolver_names.h"

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace openfc::sandbox::launcher {

struct ResolverConfig {
  std::uint32_t address = 0;  // host byte order
  std::vector<std::string> upstreams;
  OwnNames own;
  uid_t user = 65534;
  gid_t group = 65534;
  bool fair = true;  // false: many clients may silence the others (tests)
};

/// A process of its own that answers DNS on port 53 of an address (UDP and TCP) by asking the
/// upstream resolvers. It has an unprivileged user and dies with the thread that made it.
class Resolver {
public:
  /// Binds, then forks. Throws std::runtime_error.
  explicit Resolver(const ResolverConfig& config);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// 0 after forget().
  pid_t process() const { return process_; }
  /// Somebody else reaped the process.
  void forget() { process_ = 0; }

private:
  pid_t process_ = 0;
};

}  // namespace openfc::sandbox::launcher
