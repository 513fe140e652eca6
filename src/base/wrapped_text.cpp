#include "base/wrapped_text.h"

#include <fmt/core.h>

#include <algorithm>

namespace openfc {

std::string wrapped(std::string_view text, std::size_t indent) {
  constexpr std::size_t width = 100;
  std::string out;
  std::size_t used = indent;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (used > indent && used + 1 + word.size() > width) {
      out += '\n' + std::string(indent, ' ');
      used = indent;
    } else if (used > indent) {
      out += ' ';
      ++used;
    }
    out += word;
    used += word.size();
  }
  return out + '\n';
}

std::string wrappedRow(std::string_view name, std::string_view text, std::size_t indent) {
  const std::string start = fmt::format("  {:<{}}", name, indent - 2);
  const bool fits = name.size() + 3 <= indent;
  return start + (fits ? "" : "\n" + std::string(indent, ' ')) + wrapped(text, indent);
}

}  // namespace openfc
