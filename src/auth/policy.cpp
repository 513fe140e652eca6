#include "auth/policy.h"

#include "base/encoding.h"
#include "base/error.h"
#include "base/time_text.h"
#include "schema/json.h"

#include <boost/json/value.hpp>

#include <fmt/core.h>

#include <algorithm>

namespace openfc::auth {
namespace {

namespace json = boost::json;

constexpr std::size_t arnParts = 5;  // acs, service, region, account, what of it
constexpr std::string_view addressKey = "acs:SourceIp";
constexpr std::string_view timeKey = "acs:CurrentTime";

[[noreturn]] void refuse(std::string_view place, std::string_view problem) {
  throw PolicyError(fmt::format("{} {}", place, problem));
}

std::string inside(std::string_view place, std::string_view member) {
  return place.empty() ? std::string(member) : fmt::format("{}.{}", place, member);
}

const json::object& objectAt(const json::value& value, std::string_view place) {
  if (!value.is_object()) refuse(place, "must be an object");
  return value.get_object();
}

std::string_view textAt(const json::value& value, std::string_view place) {
  if (!value.is_string()) refuse(place, "must be a text");
  return value.get_string();
}

void refuseUnknown(const json::object& object, std::span<const std::string_view> known,
                   std::string_view place) {
  for (const auto& [name, value] : object) {
    if (std::ranges::find(known, std::string_view(name)) == known.end()) {
      refuse(inside(place, name), "is not known");
    }
  }
}

const json::value& need(const json::object& object, std::string_view name, std::string_view place) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr) refuse(inside(place, name), "is missing");
  return *value;
}

/// A text or a list of texts, as most members may be.
std::vector<std::string> textsAt(const json::value& value, const std::string& place) {
  if (value.is_string()) return {std::string(value.get_string())};
  if (!value.is_array()) refuse(place, "must be a text or a list of texts");
  std::vector<std::string> out;
  for (const json::value& element : value.get_array()) {
    out.emplace_back(textAt(element, fmt::format("{}[{}]", place, out.size())));
  }
  if (out.empty()) refuse(place, "must not be empty");
  return out;
}

bool actionCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '*' || c == '?' || c == '_' ||
         c == '-' || c == ':';
}

std::vector<std::string> actionsAt(const json::value& value, const std::string& place) {
  std::vector<std::string> actions = textsAt(value, place);
  for (std::string& action : actions) {
    std::string lower = toLower(action);
    const bool named = lower == "*" || std::ranges::count(lower, ':') == 1;
    if (!named || !std::ranges::all_of(lower, actionCharacter)) {
      refuse(place, fmt::format("must look like 'fc:GetService', 'fc:Get*' or '*' (actual: '{}')",
                                action));
    }
    action = std::move(lower);
  }
  return actions;
}

std::vector<std::string> resourcesAt(const json::value& value, const std::string& place) {
  std::vector<std::string> resources = textsAt(value, place);
  for (const std::string& resource : resources) {
    const bool parts = std::ranges::count(resource, ':') >= static_cast<int>(arnParts) - 1;
    if (resource != "*" && !(resource.starts_with("acs:") && parts)) {
      refuse(place,
             fmt::format("must be '*' or look like 'acs:fc:*:*:services/name' (actual: '{}')",
                         resource));
    }
  }
  return resources;
}

Network networkAt(const std::string& text, const std::string& place) {
  const auto network = Network::parse(text);
  if (network) return *network;
  refuse(place,
         fmt::format("must be an IP address or a network such as 10.0.0.0/8 (actual: '{}')", text));
}

Time timeAt(const std::string& text, const std::string& place) {
  const auto time = fromIso(text);
  if (time) return *time;
  refuse(place, fmt::format("must look like '2022-03-01T08:00:00Z' (actual: '{}')", text));
}

Condition conditionOf(Condition::Kind kind, std::string_view key, const json::value& value,
                      const std::string& place) {
  const std::string_view wanted = comparesAddresses(kind) ? addressKey : timeKey;
  if (!sameIgnoringCase(key, wanted)) {
    refuse(place, fmt::format("is not known here (allowed: {})", wanted));
  }
  Condition condition{.kind = kind};
  for (const std::string& text : textsAt(value, place)) {
    if (comparesAddresses(kind)) {
      condition.networks.push_back(networkAt(text, place));
    } else {
      condition.times.push_back(timeAt(text, place));
    }
  }
  return condition;
}

std::vector<Condition> conditionsAt(const json::value& value, const std::string& place) {
  std::vector<Condition> conditions;
  for (const auto& [name, keys] : objectAt(value, place)) {
    const std::string there = inside(place, name);
    const auto kind = conditionKind(name);
    if (!kind) refuse(there, fmt::format("is not known (allowed: {})", conditionNames()));
    for (const auto& [key, values] : objectAt(keys, there)) {
      conditions.push_back(conditionOf(*kind, key, values, inside(there, key)));
    }
  }
  return conditions;
}

