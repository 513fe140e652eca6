#pragma once

#include <cstddef>
#include <string>

namespace openfc::http {

/// Grows without writing the new bytes: the pages stay untouched until data has come.
inline void growBy(std::string& text, std::size_t count) {
  // Not the size that the function is given: libstdc++ 12 hands it the capacity that it has grown
  // to, and whoever reads into so much room takes bytes that belong to the next message.
  const std::size_t wanted = text.size() + count;
  text.resize_and_overwrite(wanted, [wanted](char*, std::size_t) { return wanted; });
}

}  // namespace openfc::http
