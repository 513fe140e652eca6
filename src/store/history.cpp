#include "store/history.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

namespace openfc::store {
namespace {

/// The register's next state, or nothing when the call's answer does not fit the state.
std::optional<Revision> after(const Call& call, Revision state) {
  if (call.kind == Call::Kind::read)
    return call.revision == state ? std::optional(state) : std::nullopt;
  const bool fits =
      call.kind == Call::Kind::create ? state == 0 : state == call.expected && state != 0;
  if (fits != call.accepted) return std::nullopt;
  if (!fits) return state;
  return call.kind == Call::Kind::erase ? 0 : call.revision;
}

class Search {
public:
  explicit Search(const std::vector<Call>& calls) : calls_(calls), taken_(calls.size(), false) {}

  bool extend(Revision state) {
    if (count_ == calls_.size()) return true;
    if (!visited_.emplace(taken_, state).second) return false;
    // Only a call that began before every call left out has ended may come next.
    std::size_t firstEnd = std::numeric_limits<std::size_t>::max();
    for (std::size_t i = 0; i < calls_.size(); ++i) {
      if (!taken_[i]) firstEnd = std::min(firstEnd, calls_[i].ended);
    }
    for (std::size_t i = 0; i < calls_.size(); ++i) {
      if (!taken_[i] && calls_[i].began < firstEnd && take(i, state)) return true;
    }
    return false;
  }

private:
  bool take(std::size_t i, Revision state) {
    const std::optional<Revision> next = after(calls_[i], state);
    if (!next) return false;
    taken_[i] = true;
    ++count_;
    if (extend(*next)) return true;
    taken_[i] = false;
    --count_;
    return false;
  }

  const std::vector<Call>& calls_;
  std::vector<bool> taken_;
  std::size_t count_ = 0;
  std::set<std::pair<std::vector<bool>, Revision>> visited_;
};

}  // namespace

bool linearizable(std::vector<Call> calls) {
  std::ranges::sort(calls, {}, &Call::began);
  return Search(calls).extend(0);
}

}  // namespace openfc::store
