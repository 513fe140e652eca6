#pragma once

#include "model/document.h"
#include "schema/shape.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace openfc::model {

/// The tags of one service.
struct Tags {
  std::map<std::string, std::string> tags;
  bool operator==(const Tags&) const = default;
};

const schema::Shape& shapeOf(const Tags*);

inline constexpr std::size_t maxTags = 20;  // of one service

/// 1 to 128 characters without control characters.
extern const schema::Pattern tagKeyPattern;
/// At most 256 characters without control characters; may be empty.
extern const schema::Pattern tagValuePattern;

/// What names a resource that can be tagged. "" = not said, in the short forms.
struct ServiceArn {
  std::string region;
  std::string account;
  std::string service;
  bool operator==(const ServiceArn&) const = default;
};

/// `acs:fc:<region>:<account>:services/<service>`, the same with empty parts, or
/// `services/<service>` (TG-04). Nothing: it is no ARN of a service.
std::optional<ServiceArn> parseServiceArn(std::string_view text);
/// The whole name of what is meant: what a form leaves out is the caller's own.
ServiceArn completed(ServiceArn arn, std::string_view region, std::string_view account);
std::string toText(const ServiceArn& arn);

}  // namespace openfc::model
