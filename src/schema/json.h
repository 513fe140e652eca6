#pragma once

#include <boost/json/fwd.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace openfc::schema {

/// Levels of a client's JSON at most.
inline constexpr std::size_t maxJsonDepth = 64;

/// Parses one JSON text from a client: UTF-8 without byte order mark, no deeper than it may be, the
/// last of equal keys wins. Throws Error{invalidArgument} saying where and what is wrong.
boost::json::value parseJson(std::string_view text, std::size_t maxDepth = maxJsonDepth);

std::string toText(const boost::json::value& value);

/// The text with U+FFFD in place of every byte that is not UTF-8.
std::string validUtf8(std::string text);

}  // namespace openfc::schema
