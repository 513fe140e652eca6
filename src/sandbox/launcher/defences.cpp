#include "sandbox/launcher/defences.h"

#include <fmt/core.h>

#include <stdexcept>

namespace openfc::sandbox::launcher {
namespace {

constexpr DefenceRow rows[] = {
    {Defence::seccomp, "seccomp", "every system call is allowed"},
    {Defence::capabilities, "capabilities", "all capabilities of root are kept, also across exec"},
    {Defence::noNewPrivs, "no_new_privs", "set-user-id programs work"},
    {Defence::uid, "uid",
     "user and group are root's (without capabilities unless they are off too)"},
    {Defence::mountReadonly, "mount_readonly",
     "the root, /dev, /usr, /etc and the runtimes can be written"},
    {Defence::codeReadonly, "code_readonly", "/code and /opt can be written"},
    {Defence::nosuid, "nosuid", "mounts honour set-user-id bits and device nodes"},
    {Defence::hostRoot, "host_root", "the host's whole tree is at /mnt"},
    {Defence::pidsLimit, "pids_limit", "any number of processes"},
    {Defence::memoryLimit, "memory_limit", "any amount of memory"},
    {Defence::cpuLimit, "cpu_limit", "all of the processors, and the same share for all"},
    {Defence::tmpLimit, "tmp_limit", "/tmp takes any size and number of files"},
    {Defence::nofileLimit, "nofile_limit", "as many descriptors as the launcher may have"},
    {Defence::coreLimit, "core_limit", "core files"},
    {Defence::procMask, "proc_mask", "the whole of /proc can be seen, and written as the user may"},
    {Defence::pidNamespace, "pid_namespace", "the host's processes can be seen"},
    {Defence::mountNamespace, "mount_namespace",
     "mounts are made in the tree that all later sandboxes copy"},
    {Defence::ipcNamespace, "ipc_namespace", "the host's System V objects and message queues"},
    {Defence::utsNamespace, "uts_namespace", "the host's name can be seen"},
    {Defence::netNamespace, "net_namespace", "the host's network"},
    {Defence::cgroupNamespace, "cgroup_namespace", "the names of the host's cgroups can be seen"},
    {Defence::fdClosing, "fd_closing", "the launcher's descriptors are inherited"},
    {Defence::deathSignal, "death_signal", "sandboxes live on when the launcher was killed"},
    {Defence::newSession, "new_session", "the launcher's session, and a terminal if it has one"},
    {Defence::firewall, "firewall", "functions reach the host and private addresses"},
    {Defence::shareLinks, "share_links", "the path of a share's directory leads over links"},
    {Defence::resolverShares, "resolver_shares",
     "a few functions that ask for names keep the others from it"},
};

}  // namespace

const DefenceRow* findDefence(std::string_view name) {
  for (const DefenceRow& row : rows) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

Defences::Defences(std::string_view off) {
  while (!off.empty()) {
    const std::size_t end = off.find(',');
    const std::string_view name = off.substr(0, end);
    off = end == std::string_view::npos ? std::string_view() : off.substr(end + 1);
    if (name.empty()) continue;
#ifdef OPENFC_TEST_HOOKS
    const DefenceRow* row = findDefence(name);
    if (row == nullptr)
      throw std::runtime_error(fmt::format("OPENFC_DEFENCES_OFF: unknown defence {}", name));
    off_ |= std::uint64_t{1} << static_cast<unsigned>(row->defence);
#else
    throw std::runtime_error(
        fmt::format("OPENFC_DEFENCES_OFF: {}: this build cannot turn defences off", name));
#endif
  }
}

}  // namespace openfc::sandbox::launcher
