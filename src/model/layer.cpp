#include "model/layer.h"

#include "base/encoding.h"
#include "model/function_rules.h"
#include "model/names.h"

#include <fmt/core.h>

#include <algorithm>

namespace openfc::model {
namespace {

using schema::checkedBy;
using schema::field;
using schema::Field;
using schema::Shape;
using schema::Support;

constexpr std::size_t maxRuntimes = 5;  // api-spec L-08
constexpr std::string_view recordedText = "A text for people.";

std::string runtimesProblem(const std::vector<std::string>& runtimes) {
  for (const std::string& runtime : runtimes) {
    if (runtime == anyRuntime) continue;
    if (const std::string problem = runtimeProblem(runtime); !problem.empty())
      return "compatibleRuntime: " + problem;
  }
  return "";
}

bool isHex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::optional<LayerName> nameOf(std::string owner, std::string_view layer,
                                std::string_view version) {
  const auto number = versionNumber(version);
  if (!number || !namePattern.matches(layer) || layer.size() > maxName) return {};
  return LayerName{std::move(owner), std::string(layer), *number};
}

/// What stands before the first `separator`, which is removed too; all when there is none.
std::string_view cut(std::string_view& text, std::string_view separator) {
  const std::size_t at = text.find(separator);
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + separator.size());
  return part;
}

std::optional<LayerName> nameOfLongArn(std::string_view arn) {
  if (cut(arn, ":") != "acs" || cut(arn, ":") != "fc") return {};
  cut(arn, ":");  // the region: this server is every region
  const std::string_view account = cut(arn, ":");
  if (account.empty() || cut(arn, "/") != "layers") return {};
  const std::string_view layer = cut(arn, "/");
  if (cut(arn, "/") != "versions") return {};
  return nameOf(layerOwner(account), layer, arn);
}

}  // namespace

const Shape& shapeOf(const LayerConfig*) {
  using T = LayerConfig;
  static constexpr Field fields[] = {
      field<&T::description>(
          "description", "Free text.",
          {.maxLength = 256, .support = Support::recorded, .supportNote = recordedText}),
      field<&T::compatibleRuntime>("compatibleRuntime",
                                   "Runtimes that it may be attached to; empty or `Any` = all.",
                                   {.maxItems = maxRuntimes, .check = checkedBy<&runtimesProblem>}),
      field<&T::license>(
          "license", "Free text.",
          {.maxLength = 256, .support = Support::recorded, .supportNote = recordedText}),
  };
  static constexpr Shape shape = schema::shape<T>("LayerConfig", fields);
  return shape;
}

const Shape& shapeOf(const Layer*) {
  using T = Layer;
  static constexpr Field fields[] = {
      field<&T::layerName>("layerName", "Name, unique in the account."),
      field<&T::version>("version", "Counts from 1; never used again.", {.readOnly = true}),
      field<&T::config>("config", "What clients set.", {.inlined = true}),
      field<&T::codeSize>("codeSize", "Bytes of the ZIP.", {.readOnly = true}),
      field<&T::codeChecksum>("codeChecksum", "CRC-64 of the ZIP, unsigned decimal.",
                              {.readOnly = true}),
      field<&T::acl>("acl", "0 = private, 1 = readable by every account.", {.readOnly = true}),
      field<&T::createTime>("createTime", "When it was published.", {.readOnly = true}),
      field<&T::accountId>("accountId", "Its owner.", {.stored = true}),
      field<&T::packageDigest>("packageDigest", "Digest of the ZIP.", {.stored = true}),
  };
  static constexpr Shape shape = schema::shape<T>("Layer", fields);
  return shape;
}

const Shape& shapeOf(const LayerState*) {
  using T = LayerState;
  static constexpr Field fields[] = {
      field<&T::lastVersion>("lastVersion", "The highest version that was ever published."),
      field<&T::acl>("acl", "Access that versions begin with."),
  };
  static constexpr Shape shape = schema::shape<T>("LayerState", fields);
  return shape;
}

const Shape& shapeOf(const AttachedLayer*) {
  using T = AttachedLayer;
  static constexpr Field fields[] = {
      field<&T::arn>("arn", "ARN of the layer version."),
      field<&T::packageDigest>("packageDigest", "Digest of its ZIP."),
      field<&T::codeSize>("codeSize", "Bytes of its ZIP."),
      field<&T::compatibleRuntime>("compatibleRuntime", "Runtimes that it suits."),
  };
  static constexpr Shape shape = schema::shape<T>("AttachedLayer", fields);
  return shape;
}

std::string layerOwner(std::string_view account) { return toHex(md5(account)); }

std::string toArn(const LayerName& name) {
  return fmt::format("{}#{}#{}", name.owner, name.layer, name.version);
}

std::string toLongArn(const Layer& layer, std::string_view region) {
  return fmt::format("acs:fc:{}:{}:layers/{}/versions/{}", region, layer.accountId, layer.layerName,
                     layer.version);
}

std::optional<LayerName> layerNameOf(std::string_view arn) {
  constexpr std::size_t ownerSize = 32;
  if (arn.starts_with("acs:")) return nameOfLongArn(arn);
  const std::string_view owner = cut(arn, "#");
  if (owner.size() != ownerSize || !isHex(owner)) return {};
  const std::string_view layer = cut(arn, "#");
  return nameOf(std::string(owner), layer, arn);
}

bool suits(const std::vector<std::string>& compatibleRuntime, std::string_view runtime) {
  return compatibleRuntime.empty() ||
         std::ranges::any_of(compatibleRuntime, [runtime](const std::string& one) {
           return one == anyRuntime || one == runtime;
         });
}

}  // namespace openfc::model
