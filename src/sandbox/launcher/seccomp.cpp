#include "sandbox/launcher/seccomp.h"

#include "base/check.h"
#include "base/fd.h"

#include <fmt/core.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>

namespace openfc::sandbox::launcher {
namespace {

struct Release {
  void operator()(void* context) const { seccomp_release(context); }
};
using Context = std::unique_ptr<void, Release>;

/// Nothing: this machine's architecture or libseccomp does not know the call, so it stays
/// forbidden.
bool known(std::string_view name, int& number) {
  number = seccomp_syscall_resolve_name(std::string(name).c_str());
  return number != __NR_SCMP_ERROR;
}

void require(int result, std::string_view doing) {
  if (result < 0) throw SystemError(-result, std::string(doing));
}

scmp_arg_cmp sameBits(unsigned argument, unsigned long mask, unsigned long value) {
  return scmp_arg_cmp{argument, SCMP_CMP_MASKED_EQ, mask, value};
}

void allowAll(scmp_filter_ctx context) {
  int number = 0;
  for (const SyscallRow& row : allowedSyscalls()) {
    if (!known(row.name, number)) continue;
    require(seccomp_rule_add(context, SCMP_ACT_ALLOW, number, 0),
            fmt::format("allow {}", row.name));
  }
  for (const ConditionRow& row : conditionalSyscalls()) {
    if (!known(row.name, number)) continue;
    require(seccomp_rule_add(context, SCMP_ACT_ALLOW, number, 1,
                             sameBits(row.argument, row.mask, row.value)),
            fmt::format("allow {} on condition", row.name));
  }
  for (const PairRow& row : pairedSyscalls()) {
    if (!known(row.first.name, number)) continue;
    require(seccomp_rule_add(context, SCMP_ACT_ALLOW, number, 2,
                             sameBits(row.first.argument, row.first.mask, row.first.value),
                             sameBits(row.argument, row.mask, row.value)),
            fmt::format("allow {} on two conditions", row.first.name));
  }
}

/// Jumps of a filter only lead forward, and their targets are relative: what stands before the rest
/// refuses, or falls through to it.
void prependDenials(std::vector<sock_filter>& filter) {
  std::vector<sock_filter> denials;
  const auto load = [&](std::size_t offset) {
    denials.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)));
  };
  const auto unlessEqualSkip = [&](std::uint32_t value, std::uint8_t count) {
    denials.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, count));
  };
  for (const DenialRow& row : deniedArguments()) {
    load(offsetof(seccomp_data, nr));
    unlessEqualSkip(row.number, 5);
    for (std::uint8_t i = 0; i < row.arguments.size(); ++i) {
      load(offsetof(seccomp_data, args) + row.arguments[i].argument * sizeof(std::uint64_t));
      unlessEqualSkip(row.arguments[i].value, i == 0 ? 3 : 1);
    }
    denials.push_back(
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(row.error)));
  }
  filter.insert(filter.begin(), denials.begin(), denials.end());
}

/// What libseccomp has made of the rules.
std::vector<sock_filter> exported(scmp_filter_ctx context) {
  const Fd file(
      static_cast<int>(check(::memfd_create("seccomp", MFD_CLOEXEC), "make a memory file")));
  require(seccomp_export_bpf(context, file.get()), "export the seccomp filter");
  const auto size = static_cast<std::size_t>(
      check(::lseek(file.get(), 0, SEEK_END), "measure the seccomp filter"));
  std::vector<sock_filter> filter(size / sizeof(sock_filter));
  check(::pread(file.get(), filter.data(), size, 0), "read the seccomp filter");
  return filter;
}

}  // namespace

std::vector<sock_filter> makeSeccompFilter() {
  const Context context(seccomp_init(SCMP_ACT_ERRNO(ENOSYS)));
  if (!context) throw std::runtime_error("make a seccomp filter");
  require(seccomp_attr_set(context.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS),
          "refuse other architectures");
  // A binary tree of comparisons instead of a chain.
  require(seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2), "order the seccomp filter");
  allowAll(context.get());
  std::vector<sock_filter> filter = exported(context.get());
  prependDenials(filter);
  return filter;
}

}  // namespace openfc::sandbox::launcher
