#include "api/runtime_support.h"

#include "base/error.h"
#include "base/log.h"

namespace openfc::api {

const schema::Shape& shapeOf(const RuntimeState*) {
  using T = RuntimeState;
  static constexpr schema::Field fields[] = {
      schema::field<&T::runtime>("runtime", "A value of a function's runtime."),
      schema::field<&T::available>("available", "Whether this machine can run it."),
      schema::field<&T::note>("note", "Why not, and what to do about it; empty when it can."),
  };
  static constexpr schema::Shape shape = schema::shape<T>("RuntimeState", fields);
  return shape;
}

void RuntimeSupport::check(const std::string& runtime) const {
  if (unavailable_ == Unavailable::warned) return;
  if (const auto reason = catalogue_.unavailable(runtime)) throw invalidArgument(*reason);
}

std::string RuntimeSupport::warning(const std::string& runtime) {
  auto reason = catalogue_.unavailable(runtime);
  if (!reason) return {};
  if (logged_.insert(runtime).second) {
    log::warn("a function has a runtime that cannot run here",
              {{"runtime", runtime}, {"reason", *reason}});
  }
  return std::move(*reason);
}

std::vector<RuntimeState> RuntimeSupport::states() const {
  std::vector<RuntimeState> out;
  for (const runtime::Row& row : runtime::rows()) {
    auto reason = catalogue_.unavailable(row.id);
    out.push_back({.runtime = std::string(row.id),
                   .available = !reason,
                   .note = std::move(reason).value_or("")});
  }
  return out;
}

}  // namespace openfc::api
