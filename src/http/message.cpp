#include "http/message.h"

#include "base/encoding.h"

#include <algorithm>

namespace openfc::http {

std::optional<std::string_view> Headers::find(std::string_view name) const {
  for (const Header& header : all_) {
    if (sameIgnoringCase(header.name, name)) return header.value;
  }
  return std::nullopt;
}

void Headers::add(std::string name, std::string value) {
  all_.emplace_back(std::move(name), std::move(value));
}

void Headers::set(std::string name, std::string value) {
  remove(name);
  add(std::move(name), std::move(value));
}

void Headers::remove(std::string_view name) {
  std::erase_if(all_, [name](const Header& header) { return sameIgnoringCase(header.name, name); });
}

std::string_view Request::rawPath() const {
  return std::string_view(target).substr(0, target.find('?'));
}

std::string_view Request::rawQuery() const {
  const std::size_t mark = target.find('?');
  return mark == std::string::npos ? std::string_view() : std::string_view(target).substr(mark + 1);
}

}  // namespace openfc::http
