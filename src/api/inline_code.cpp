#include "api/inline_code.h"

#include "base/encoding.h"
#include "base/error.h"

#include <array>
#include <charconv>
#include <cstdint>

namespace openfc::api {
namespace {

/// Shorter code may be in memory twice.
constexpr std::size_t smallestTaken = 4096;

struct Place {
  std::size_t begin = 0;
  std::size_t size = 0;
};

/// Where the string that begins behind a quote ends; npos = it does not.
std::size_t endOfString(std::string_view text, std::size_t begin) {
  for (std::size_t i = text.find_first_of("\"\\", begin); i < text.size();
       i = text.find_first_of("\"\\", i + 2)) {
    if (text[i] == '"') return i;
  }
  return std::string_view::npos;
}

/// Follows the tokens of a JSON text as far as it takes to know whose value a string is.
class Scanner {
public:
  explicit Scanner(std::string_view text) : text_(text) {}

  /// The inside of the string that is code.zipFile.
  std::optional<Place> zipFile() {
    for (std::size_t i = 0; i < text_.size(); ++i) {
      if (text_[i] != '"') {
        take(text_[i]);
        continue;
      }
      const std::size_t end = endOfString(text_, i + 1);
      if (end == std::string_view::npos) return std::nullopt;
      string_ = text_.substr(i + 1, end - i - 1);
      if (atZipFile() && string_.size() >= smallestTaken) return Place{i + 1, string_.size()};
      i = end;
    }
    return std::nullopt;
  }

private:
  void take(char c) {
    if (c == '{' || c == '[') ++depth_;
    if (depth_ >= 1 && depth_ <= 2) {
      std::string_view& key = keys_[static_cast<std::size_t>(depth_ - 1)];
      if (c == ':') key = string_;
      if (c == ',' || c == '{' || c == '[') key = {};
    }
    if (c == '}' || c == ']') --depth_;
  }
  bool atZipFile() const {
    return depth_ == 2 && sameIgnoringCase(keys_[0], "code") &&
           sameIgnoringCase(keys_[1], "zipFile");
  }

  std::string_view text_;
  std::string_view string_;                 // the last
  std::array<std::string_view, 2> keys_{};  // that the value at hand belongs to, from outside
  int depth_ = 0;
};

/// Resolves the escapes that writers of JSON use in base64: `\/` and `\u002B`. Returns the new
/// size; what is no such escape stays and is no base64.
std::size_t unescape(char* text, std::size_t size) {
  constexpr std::size_t escapeSize = 6;
  std::size_t to = 0;
  for (std::size_t from = 0; from < size; ++from) {
    char c = text[from];
    if (c == '\\' && from + 1 < size && text[from + 1] == '/') {
      c = text[++from];
    } else if (c == '\\' && from + escapeSize <= size && text[from + 1] == 'u') {
      std::uint32_t code = 0;
      const char* end = text + from + escapeSize;
      const bool whole = std::from_chars(text + from + 2, end, code, 16).ptr == end;
      if (whole && code < 0x80) {
        c = static_cast<char>(code);
        from += escapeSize - 1;
      }
    }
    text[to++] = c;
  }
  return to;
}

}  // namespace

SplitBody splitBody(std::string body, std::size_t limit) {
  const std::optional<Place> place = Scanner(body).zipFile();
  if (!place) return {.json = std::move(body)};
  SplitBody split;
  split.json = std::string_view(body).substr(0, place->begin);
  split.json += takenCode;
  split.json += std::string_view(body).substr(place->begin + place->size);
  char* const text = body.data() + place->begin;
  const std::size_t size = unescape(text, place->size);
  // Four characters stand for three bytes: what is too large is not even decoded.
  if (size / 4 * 3 > limit + 3) throw errorOf(Code::entityTooLarge, {std::to_string(limit)});
  const auto decoded = decodeBase64({text, size});
  if (!decoded) return split;
  if (*decoded > limit) throw errorOf(Code::entityTooLarge, {std::to_string(limit)});
  body.resize(place->begin + *decoded);
  body.erase(0, place->begin);
  split.zip = std::move(body);
  return split;
}

}  // namespace openfc::api
