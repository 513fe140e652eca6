#include "schema/json.h"

#include "base/error.h"
#include "schema/json_memory.h"

#include <boost/json/serialize.hpp>
#include <boost/json/stream_parser.hpp>

#include <fmt/core.h>

#include <algorithm>

namespace json = boost::json;

namespace openfc::schema {
namespace {

/// Bytes of the UTF-8 character at the beginning of `text`; 0 = there is none.
std::size_t characterLength(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  // Overlong forms, surrogates and what lies beyond U+10FFFF.
  const unsigned second = byte(1);
  if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F)) return 0;
  if ((lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) return 0;
  return length;
}

}  // namespace

json::value parseJson(std::string_view text, std::size_t maxDepth) {
  return parseJson(text, maxDepth, {});
}

json::value parseJson(std::string_view text, std::size_t maxDepth,
                      const json::storage_ptr& memory) {
  json::parse_options options;
  options.max_depth = maxDepth;
  // The parser counts what it took, so that the message can say where it stopped.
  json::stream_parser parser({}, options);
  parser.reset(memory);
  boost::system::error_code error;
  const std::size_t taken = parser.write(text.data(), text.size(), error);
  if (!error) parser.finish(error);
  if (error) {
    throw invalidArgument(fmt::format("the body is not valid JSON: {} at byte {}", error.message(),
                                      std::min(taken, text.size())));
  }
  return parser.release();
}

std::string toText(const json::value& value) { return json::serialize(value); }

std::string validUtf8(std::string text) {
  std::string out;
  bool damaged = false;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = characterLength(std::string_view(text).substr(i));
    if (length == 0 && !damaged) {
      damaged = true;
      out.assign(text, 0, i);
    }
    if (damaged) out += length == 0 ? "\xEF\xBF\xBD" : std::string_view(text).substr(i, length);
    i += std::max<std::size_t>(length, 1);
  }
  if (damaged) return out;
  return text;
}

}  // namespace openfc::schema
