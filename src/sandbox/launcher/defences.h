#pragma once

#include <cstdint>
#include <string_view>

namespace openfc::sandbox::launcher {

/// One layer of defence of a sandbox. Builds with OPENFC_TEST_HOOKS can turn each off by its name,
/// so that an attack test can show that the attack succeeds without it.
enum class Defence : std::uint8_t {
  seccomp,
  capabilities,
  noNewPrivs,
  uid,
  mountReadonly,
  codeReadonly,
  nosuid,
  hostRoot,
  pidsLimit,
  memoryLimit,
  cpuLimit,
  tmpLimit,
  nofileLimit,
  coreLimit,
  procMask,
  pidNamespace,
  mountNamespace,
  ipcNamespace,
  utsNamespace,
  netNamespace,
  cgroupNamespace,
  fdClosing,
  deathSignal,
  newSession,
  firewall,
  shareLinks,
  resolverShares,
};

struct DefenceRow {
  Defence defence;
  std::string_view name;     // in OPENFC_DEFENCES_OFF
  std::string_view without;  // what the sandbox is like when it is off
};

const DefenceRow* findDefence(std::string_view name);

/// Which defences are on: all, but in test builds those that the list leaves out.
class Defences {
public:
  Defences() = default;
  /// A comma list of names; throws std::runtime_error on an unknown one, and in other builds on
  /// any.
  explicit Defences(std::string_view off);

#ifdef OPENFC_TEST_HOOKS
  bool on(Defence defence) const { return (off_ >> static_cast<unsigned>(defence) & 1) == 0; }
#else
  constexpr bool on(Defence) const { return true; }
#endif

private:
#ifdef OPENFC_TEST_HOOKS
  std::uint64_t off_ = 0;
#endif
};

}  // namespace openfc::sandbox::launcher
