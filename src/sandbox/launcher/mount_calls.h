#pragma once

#include "base/fd.h"

#include <cstdint>
#include <string>

/// The file-descriptor mount calls of Linux 5.2 and 5.12, which have no wrappers in every C
/// library.
namespace openfc::sandbox::launcher {

/// A detached copy of the mount at `path` below `directory` (AT_FDCWD: a path). A last symbolic
/// link is not followed.
enum class Depth { one, recursive };
Fd cloneTree(int directory, const char* path, Depth depth);

/// Attaches a detached mount at an existing path. Throws SystemError.
void attachTree(int tree, const char* path);

/// A new detached tmpfs with one directory, mode 0755.
Fd newTmpfs(const char* size);

/// MOUNT_ATTR_… bits of a mount (and all below it).
struct Attributes {
  std::uint64_t set = 0;
  std::uint64_t clear = 0;
};
void changeMount(int tree, const char* path, Attributes attributes, Depth depth);

/// Puts the thread into another mount namespace; the way back is the destructor. Its root and
/// current directory become that namespace's root.
class MountVisit {
public:
  /// `there`: a namespace descriptor or a pidfd. Throws SystemError.
  MountVisit(int there, int home);
  /// Ends the program when the way back fails: it must not go on in a sandbox's tree.
  ~MountVisit();
  MountVisit(const MountVisit&) = delete;
  MountVisit& operator=(const MountVisit&) = delete;

private:
  int home_;
};

}  // namespace openfc::sandbox::launcher
