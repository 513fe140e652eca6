#include "base/byte_budget.h"

#include "base/error.h"

#include <fmt/core.h>

#include <algorithm>
#include <unordered_map>

namespace openfc {

struct ByteBudget::State {
  Limits limits;
  std::uint64_t used = 0;
  Refusals refusals;
  /// Accounts stay: there are as many as have keys, and a next request finds its own.
  std::unordered_map<std::string, std::uint64_t> accounts;
};

ByteBudget::ByteBudget(Limits limits) : state_(std::make_shared<State>(State{.limits = limits})) {}

std::shared_ptr<ByteBudget::Share> ByteBudget::share(const std::string& account) {
  return std::make_shared<Share>(state_, account);
}

std::shared_ptr<ByteBudget::Share> ByteBudget::take(const std::string& account,
                                                    std::uint64_t bytes) {
  auto made = share(account);
  made->add(bytes);
  return made;
}

std::uint64_t ByteBudget::used() const { return state_->used; }

ByteBudget::Refusals ByteBudget::refusals() const { return state_->refusals; }

const ByteBudget::Limits& ByteBudget::limits() const { return state_->limits; }

ByteBudget::Share::Share(std::shared_ptr<State> state, const std::string& account)
    : state_(std::move(state)), account_(&state_->accounts[account]) {}

ByteBudget::Share::~Share() { giveBack(bytes_); }

void ByteBudget::Share::add(std::uint64_t bytes) {
  const Limits& limits = state_->limits;
  if (bytes > limits.account - std::min(*account_, limits.account)) {
    ++state_->refusals.ofAccounts;
    throw Error(Code::resourceExhausted,
                fmt::format("requests and answers of this account on their way have {} bytes; {} "
                            "more exceed its limit of {} (maxAccountBytesInFlight)",
                            *account_, bytes, limits.account));
  }
  if (bytes > limits.total - std::min(state_->used, limits.total)) {
    ++state_->refusals.ofAll;
    throw Error(Code::resourceThrottled,
                fmt::format("requests and answers on their way have {} bytes; {} more exceed the "
                            "server's limit of {} (maxBytesInFlight)",
                            state_->used, bytes, limits.total));
  }
  *account_ += bytes;
  state_->used += bytes;
  bytes_ += bytes;
}

void ByteBudget::Share::giveBack(std::uint64_t bytes) {
  bytes = std::min(bytes, bytes_);
  *account_ -= bytes;
  state_->used -= bytes;
  bytes_ -= bytes;
}

}  // namespace openfc
