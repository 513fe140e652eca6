#include "sandbox/launcher/processors.h"

#include "base/check.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

namespace openfc::sandbox::launcher {

bool mayMoveOthers() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, 2> sets{};
  check(::syscall(SYS_capget, &header, sets.data()), "read capabilities");
  return (sets[0].effective & 1U << CAP_SYS_NICE) != 0;
}

std::optional<cpu_set_t> keepToHalf() {
  if (!mayMoveOthers()) return std::nullopt;
  cpu_set_t all;
  CPU_ZERO(&all);
  if (::sched_getaffinity(0, sizeof(all), &all) != 0 || CPU_COUNT(&all) < 2) return std::nullopt;
  cpu_set_t half = all;
  int surplus = CPU_COUNT(&all) / 2;
  for (int processor = 0; surplus > 0; ++processor) {
    if (!CPU_ISSET(processor, &half)) continue;
    CPU_CLR(processor, &half);
    --surplus;
  }
  if (::sched_setaffinity(0, sizeof(half), &half) != 0) return std::nullopt;
  return all;
}

}  // namespace openfc::sandbox::launcher
