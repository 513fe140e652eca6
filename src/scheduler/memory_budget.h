#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

namespace openfc::scheduler {

/// The memory of this node that instances may count on. A running instance counts with its
/// function's memorySize; a frozen one cannot grow and counts with what it is charged. Where there
/// are several accounts, each has a share that the others leave it whether it is used or not. A
/// single account may use the whole node. Belongs to the loop.
class MemoryBudget {
public:
  struct Limits {
    std::uint64_t capacity = 0;
    std::uint64_t perAccount = 0;       // that one account may use; 0 = no limit of its own
    std::vector<std::string> accounts;  // that have a share
    double shared = 0;                  // part of the capacity that the shares are, together
  };
  /// Why some bytes do not fit: because of the account's own limit, of what is set aside for
  /// others, or of the node's size.
  enum class Lack { none, account, shares, node };
  /// What would be given back first: by the account, and by others who are beyond their share.
  struct Freed {
    std::uint64_t own = 0;
    std::uint64_t others = 0;
  };

  explicit MemoryBudget(Limits limits);

  Lack lack(const std::string& account, std::uint64_t bytes, Freed freed) const;
  Lack lack(const std::string& account, std::uint64_t bytes) const {
    return lack(account, bytes, Freed());
  }
  bool fits(const std::string& account, std::uint64_t bytes) const {
    return lack(account, bytes) == Lack::none;
  }
  bool fits(const std::string& account, std::uint64_t bytes, Freed freed) const {
    return lack(account, bytes, freed) == Lack::none;
  }
  void add(const std::string& account, std::uint64_t bytes);
  void remove(const std::string& account, std::uint64_t bytes);

  std::uint64_t used() const { return used_; }
  std::uint64_t used(const std::string& account) const;
  /// What it uses beyond its share: others may have it as soon as it is idle.
  std::uint64_t beyondShare(const std::string& account) const;
  std::uint64_t perAccount() const { return perAccount_; }
  std::uint64_t capacity() const { return capacity_; }

private:
  struct Account {
    std::uint64_t used = 0;
    bool shares = false;
  };

  std::uint64_t unclaimed(const Account& account) const;

  std::uint64_t capacity_;
  std::uint64_t perAccount_;
  std::uint64_t share_ = 0;  // of each account that has one
  std::uint64_t used_ = 0;
  std::uint64_t unclaimed_ = 0;  // of the shares of all
  std::map<std::string, Account, std::less<>> accounts_;
};

}  // namespace openfc::scheduler
