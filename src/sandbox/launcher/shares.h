#pragma once

#include "base/fd.h"
#include "sandbox/launcher/defences.h"
#include "sandbox/launcher_protocol.h"

#include <sys/types.h>

#include <span>
#include <string>
#include <vector>

namespace openfc::sandbox::launcher {

/// A share's tree that is not attached anywhere yet.
struct ShareTree {
  Fd tree;
  std::string place;
};

/// Throws Refusal or std::runtime_error when the numbers or the places of mounts are none.
void refuseWrongPlaces(const std::vector<std::string>& table, std::span<const ShareMount> wanted);

/// The tree that an adoption asks for, readable and writable, without set-user-id and devices. The
/// sandbox's user stands for the owner that the request names; everybody else of the first 65,536
/// users is who they are. On file systems that cannot map owners (NFS), the sandbox's user is shown
/// to it as it is. `share`: a path of this mount namespace; `user`: of the sandbox. Throws Refusal
/// naming what the function asked for, SystemError otherwise. Returns when the file system has
/// answered, which may be never: call it in a ShareOpening.
Fd openShare(const std::string& share, const ShareMount& wanted, uid_t user,
             const Defences& defences);

/// Opens a directory of the table by a path that was resolved at the start of the server. What has
/// become a link since, functions may have put there. No descriptor: errno says why.
Fd openShareDirectory(const std::string& path, const Defences& defences);

/// Attaches them in the mount namespace that the thread is in: a sandbox in which no user code ran.
/// Their places are made on small read-only file systems over /mnt, /home and /data.
void attachShares(std::span<const ShareTree> trees);

}  // namespace openfc::sandbox::launcher
