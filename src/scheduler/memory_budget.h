#pragma once

#include <cstdint>

namespace openfc::scheduler {

/// The memory of this node that instances may count on. A running instance counts with its
/// function's memorySize; a frozen one cannot grow and counts with what it is charged. Belongs to
/// the loop.
class MemoryBudget {
public:
  explicit MemoryBudget(std::uint64_t capacity) : capacity_(capacity) {}

  bool fits(std::uint64_t bytes) const { return used_ + bytes <= capacity_; }
  void add(std::uint64_t bytes) { used_ += bytes; }
  void remove(std::uint64_t bytes) { used_ -= bytes; }
  std::uint64_t used() const { return used_; }
  std::uint64_t capacity() const { return capacity_; }

private:
  std::uint64_t capacity_;
  std::uint64_t used_ = 0;
};

}  // namespace openfc::scheduler
