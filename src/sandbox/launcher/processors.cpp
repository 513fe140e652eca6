#include "sandbox/launcher/processors.h"

namespace openfc::sandbox::launcher {

std::optional<cpu_set_t> keepToHalf() {
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
