#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace openfc::http {

/// Bytes that have arrived and are not used yet. Small while a connection is idle; grows up to its
/// limit.
class InputBuffer {
public:
  explicit InputBuffer(std::size_t limit) : limit_(std::max(limit, smallest)) {}

  std::string_view bytes() const { return {storage_.get() + begin_, end_ - begin_}; }
  bool empty() const { return begin_ == end_; }
  /// Whether space() has nothing more to give.
  bool full() const { return end_ - begin_ == limit_; }

  /// Bytes of memory beyond what every connection may have.
  std::size_t excess() const { return capacity_ - std::min(capacity_, smallest); }

  /// Room behind the bytes, at least one byte unless full.
  std::span<char> space() {
    if (begin_ > 0 && end_ == capacity_) moveTo(capacity_);
    if (end_ == capacity_) moveTo(std::min(limit_, std::max(smallest, capacity_ * 2)));
    return {storage_.get() + end_, capacity_ - end_};
  }
  void added(std::size_t count) { end_ += count; }

  void consume(std::size_t count) {
    begin_ += count;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  /// Gives back the memory of a large message; only while empty.
  void shrink() {
    if (!empty() || capacity_ <= smallest) return;
    storage_.reset();
    capacity_ = 0;
  }

private:
  static constexpr std::size_t smallest = 4096;

  void moveTo(std::size_t capacity) {
    const std::string_view kept = bytes();
    if (capacity == capacity_) {
      std::memmove(storage_.get(), kept.data(), kept.size());
    } else {
      auto larger = std::make_unique_for_overwrite<char[]>(capacity);
      if (!kept.empty()) std::memcpy(larger.get(), kept.data(), kept.size());
      storage_ = std::move(larger);
      capacity_ = capacity;
    }
    end_ = kept.size();
    begin_ = 0;
  }

  std::size_t limit_;
  std::unique_ptr<char[]> storage_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace openfc::http
