#include "sandbox/plain/places.h"

namespace openfc::sandbox::plain {
namespace {

/// The place whose path stands at the beginning of `rest`, as whole components.
const Place* placeAt(std::string_view rest, const std::vector<Place>& places) {
  for (const Place& place : places) {
    if (!rest.starts_with(place.inside)) continue;
    const std::string_view after = rest.substr(place.inside.size());
    if (after.empty() || after.front() == '/' || after.front() == ':') return &place;
  }
  return nullptr;
}

}  // namespace

std::string translated(std::string_view text, const std::vector<Place>& places) {
  std::string out;
  bool mayBegin = true;
  for (std::size_t at = 0; at < text.size();) {
    if (const Place* place = mayBegin ? placeAt(text.substr(at), places) : nullptr) {
      out += place->here;
      at += place->inside.size();
      mayBegin = false;
      continue;
    }
    mayBegin = text[at] == ':' || text[at] == '=';
    out += text[at++];
  }
  return out;
}

}  // namespace openfc::sandbox::plain
