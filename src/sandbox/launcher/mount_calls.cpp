#include "sandbox/launcher/mount_calls.h"

#include "base/check.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>

namespace openfc::sandbox::launcher {

Fd cloneTree(int directory, const char* path, Depth depth) {
  const unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW |
                         (depth == Depth::recursive ? AT_RECURSIVE : 0U);
  return Fd(static_cast<int>(
      check(::syscall(SYS_open_tree, directory, path, flags), std::string("open tree ") + path)));
}

void attachTree(int tree, const char* path) {
  check(::syscall(SYS_move_mount, tree, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH),
        std::string("mount at ") + path);
}

Fd newTmpfs(const char* size) {
  const Fd context(
      static_cast<int>(check(::syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC), "open tmpfs")));
  check(::syscall(SYS_fsconfig, context.get(), FSCONFIG_SET_STRING, "mode", "0755", 0),
        "set the mode of a tmpfs");
  check(::syscall(SYS_fsconfig, context.get(), FSCONFIG_SET_STRING, "size", size, 0),
        "set the size of a tmpfs");
  check(::syscall(SYS_fsconfig, context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0),
        "create a tmpfs");
  return Fd(static_cast<int>(
      check(::syscall(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC, 0), "make a tmpfs mount")));
}

void changeMount(int tree, const char* path, Attributes attributes, Depth depth) {
  mount_attr change{};
  change.attr_set = attributes.set;
  change.attr_clr = attributes.clear;
  const unsigned flags =
      (*path == '\0' ? AT_EMPTY_PATH : 0U) | (depth == Depth::recursive ? AT_RECURSIVE : 0U);
  check(::syscall(SYS_mount_setattr, tree, path, flags, &change, sizeof(change)),
        std::string("change the mount ") + path);
}

MountVisit::MountVisit(int there, int home) : home_(home) {
  check(::setns(there, CLONE_NEWNS), "enter a mount namespace");
}

MountVisit::~MountVisit() {
  if (::setns(home_, CLONE_NEWNS) != 0) std::abort();
}

}  // namespace openfc::sandbox::launcher