Policy::Statement statementOf(const json::value& value, const std::string& place) {
  constexpr std::string_view known[] = {"Effect", "Action", "NotAction", "Resource", "Condition"};
  const json::object& object = objectAt(value, place);
  refuseUnknown(object, known, place);
  Policy::Statement statement;
  const std::string effectPlace = inside(place, "Effect");
  const std::string_view effect = textAt(need(object, "Effect", place), effectPlace);
  if (effect != "Allow" && effect != "Deny") {
    refuse(effectPlace, fmt::format("must be Allow or Deny (actual: '{}')", effect));
  }
  statement.allow = effect == "Allow";
  const json::value* except = object.if_contains("NotAction");
  if (except != nullptr && object.contains("Action")) {
    refuse(inside(place, "NotAction"), "must not stand beside Action");
  }
  statement.exceptActions = except != nullptr;
  const std::string_view actions = except != nullptr ? "NotAction" : "Action";
  statement.actions = actionsAt(need(object, actions, place), inside(place, actions));
  statement.resources = resourcesAt(need(object, "Resource", place), inside(place, "Resource"));
  if (const json::value* condition = object.if_contains("Condition")) {
    statement.conditions = conditionsAt(*condition, inside(place, "Condition"));
  }
  return statement;
}

json::value parsed(std::string_view document) {
  if (document.size() > Policy::maxDocument) {
    throw PolicyError(fmt::format("the policy document must have at most {} bytes (actual: {})",
                                  Policy::maxDocument, document.size()));
  }
  try {
    return schema::parseJson(document);
  } catch (const Error& error) {
    throw PolicyError("the policy document is no JSON: " + error.message());
  }
}

bool applies(const Policy::Statement& statement, std::string_view action, const Access& access) {
  const bool named = std::ranges::any_of(statement.actions, [&](const std::string& pattern) {
    return fitsWildcards(pattern, action);
  });
  if (named == statement.exceptActions) return false;
  const bool fits = std::ranges::any_of(statement.resources, [&](const std::string& pattern) {
    return std::ranges::any_of(
        access.resources, [&](std::string_view resource) { return fitsArn(pattern, resource); });
  });
  return fits && std::ranges::all_of(statement.conditions, [&](const Condition& condition) {
           return condition.holds(access.circumstances);
         });
}

}  // namespace

bool fitsWildcards(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;  // the last * seen
  std::size_t retry = 0;                      // where the text behind it is tried next
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++retry;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool fitsArn(std::string_view pattern, std::string_view arn) {
  if (pattern == "*") return true;
  for (std::size_t part = 0; part + 1 < arnParts; ++part) {
    const auto patternEnd = pattern.find(':');
    const auto arnEnd = arn.find(':');
    if (patternEnd == std::string_view::npos || arnEnd == std::string_view::npos) return false;
    if (!fitsWildcards(pattern.substr(0, patternEnd), arn.substr(0, arnEnd))) return false;
    pattern.remove_prefix(patternEnd + 1);
    arn.remove_prefix(arnEnd + 1);
  }
  return fitsWildcards(pattern, arn);
}

Policy Policy::parse(std::string_view document) {
  const json::value value = parsed(document);
  const json::object& object = objectAt(value, "the policy document");
  constexpr std::string_view known[] = {"Version", "Statement"};
  refuseUnknown(object, known, "");
  const std::string_view version = textAt(need(object, "Version", ""), "Version");
  if (version != "1") refuse("Version", fmt::format("must be \"1\" (actual: '{}')", version));
  const json::value& statements = need(object, "Statement", "");
  if (!statements.is_array()) refuse("Statement", "must be a list");
  if (statements.get_array().empty()) refuse("Statement", "must not be empty");
  Policy policy;
  for (const json::value& statement : statements.get_array()) {
    policy.statements_.push_back(
        statementOf(statement, fmt::format("Statement[{}]", policy.statements_.size())));
  }
  return policy;
}

Decision Policy::decide(const Access& access) const {
  const std::string action = toLower(access.action);
  Decision decision = Decision::silent;
  for (const Statement& statement : statements_) {
    if (statement.allow && decision == Decision::allowed) continue;
    if (!applies(statement, action, access)) continue;
    if (!statement.allow) return Decision::denied;
    decision = Decision::allowed;
  }
  return decision;
}

Policies compile(std::span<const std::string> documents) {
  std::vector<Policy> policies;
  for (const std::string& document : documents) policies.push_back(Policy::parse(document));
  return std::make_shared<const std::vector<Policy>>(std::move(policies));
}

bool Permissions::allow(const Access& access) const {
  return std::ranges::all_of(bounds_, [&](const Policies& policies) {
    bool allowed = false;
    for (const Policy& policy : *policies) {
      const Decision decision = policy.decide(access);
      if (decision == Decision::denied) return false;
      allowed = allowed || decision == Decision::allowed;
    }
    return allowed;
  });
}

}  // namespace openfc::auth
