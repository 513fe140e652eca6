#include "scheduler/memory_budget.h"

#include <algorithm>
#include <cstddef>

namespace openfc::scheduler {

MemoryBudget::MemoryBudget(Limits limits)
    : capacity_(limits.capacity), perAccount_(limits.perAccount) {
  for (const std::string& account : limits.accounts) accounts_[account].shares = true;
  const std::size_t several = accounts_.size();
  if (several < 2) return;
  const double part = std::clamp(limits.shared, 0.0, 1.0) / static_cast<double>(several);
  share_ = static_cast<std::uint64_t>(static_cast<double>(capacity_) * part);
  unclaimed_ = share_ * several;
}

std::uint64_t MemoryBudget::unclaimed(const Account& account) const {
  return account.shares && account.used < share_ ? share_ - account.used : 0;
}

MemoryBudget::Lack MemoryBudget::lack(const std::string& account, std::uint64_t bytes,
                                      Freed freed) const {
  const auto found = accounts_.find(account);
  const Account own = found == accounts_.end() ? Account{} : found->second;
  if (perAccount_ > 0 && own.used + bytes > perAccount_ + freed.own) return Lack::account;
  const std::uint64_t wanted = used_ + bytes;
  const std::uint64_t room = capacity_ + freed.own + freed.others;
  if (wanted > room) return Lack::node;
  const std::uint64_t setAside = unclaimed_ - unclaimed(own);
  return wanted + setAside > room ? Lack::shares : Lack::none;
}

void MemoryBudget::add(const std::string& account, std::uint64_t bytes) {
  Account& own = accounts_[account];
  unclaimed_ -= unclaimed(own);
  own.used += bytes;
  used_ += bytes;
  unclaimed_ += unclaimed(own);
}

void MemoryBudget::remove(const std::string& account, std::uint64_t bytes) {
  Account& own = accounts_[account];
  unclaimed_ -= unclaimed(own);
  own.used -= bytes;
  used_ -= bytes;
  unclaimed_ += unclaimed(own);
}

std::uint64_t MemoryBudget::used(const std::string& account) const {
  const auto found = accounts_.find(account);
  return found == accounts_.end() ? 0 : found->second.used;
}

std::uint64_t MemoryBudget::beyondShare(const std::string& account) const {
  const auto found = accounts_.find(account);
  if (found == accounts_.end()) return 0;
  const std::uint64_t own = found->second.shares ? share_ : 0;
  return found->second.used > own ? found->second.used - own : 0;
}

}  // namespace openfc::scheduler
