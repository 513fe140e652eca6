#include "model/names.h"

#include <algorithm>
#include <charconv>

namespace openfc::model {
namespace {

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool digit(char c) { return c >= '0' && c <= '9'; }

bool isName(std::string_view text) {
  return !text.empty() && letter(text[0]) &&
         std::ranges::all_of(text, [](char c) { return letter(c) || digit(c) || c == '-'; });
}

bool isQualifier(std::string_view text) { return isName(text) || std::ranges::all_of(text, digit); }

}  // namespace

constinit const schema::Pattern namePattern{isName, "^[_a-zA-Z][-_a-zA-Z0-9]*$"};
constinit const schema::Pattern qualifierPattern{isQualifier, "^([_a-zA-Z][-_a-zA-Z0-9]*|[0-9]*)$"};

QualifierKind kindOf(std::string_view qualifier) {
  if (qualifier.empty() || qualifier == "LATEST") return QualifierKind::latest;
  return std::ranges::all_of(qualifier, digit) ? QualifierKind::version : QualifierKind::alias;
}

std::optional<int> versionNumber(std::string_view text) {
  int version = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), version);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || version < 1 ||
      text.front() == '0')
    return {};
  return version;
}

}  // namespace openfc::model
