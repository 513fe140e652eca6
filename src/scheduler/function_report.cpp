#include "scheduler/function_report.h"

#include "base/log.h"

#include <fmt/core.h>

namespace openfc::scheduler {
namespace {

/// The beginning of what a function said about itself.
std::string_view beginningOf(std::string_view text) {
  constexpr std::size_t most = 300;
  return text.substr(0, most);
}

}  // namespace

std::string FunctionReport::line(std::string_view text, const FunctionSpec& spec) {
  const auto heldBack = ration_.ask(fmt::format("{} {}", text, spec.key), loop_.steady());
  if (!heldBack) return "";
  return *heldBack == 0 ? std::string(text)
                        : fmt::format("{} ({} more before it)", text, *heldBack);
}

void FunctionReport::coldStart(const FunctionSpec& spec, const std::string& instanceId, bool pooled,
                               Duration duration) {
  if (!log::enabled(log::Level::info)) return;
  const std::string text = line("cold start", spec);
  if (text.empty()) return;
  log::info(text, {{"function", spec.key},
                   {"runtime", spec.configuration.runtime},
                   {"instanceId", instanceId},
                   {"pool", pooled ? "hit" : "miss"},
                   {"ms", std::chrono::duration<double, std::milli>(duration).count()}});
}

void FunctionReport::notStarted(const FunctionSpec& spec, std::string_view reason) {
  const std::string text = line("an instance did not start", spec);
  if (text.empty()) return;
  log::warn(text, {{"function", spec.key}, {"reason", beginningOf(reason)}});
}

void FunctionReport::notMade(const FunctionSpec& spec, std::string_view reason) {
  const std::string text = line("an instance could not be started", spec);
  if (text.empty()) return;
  log::error(text, {{"function", spec.key}, {"reason", reason}});
}

void FunctionReport::memoryKilled(const FunctionSpec& spec, const std::string& instanceId) {
  const std::string text = line("an instance was killed at its memory limit", spec);
  if (text.empty()) return;
  log::warn(text, {{"function", spec.key},
                   {"instanceId", instanceId},
                   {"memorySize", spec.configuration.memorySize}});
}

void FunctionReport::failed(const FunctionSpec& spec, const std::string& requestId,
                            std::string_view body) {
  const std::string text = line("a function failed", spec);
  if (text.empty()) return;
  log::warn(text, {{"function", spec.key}, {"requestId", requestId}, {"error", beginningOf(body)}});
}

void FunctionReport::timedOut(const FunctionSpec& spec, const std::string& requestId) {
  const std::string text = line("a function timed out", spec);
  if (text.empty()) return;
  log::warn(text, {{"function", spec.key},
                   {"requestId", requestId},
                   {"seconds", spec.configuration.timeout.count()}});
}

}  // namespace openfc::scheduler
