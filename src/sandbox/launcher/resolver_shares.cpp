#include "sandbox/launcher/resolver_shares.h"

#include <algorithm>
#include <unordered_map>

namespace openfc::sandbox::launcher {

Place placeFor(std::span<const in_addr_t> entries, in_addr_t client, const Shares& shares) {
  const auto own = static_cast<std::size_t>(std::ranges::count(entries, client));
  if (own >= shares.ofClient) return {};
  if (entries.size() < shares.all) return {.granted = true, .insteadOf = std::nullopt};
  if (!shares.fair) return {};
  std::unordered_map<in_addr_t, std::size_t> counts;
  std::size_t most = 0;
  for (const in_addr_t entry : entries) most = std::max(most, ++counts[entry]);
  if (own + 1 >= most) return {};
  const auto heaviest = [&](in_addr_t entry) { return counts.at(entry) == most; };
  const auto oldest = std::ranges::find_if(entries, heaviest) - entries.begin();
  return {.granted = true, .insteadOf = static_cast<std::size_t>(oldest)};
}

}  // namespace openfc::sandbox::launcher
