#pragma once

#include "base/fd.h"
#include "sandbox/launcher/birth.h"
#include "sandbox/launcher/cgroups.h"
#include "sandbox/launcher/share_opening.h"
#include "sandbox/launcher_protocol.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace openfc::sandbox::launcher {

/// An adoption that waits for its shares.
struct Adopting {
  std::uint32_t sequence = 0;
  AdoptRequest request;
  ShareOpening opening;
};

/// A copy of a zygote that is on its way.
struct Forking {
  std::uint32_t sequence = 0;  // of the request
  unsigned zygote = 0;         // its number
  Fd control;                  // the server's end
  bool placed = false;
};

/// What the launcher keeps of one sandbox.
struct Cell {
  Cell(const Layout& layout, const std::string& groupName, Defences defences)
      : group(layout, groupName, defences) {}

  Group group;
  std::uint32_t id = 0;
  unsigned slot = 0;
  uid_t user = 0;
  bool announced = false;  // the server knows it
  bool internet = false;
  bool adopted = false;
  bool destroyed = false;  // the server wants nothing of it any more
  Fd control;              // the server's ends, until it has them
  Fd output;
  std::unique_ptr<Birth> birth;  // until init runs
  Born init;
  std::optional<Forking> forking;
  Born program;         // a copy that lives, in its place or on its way there
  bool copied = false;  // it is in its place
  std::optional<int> programStatus;
  std::unique_ptr<Adopting> adopting;

  /// The server may still ask what it used: its group stays until it is destroyed.
  bool isKept() const { return announced && !destroyed; }
  /// All that lives in it.
  void kill() const;
};

/// The namespaces of the launcher itself, to come back to.
struct Home {
  int mounts = -1;
  int network = -1;
};

/// What adoptions take their trees from.
struct Sources {
  int packages = -1;                       // the directory of packages
  std::span<const ShareTree> shares = {};  // that were opened for it
};

/// Notes that it is adopted. Throws std::runtime_error when it has been, or when a number is out of
/// range.
void beginAdoption(Cell& cell, const AdoptRequest& adoption);

/// Mounts the code, the layers and the shares and sets the limits. Throws std::runtime_error; the
/// sandbox is then of no use. Enters the sandbox's mount namespace, so no user code may ever have
/// run in it.
void adoptInto(Cell& cell, const AdoptRequest& adoption, const Sources& sources, const Home& home,
               const Defences& defences);

/// A non-blocking TCP socket of the sandbox's network namespace.
Fd socketIn(const Cell& cell, const Home& home);

/// The wait status, when the process has ended and is reaped hereby; as if killed, when it was
/// reaped before its place was known.
std::optional<int> reap(int pidfd);

}  // namespace openfc::sandbox::launcher
