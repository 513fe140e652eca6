#pragma once

#include "auth/condition.h"
#include "base/clock.h"

#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// RAM policy documents: who may do what with which resource. Pure: no I/O, no clock.
namespace openfc::auth {

/// What is wrong with a policy document, beginning with the place: "Statement[1].Effect must be …".
class PolicyError : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// What a caller wants to do.
struct Access {
  std::string_view action;                      // "fc:GetService"; compares without case
  std::span<const std::string_view> resources;  // the spellings of one resource's ARN, at least one
  Circumstances circumstances;
};

enum class Decision { silent, allowed, denied };

/// One compiled document. A value; immutable, so threads may share it.
class Policy {
public:
  /// Bytes of a document at most.
  static constexpr std::size_t maxDocument = 6144;

  /// Compiles a document. Throws PolicyError for the first thing that is wrong, naming its place;
  /// unknown members are refused, since a misspelt condition must not be lost.
  static Policy parse(std::string_view document);

  /// Denied when a Deny statement applies to any spelling of the resource; else allowed when an
  /// Allow statement does; else silent.
  Decision decide(const Access& access) const;

  struct Statement {
    bool allow = false;
    bool exceptActions = false;        // NotAction
    std::vector<std::string> actions;  // patterns in lower case
    std::vector<std::string> resources;
    std::vector<Condition> conditions;  // all must hold
  };

private:
  std::vector<Statement> statements_;
};

/// The policies of one key or role, compiled once and shared.
using Policies = std::shared_ptr<const std::vector<Policy>>;

/// Compiles several documents. Throws PolicyError.
Policies compile(std::span<const std::string> documents);

/// What a caller may do: everything in its account, or what every bound allows. A value; without
/// bounds it costs nothing.
class Permissions {
public:
  Permissions() = default;  // everything

  /// Narrows: these policies must allow it too. Null is not allowed.
  void bound(Policies policies) { bounds_.push_back(std::move(policies)); }
  bool unrestricted() const { return bounds_.empty(); }
  bool allow(const Access& access) const;

private:
  std::vector<Policies> bounds_;
};

/// Whether `text` fits a pattern in which `*` stands for any characters, also none, and `?` for
/// one.
bool fitsWildcards(std::string_view pattern, std::string_view text);
/// The same for ARNs ("acs:fc:region:account:services/x"): a `*` before the last part stays within
/// its part. The pattern `*` fits every ARN.
bool fitsArn(std::string_view pattern, std::string_view arn);

}  // namespace openfc::auth
