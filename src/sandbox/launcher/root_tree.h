#pragma once

#include "base/fd.h"
#include "sandbox/launcher/defences.h"

#include <sys/types.h>

#include <string>

namespace openfc::sandbox::launcher {

struct RootTreeConfig {
  std::string runtimes;  // shown at /var/fc/runtime
  std::string init;      // copied to initPath
  std::string trusted;   // the authority (PEM) at authorityFile and in authoritiesFile; "" = none
  std::string zygoteLibrary;  // copied to zygoteLibraryPath; "" = none
  std::string resolvConf;
  uid_t uidBase = 0;
  unsigned uidCount = 0;
  Defences defences;
};

/// Paths inside every sandbox: its init.
constexpr const char* initPath = "/var/fc/init";
constexpr const char* zygoteLibraryPath = "/var/fc/zygote.so";
/// What covers files and directories: one cannot be opened, the other is empty.
constexpr const char* maskedFile = "/var/fc/masked";
constexpr const char* stillStat = "/var/fc/stat";        // a /proc/stat that tells of no work
constexpr const char* stillCgroups = "/var/fc/cgroups";  // a /proc/cgroups without counts
constexpr const char* emptyDirectory = "/home";

/// A mount namespace of its own whose whole tree is what a sandbox sees: the system's programs and
/// libraries, a small /etc and /dev, the runtimes, and empty places for /code, /opt, /tmp, /mnt and
/// /proc; everything read-only. A child that is cloned with CLONE_NEWNS inside it begins with a
/// copy, so no sandbox needs pivot_root, and the host's tree was never in its reach. It lives as
/// long as the descriptor.
class RootTree {
public:
  /// `home`: the caller's mount namespace, to which it returns. Throws SystemError.
  RootTree(const RootTreeConfig& config, int home);

  int mountNamespace() const { return namespace_.get(); }

private:
  Fd namespace_;
};

}  // namespace openfc::sandbox::launcher
