// Whose instances may have how much of the node's memory, and who is ended for others.

#include "scheduler/fleet.h"
#include "scheduler/fleet_function.h"

#include <fmt/core.h>

#include <algorithm>

namespace openfc::scheduler {
namespace {

using Lack = MemoryBudget::Lack;
using Freed = MemoryBudget::Freed;

Freed operator+(Freed a, Freed b) { return {a.own + b.own, a.others + b.others}; }

const std::string& accountIdOf(const Instance& instance) {
  return instance.spec().configuration.accountId;
}

}  // namespace

bool Fleet::makeRoom(const Account& account, std::uint64_t bytes) {
  if (memory_.fits(account.id, bytes)) return true;
  if (!memory_.fits(account.id, bytes, evictable(account) + leaving(account))) return false;
  while (!memory_.fits(account.id, bytes)) {
    // Enough, once the hooks under way have ended.
    if (memory_.fits(account.id, bytes, leaving(account))) return false;
    const auto chosen = victim(account, bytes);
    if (!chosen) return false;
    retireInstance(chosen, "its memory is needed for another function");
  }
  return true;
}

/// What rests, longest idle first: of those who are beyond their share, else of the account itself.
/// Where the account's own limit is in the way, only its own would help.
std::shared_ptr<Instance> Fleet::victim(const Account& account, std::uint64_t bytes) const {
  const bool ownLimit = memory_.lack(account.id, bytes) == Lack::account;
  const auto isOwn = [&](const Instance& one) { return accountIdOf(one) == account.id; };
  const auto isBeyond = [&](const Instance& one) {
    return !ownLimit && memory_.beyondShare(accountIdOf(one)) > 0;
  };
  const auto first = [](const Instances& list, const auto& chosen) {
    const auto found = std::ranges::find_if(list, [&](const std::shared_ptr<Instance>& one) {
      return !one->provisioned_ && chosen(*one);
    });
    return found == list.end() ? nullptr : *found;
  };
  if (auto found = first(frozen_, isBeyond)) return found;
  if (auto found = first(idle_, isBeyond)) return found;
  if (auto found = first(frozen_, isOwn)) return found;
  return first(idle_, isOwn);
}

MemoryBudget::Freed Fleet::evictable(const Account& account) const {
  std::map<std::string_view, std::uint64_t> idle;
  for (const Instances* list : {&frozen_, &idle_}) {
    for (const auto& instance : *list) {
      if (!instance->provisioned_) idle[accountIdOf(*instance)] += instance->reserved_;
    }
  }
  Freed freed;
  for (const auto& [id, bytes] : idle) {
    if (id == account.id) {
      freed.own += bytes;
    } else {
      freed.others += std::min(bytes, memory_.beyondShare(std::string(id)));
    }
  }
  return freed;
}

MemoryBudget::Freed Fleet::leaving(const Account& account) const {
  return {account.leaving, leaving_ - account.leaving};
}

/// Why no instance of the function can be started now.
std::string Fleet::lackOf(const Function& function) const {
  const int size = function.spec->configuration.memorySize;
  const std::string& account = function.account->id;
  switch (memory_.lack(account, function.spec->adoption.memory)) {
    case Lack::account:
      return fmt::format(
          "account {} has no memory left for an instance of {} MB: its instances may have {} MB "
          "(accountMemory)",
          account, size, memory_.perAccount() >> 20);
    case Lack::shares:
      return fmt::format(
          "this node has no memory left for an instance of {} MB of account {}: the rest is set "
          "aside for other accounts (accountShare)",
          size, account);
    case Lack::node:
    case Lack::none:
      break;
  }
  return fmt::format("this node has no memory left for an instance of {} MB (memory)", size);
}

}  // namespace openfc::scheduler
