#pragma once

#include <string>
#include <string_view>

namespace openfc::api {

/// Bytes that come in pieces as valid UTF-8: a character that is cut in two waits for its rest, and
/// what is none becomes U+FFFD.
class Utf8Pieces {
public:
  std::string next(std::string_view bytes);

private:
  std::string rest_;  // the beginning of a character
};

}  // namespace openfc::api
