#include "oss/xml.h"

namespace openfc::oss {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (c == '\r' || c == '\n' || c == '\t') {
      out += "&#" + std::to_string(byte) + ";";  // a parser would change the bare ones
    } else {
      out += byte < 0x20 ? '?' : c;
    }
  }
  return out;
}

}  // namespace openfc::oss
