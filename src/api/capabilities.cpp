#include "api/capabilities.h"

#include "api/async_configs.h"
#include "api/domains.h"
#include "api/functions.h"
#include "api/layers.h"
#include "api/on_demand_configs.h"
#include "api/provision_configs.h"
#include "api/services.h"
#include "api/tags.h"
#include "api/triggers.h"
#include "api/vpc_bindings.h"

#include <fmt/core.h>

namespace openfc::api {
namespace {

using schema::field;
using schema::Field;
using schema::Kind;
using schema::Shape;
using schema::Type;

/// What is refused as a whole: no field says it.
constexpr std::pair<std::string_view, std::string_view> refusals[] = {
    {"X-Fc-Invocation-Type: Async", "Invocations are synchronous; Async is refused."},
    {"firing of triggers", "Triggers are kept; functions are called by InvokeFunction."},
    {"serving of custom domains", "Domains are kept; functions are called by InvokeFunction."},
};

struct Resource {
  std::string_view name;
  const Shape& (*shape)();
};
constexpr Resource resources[] = {
    {"service", &schema::shapeFor<CreateService>},
    {"function", &schema::shapeFor<CreateFunction>},
    {"asynchronous-invocation configuration", &schema::shapeFor<PutAsyncConfig>},
    {"provision configuration", &schema::shapeFor<PutProvisionConfig>},
    {"VPC binding", &schema::shapeFor<VpcBinding>},
    {"on-demand configuration", &schema::shapeFor<PutOnDemandConfig>},
    {"tag", &schema::shapeFor<TagResource>},
    {"layer", &schema::shapeFor<PublishLayerVersion>},
    {"custom domain", &schema::shapeFor<CreateDomain>},
    {"trigger", &schema::shapeFor<CreateTrigger>},
    {"http trigger's triggerConfig", &schema::shapeFor<model::HttpTriggerConfig>},
    {"timer trigger's triggerConfig", &schema::shapeFor<model::TimerTriggerConfig>},
    {"oss trigger's triggerConfig", &schema::shapeFor<model::OssTriggerConfig>},
    {"log trigger's triggerConfig", &schema::shapeFor<model::LogTriggerConfig>},
    {"cdn_events trigger's triggerConfig", &schema::shapeFor<model::CdnTriggerConfig>},
    {"mns_topic trigger's triggerConfig", &schema::shapeFor<model::MnsTriggerConfig>},
    {"eventbridge trigger's triggerConfig", &schema::shapeFor<model::EventBridgeTriggerConfig>},
};

std::string_view wordOf(schema::Support support) {
  switch (support) {
    case schema::Support::enforced:
      return "enforced";
    case schema::Support::emulated:
      return "emulated";
    case schema::Support::recorded:
      return "recorded";
  }
  return "";
}

/// The struct behind a type, through optionals and lists; null for what is no struct.
const Type* structIn(const Type& type, std::string& suffix) {
  if (type.kind == Kind::object || type.kind == Kind::partial) return &type;
  if (type.kind == Kind::list) suffix += "[]";
  return type.element == nullptr || type.kind == Kind::map ? nullptr
                                                           : structIn(*type.element, suffix);
}

void list(std::string_view resource, const Shape& shape, const std::string& path,
          std::vector<Capability>& out) {
  for (const Field& field : shape.fields) {
    const schema::Rules& rules = field.rules;
    if (rules.in != schema::In::body || rules.readOnly || rules.stored) continue;
    if (rules.inlined) {
      list(resource, field.type->shape(), path, out);
      continue;
    }
    const std::string name = path + std::string(field.name);
    std::string suffix;
    if (const Type* inner = structIn(*field.type, suffix)) {
      list(resource, inner->shape(), name + suffix + ".", out);
      continue;
    }
    out.push_back({.resource = std::string(resource),
                   .field = name,
                   .level = std::string(wordOf(rules.support)),
                   .note = std::string(rules.supportNote.empty() ? field.doc : rules.supportNote)});
  }
}

}  // namespace

const Shape& shapeOf(const Capability*) {
  using T = Capability;
  static constexpr Field fields[] = {
      field<&T::resource>("resource", "What the field belongs to."),
      field<&T::field>("field", "Its name with the names of what holds it."),
      field<&T::level>(
          "level",
          "enforced: as documented; emulated: something near; recorded: kept without effect."),
      field<&T::note>("note", "What that means here."),
  };
  static constexpr Shape shape = schema::shape<T>("Capability", fields);
  return shape;
}

const Shape& shapeOf(const Refusal*) {
  using T = Refusal;
  static constexpr Field fields[] = {
      field<&T::feature>("feature", "What is refused."),
      field<&T::note>("note", "What there is instead."),
  };
  static constexpr Shape shape = schema::shape<T>("Refusal", fields);
  return shape;
}

const Shape& shapeOf(const Capabilities*) {
  using T = Capabilities;
  static constexpr Field fields[] = {
      field<&T::fields>("fields", "Every field that clients can set."),
      field<&T::unsupported>("unsupported", "What is not supported as a whole."),
      field<&T::runtimes>("runtimes", "Every runtime of the API, and whether it runs here."),
  };
  static constexpr Shape shape = schema::shape<T>("Capabilities", fields);
  return shape;
}

const Shape& shapeOf(const NoInput*) {
  static constexpr Shape shape = schema::shape<NoInput>("NoInput");
  return shape;
}

Capabilities capabilities() {
  Capabilities out;
  for (const Resource& resource : resources) list(resource.name, resource.shape(), "", out.fields);
  for (const auto& [feature, note] : refusals)
    out.unsupported.push_back({std::string(feature), std::string(note)});
  return out;
}

Task<Capabilities> getCapabilities(Context context, NoInput) {
  Capabilities out = capabilities();
  if (context.parts.runtimes != nullptr) out.runtimes = context.parts.runtimes->states();
  co_return out;
}

namespace {

/// What runs a runtime's functions, or why nothing does.
std::string runnerOf(const runtime::Row& row) {
  if (!row.lack.empty()) return fmt::format("**nothing in this version**: {}", row.lack);
  if (row.interpreters.empty()) return "the package's `bootstrap` or the configured command";
  std::string out;
  for (const std::string_view path : row.interpreters)
    out += fmt::format("{}`{}`", out.empty() ? "" : ", else ", path);
  return fmt::format("{} of the machine (Debian package `{}`)", out, row.package);
}

std::string runtimesSection() {
  std::string out =
      "\n## Runtimes\n\nFunctions of every runtime are taken, as the API documents. Where one "
      "cannot run, answers to its creation and\nchange say why (`X-Openfc-Warning`), the server's "
      "log too, and its invocations are 400 with the same words;\n`refuseUnavailableRuntimes` of "
      "the configuration refuses to make it instead. `GET /openfc/capabilities` says\nwhich "
      "runtimes the machine runs.\n\n| Runtime | What runs it |\n|---|---|\n";
  for (const runtime::Row& row : runtime::rows())
    out += fmt::format("| `{}` | {} |\n", row.id, runnerOf(row));
  return out;
}

}  // namespace

std::string compatibilityDocument() {
  const Capabilities all = capabilities();
  std::string out =
      "# Compatibility\n"
      "\n"
      "This file is printed from the declarations of the API (`generate_docs compat`); `GET "
      "/openfc/capabilities`\n"
      "answers the same. Every field is checked, stored and returned as Function Compute does it. "
      "Beyond that a field\n"
      "is one of:\n"
      "\n"
      "- **enforced**: it does what its documentation says;\n"
      "- **emulated**: it does something near to it on one's own machines;\n"
      "- **recorded**: it changes nothing.\n"
      "\n"
      "Defaults where the documentation is silent: at most 50 functions in a service, 32 MB of "
      "event and answer,\n"
      "100 MB of code in a request, 500 MB of code in a bucket; all are settings.\n"
      "\n"
      "`X-Fc-Max-Memory-Usage` and `maxMemoryUsage` tell the most that the instance used since the "
      "invocation began, in\n"
      "MB: what its control group is charged (memory of all its processes, files in `/tmp` where "
      "that is memory, the kernel's\n"
      "memory for them), and what its interpreter had in memory besides when it became the "
      "function's, as its resident size\n"
      "shows it: libraries that the system holds anyway, and what it shares with the process that "
      "it is a copy of, also\n"
      "after it has written to it. Of custom runtimes it is the charge alone. `memorySize` limits "
      "the charge.\n";
  for (const Resource& resource : resources) {
    out +=
        fmt::format("\n## Fields of a {}\n\n| Field | Level | What that means |\n|---|---|---|\n",
                    resource.name);
    for (const Capability& row : all.fields) {
      if (row.resource == resource.name)
        out += fmt::format("| `{}` | {} | {} |\n", row.field, row.level, row.note);
    }
  }
  out += runtimesSection();
  out += "\n## Not supported\n\n| Feature | Instead |\n|---|---|\n";
  for (const Refusal& row : all.unsupported)
    out += fmt::format("| {} | {} |\n", row.feature, row.note);
  return out;
}

}  // namespace openfc::api
