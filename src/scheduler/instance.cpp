#include "scheduler/instance.h"

#include "runtime/catalogue.h"
#include "scheduler/failure_text.h"

#include <algorithm>
#include <utility>

namespace openfc::scheduler {
namespace {

constexpr std::size_t maxTail = 4096;  // api-spec F-17
constexpr std::uint64_t noticeableGrowth = 1u << 20;

}  // namespace

void InvocationLog::add(std::string_view line) {
  if (!wanted_) return;
  tail_ += line;
  tail_ += '\n';
  if (tail_.size() > maxTail * 2) tail_.erase(0, tail_.size() - maxTail);
}

Instance::Instance(SpecPtr spec, std::shared_ptr<Guest> guest, observe::SegmentLogs& logs)
    : spec_(std::move(spec)),
      guest_(std::move(guest)),
      logs_(logs),
      stream_(logs.stream(spec_->configuration.accountId, spec_->configuration.serviceName,
                          spec_->configuration.functionName)) {
  guest_->onLine([this](std::string_view line) { printed(line); });
}

Instance::~Instance() { guest_->onLine(nullptr); }

void Instance::printed(std::string_view line) {
  for (const auto& log : current_) log->add(line);
  logs_.append(stream_, {.instanceId = id(),
                         .requestId = current_.size() == 1 ? current_[0]->requestId() : "",
                         .text = std::string(line),
                         .versionId = spec_->configuration.versionId});
}

void Instance::print(InvocationLog& log, std::string line) {
  if (!runtime::isManaged(spec_->configuration.runtime)) return;
  log.add(line);
  logs_.append(stream_, {.instanceId = id(),
                         .requestId = log.requestId(),
                         .text = std::move(line),
                         .versionId = spec_->configuration.versionId});
}

void Instance::printStart(InvocationLog& log) {
  if (std::exchange(log.started_, true)) return;
  print(log, "FC Invoke Start RequestId: " + log.requestId());
}

void Instance::begin(std::shared_ptr<InvocationLog> log) {
  if (current_.empty() && peakStale_) {
    guest_->sandbox().resetPeak();
    memoryFloor_ = guest_->sandbox().memory();
    peakStale_ = false;
  }
  current_.push_back(std::move(log));
}

void Instance::end(const std::shared_ptr<InvocationLog>& log) {
  // What the function printed before its result is in the pipe by now.
  guest_->drainOutput();
  std::erase(current_, log);
}

double Instance::peakMemoryMb() {
  const std::uint64_t peak = guest_->sandbox().peakMemory();
  peakStale_ = peakStale_ || peak > memoryFloor_ + noticeableGrowth;
  return static_cast<double>(peak + guest_->sandbox().sharedMemory()) / (1u << 20);
}

Task<std::string> Instance::exitedBody(std::shared_ptr<Instance> self, Duration duration,
                                       double memoryMb) {
  constexpr std::chrono::seconds patience{1};  // the kernel needs milliseconds
  self->guest().kill();
  co_await Guest::gone(self->guest_, patience);
  const int limit = self->spec().configuration.memorySize;
  co_return processExitedBody(duration, memoryMb,
                              self->oomKilled() ? std::optional(limit) : std::nullopt);
}

}  // namespace openfc::scheduler
