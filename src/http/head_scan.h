#pragma once

#include "http/parser.h"

#include <cstddef>
#include <expected>
#include <optional>
#include <string_view>

namespace openfc::http {

/// Finds the end of a head as it arrives, and refuses the line forms that lenient parsers
/// understand in different ways: bare LF, folded lines, blanks before the first line.
class HeadScan {
public:
  explicit HeadScan(std::size_t maxBytes) : maxBytes_(maxBytes) {}

  void restart() { next_ = lineStart_ = begin_ = lines_ = 0; }
  /// Size of the head with its empty line; nothing = go on when more has arrived.
  std::expected<std::optional<std::size_t>, BadMessage> find(std::string_view input);
  /// Where the first line begins: behind an empty line that some clients send after a body.
  std::size_t begin() const { return begin_; }

private:
  std::optional<BadMessage> checkLine(std::string_view line) const;

  std::size_t maxBytes_;
  std::size_t next_ = 0;       // searched up to here
  std::size_t lineStart_ = 0;  // of the line under way
  std::size_t begin_ = 0;
  std::size_t lines_ = 0;
};

/// Collects the headers that say where a message ends, and judges them together.
class FramingRules {
public:
  void restart() { *this = {}; }
  void see(std::string_view name, std::string_view value);

  std::optional<BadMessage> checkRequest(const Request& request, bool http11) const;
  std::optional<BadMessage> checkLengths(bool http11) const;

  bool chunked() const { return encodings_ > 0; }
  bool hasLength() const { return lengths_ > 0; }
  std::uint64_t length() const { return length_; }
  bool awaitsContinue() const { return expects_ == 1; }

private:
  void seeLength(std::string_view value);

  int hosts_ = 0;
  int lengths_ = 0;
  int encodings_ = 0;
  int expects_ = 0;
  bool badHost_ = false;
  bool badLength_ = false;
  bool otherEncoding_ = false;
  bool otherExpectation_ = false;
  std::uint64_t length_ = 0;
};

}  // namespace openfc::http
