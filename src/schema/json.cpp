#include "schema/json.h"

#include "base/error.h"

#include <boost/json/serialize.hpp>
#include <boost/json/stream_parser.hpp>

#include <fmt/core.h>

#include <algorithm>

namespace json = boost::json;

namespace openfc::schema {

json::value parseJson(std::string_view text) {
  json::parse_options options;
  options.max_depth = 64;
  // The parser counts what it took, so that the message can say where it stopped.
  json::stream_parser parser({}, options);
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

}  // namespace openfc::schema
