#include "model/tag.h"

#include "model/names.h"

#include <fmt/core.h>

#include <algorithm>

namespace openfc::model {
namespace {

/// The number of characters; nothing when there is a control character.
std::optional<std::size_t> printableCharacters(std::string_view text) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::ranges::any_of(text, control)) return std::nullopt;
  const auto starts = std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
  return static_cast<std::size_t>(starts);
}

bool isTagKey(std::string_view text) {
  const auto length = printableCharacters(text);
  return length && *length >= 1 && *length <= 128;
}

bool isTagValue(std::string_view text) {
  const auto length = printableCharacters(text);
  return length && *length <= 256;
}

/// Takes what stands before the next colon, and the colon.
std::optional<std::string_view> part(std::string_view& text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view out = text.substr(0, colon);
  text.remove_prefix(colon + 1);
  return out;
}

}  // namespace

constinit const schema::Pattern tagKeyPattern{isTagKey, "1 to 128 printable characters"};
constinit const schema::Pattern tagValuePattern{isTagValue, "at most 256 printable characters"};

const schema::Shape& shapeOf(const Tags*) {
  using T = Tags;
  static constexpr schema::Field fields[] = {
      schema::field<&T::tags>("tags", "Keys and values."),
  };
  static constexpr schema::Shape shape = schema::shape<T>("Tags", fields);
  return shape;
}

std::optional<ServiceArn> parseServiceArn(std::string_view text) {
  ServiceArn arn;
  if (text.starts_with("acs:fc:")) {
    text.remove_prefix(7);
    const auto region = part(text);
    const auto account = region ? part(text) : std::nullopt;
    if (!account) return std::nullopt;
    arn.region = *region;
    arn.account = *account;
  }
  constexpr std::string_view kind = "services/";
  if (!text.starts_with(kind)) return std::nullopt;
  text.remove_prefix(kind.size());
  if (!namePattern.matches(text) || text.size() > maxName) return std::nullopt;
  arn.service = text;
  return arn;
}

ServiceArn completed(ServiceArn arn, std::string_view region, std::string_view account) {
  if (arn.region.empty()) arn.region = region;
  if (arn.account.empty()) arn.account = account;
  return arn;
}

std::string toText(const ServiceArn& arn) {
  return fmt::format("acs:fc:{}:{}:services/{}", arn.region, arn.account, arn.service);
}

}  // namespace openfc::model
