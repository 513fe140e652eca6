#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace openfc {

/// How many bytes of requests and answers on their way may be in memory: of one account, so that
/// others always find room, and of all together. Taken before bytes are read and given back as they
/// are passed on. Belongs to the loop.
class ByteBudget {
public:
  struct Limits {
    std::uint64_t total = UINT64_MAX;
    std::uint64_t account = UINT64_MAX;
  };
  class Share;
  /// Refusals since the start.
  struct Refusals {
    std::uint64_t ofAccounts = 0;
    std::uint64_t ofAll = 0;
  };

  explicit ByteBudget(Limits limits);

  /// Holds nothing yet. May outlive the budget.
  std::shared_ptr<Share> share(const std::string& account);
  /// Holds so many bytes. Throws as Share::add().
  std::shared_ptr<Share> take(const std::string& account, std::uint64_t bytes);

  std::uint64_t used() const;
  Refusals refusals() const;
  const Limits& limits() const;

private:
  struct State;
  std::shared_ptr<State> state_;
};

/// What one request or answer holds; its end gives everything back.
class ByteBudget::Share {
public:
  Share(std::shared_ptr<State> state, const std::string& account);
  ~Share();
  Share(const Share&) = delete;
  Share& operator=(const Share&) = delete;

  /// Throws Error{resourceExhausted} beyond the account's limit, Error{resourceThrottled} beyond
  /// that of all; nothing is taken then.
  void add(std::uint64_t bytes);
  void giveBack(std::uint64_t bytes);
  std::uint64_t bytes() const { return bytes_; }

private:
  std::shared_ptr<State> state_;
  std::uint64_t* account_;  // the account's bytes
  std::uint64_t bytes_ = 0;
};

}  // namespace openfc
