#pragma once

#include "api/context.h"
#include "api/runtime_support.h"
#include "schema/shape.h"

#include <string>
#include <vector>

/// What the server makes real of what clients can set.
namespace openfc::api {

struct Capability {
  std::string resource;  // "service" or "function"
  std::string field;     // "vpcConfig.vSwitchIds", "nasConfig.mountPoints[].mountDir"
  std::string level;     // "enforced", "emulated" or "recorded"
  std::string note;      // a sentence
};

/// Something of the API that is refused.
struct Refusal {
  std::string feature;
  std::string note;
};

struct Capabilities {
  std::vector<Capability> fields;
  std::vector<Refusal> unsupported;
  std::vector<RuntimeState> runtimes;
};

/// An input without members.
struct NoInput {};

const schema::Shape& shapeOf(const Capability*);
const schema::Shape& shapeOf(const Refusal*);
const schema::Shape& shapeOf(const Capabilities*);
const schema::Shape& shapeOf(const NoInput*);

/// Every settable field of every resource; without runtimes, which a machine has.
Capabilities capabilities();
Task<Capabilities> getCapabilities(Context context, NoInput input);

/// The text of docs/compat.md.
std::string compatibilityDocument();

}  // namespace openfc::api
