#pragma once

#include "base/fd.h"
#include "sandbox/launcher/birth.h"
#include "sandbox/launcher/cgroups.h"
#include "sandbox/launcher_protocol.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace openfc::sandbox::launcher {

/// What the launcher keeps of one sandbox.
struct Cell {
  Cell(const Layout& layout, const std::string& groupName, Defences defences)
      : group(layout, groupName, defences) {}

  Group group;
  unsigned slot = 0;
  uid_t user = 0;
  bool announced = false;  // the server knows it
  bool internet = false;
  bool adopted = false;
  Fd control;  // the server's ends, until it has them
  Fd output;
  std::unique_ptr<Birth> birth;  // until init runs
  Born init;
};

/// The namespaces of the launcher itself, to come back to.
struct Home {
  int mounts = -1;
  int network = -1;
};

/// What adoptions take their trees from.
struct Sources {
  int packages = -1;                       // the directory of packages
  const std::vector<std::string>& shares;  // directories by number
};

/// Mounts the code, the layers and the shares and sets the limits. Throws Refusal or
/// std::runtime_error; the sandbox is then of no use. Enters the sandbox's mount namespace, so no
/// user code may ever have run in it.
void adoptInto(Cell& cell, const AdoptRequest& adoption, const Sources& sources, const Home& home,
               const Defences& defences);

/// A non-blocking TCP socket of the sandbox's network namespace.
Fd socketIn(const Cell& cell, const Home& home);

/// The wait status, when init has ended and is reaped hereby.
std::optional<int> reap(const Cell& cell);

}  // namespace openfc::sandbox::launcher
