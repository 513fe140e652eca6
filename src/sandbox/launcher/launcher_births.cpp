#include "base/check.h"
#include "base/log.h"
#include "sandbox/function_score.h"
#include "sandbox/launcher/files.h"
#include "sandbox/launcher/launcher.h"
#include "sandbox/launcher/mount_calls.h"
#include "sandbox/launcher/pairs.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

// How the launcher builds sandboxes: several at a time, some ahead of requests.
namespace openfc::sandbox::launcher {
namespace {

/// More at a time only wait for each other inside the kernel.
constexpr std::size_t mostBirths = 4;

constexpr std::array<const char*, 2> argumentsOfInit{"init", nullptr};
constexpr std::array<const char*, 1> environmentOfInit{nullptr};

}  // namespace

std::size_t Launcher::missing(std::size_t reserve) const {
  const std::size_t wanted = waiting_.size() + reserve;
  const std::size_t coming = births_ + ready_.size();
  return std::min({wanted - std::min(wanted, coming), mostBirths - std::min(mostBirths, births_),
                   freeSlots_.size()});
}

void Launcher::match() {
  while (!waiting_.empty() && !ready_.empty()) {
    const Waiting waiting = waiting_.front();
    waiting_.pop_front();
    const std::uint32_t id = ready_.front();
    ready_.pop_front();
    deliver(id, waiting.sequence, waiting.internet);
  }
  try {
    for (std::size_t count = missing(0); count > 0; --count) beginBirth();
  } catch (const std::exception& failure) {
    refuse(failure.what());
  }
  // Nothing is on its way, and nothing can be.
  if (births_ == 0 && freeSlots_.empty()) {
    while (!waiting_.empty()) refuse("as many sandboxes as there may be are there already");
  }
}

void Launcher::refuse(const std::string& reason) {
  if (waiting_.empty()) {
    log::warn("no sandbox can be built ahead", {{"reason", reason}});
    refilling_ = false;
    return;
  }
  const std::uint32_t sequence = waiting_.front().sequence;
  waiting_.pop_front();
  send({sequence, Failed{reason}});
}

void Launcher::deliver(std::uint32_t id, std::uint32_t sequence, bool internet) {
  Cell& cell = get(id);
  cell.announced = true;
  try {
    const bool ownNetwork = defences_.on(Defence::netNamespace);
    if (internet && ownNetwork && network_ && network_->usable()) {
      network_->attach(cell.init.pidfd.get(), cell.slot);
      cell.internet = true;
    }
  } catch (const std::exception& failure) {
    cell.announced = false;
    destroy({id});
    send({sequence, Failed{failure.what()}});
    return;
  }
  Created created{id, options_.uidBase + cell.slot, 0};
  std::array<Fd, fileCount> files{std::move(cell.control), std::move(cell.output),
                                  cell.group.openFreeze(), cell.group.openKill(),
                                  cell.group.openUsage(),  cell.group.openPeak()};
  std::vector<Fd> descriptors;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!files[i]) continue;
    created.files = static_cast<std::uint8_t>(created.files | 1U << i);
    descriptors.push_back(std::move(files[i]));
  }
  send({sequence, created}, descriptors);
}

bool Launcher::refill() {
  if (!refilling_ || missing(options_.reserve) == 0) return false;
  try {
    beginBirth();
  } catch (const std::exception& failure) {
    refuse(failure.what());
  }
  return refilling_;
}

void Launcher::beginBirth() {
  const std::uint32_t id = ++lastId_;
  auto cell = std::make_unique<Cell>(cgroups_->layout(), fmt::format("s{}", id), defences_);
  cell->group.limit(defaultMemory, defaultWeight);
  cell->id = id;
  cell->slot = freeSlots_.front();
  cell->user = defences_.on(Defence::uid) ? options_.uidBase + cell->slot : 0;
  Pair control = controlPair();
  Pair output = outputPipe();
  const BirthPlan plan{.defences = defences_,
                       .entrances = cell->group.entrances(),
                       .filter = filter_,
                       .control = control.theirs.get(),
                       .output = output.theirs.get(),
                       .null = null_.get(),
                       .launcher = self_.get(),
                       .user = options_.uidBase + cell->slot,
                       .files = files_,
                       .processors = processors_ ? &*processors_ : nullptr,
                       .tmpOptions = tmpOptions_.c_str(),
                       .program = initPath,
                       .arguments = argumentsOfInit.data(),
                       .environment = environmentOfInit.data()};
  if (stacks_.empty()) stacks_.emplace_back();
  Stack stack = std::move(stacks_.back());
  stacks_.pop_back();
  {
    const MountVisit visit(tree_->mountNamespace(), homeMounts_.get());
    cell->birth = std::make_unique<Birth>(Life::init, plan, std::move(stack));
  }
  cell->control = std::move(control.ours);
  cell->output = std::move(output.ours);
  watch(cell->birth->done(), Source::birth, id);
  freeSlots_.pop_front();
  ++births_;
  cells_.emplace(id, std::move(cell));
}

void Launcher::birthDone(std::uint32_t id) {
  const auto found = cells_.find(id);
  if (found == cells_.end() || !found->second->birth) return;
  Cell& cell = *found->second;
  --births_;
  const std::unique_ptr<Birth> birth = std::move(cell.birth);
  unwatch(birth->done());
  cell.group.closeEntrances();
  try {
    cell.init = birth->finish();
    stacks_.push_back(birth->takeStack());
    // With our CAP_SYS_RESOURCE: it is the least that anything in the sandbox may go back to.
    tryWriteFile(fmt::format("/proc/{}/oom_score_adj", cell.init.process), functionScore);
    watch(cell.init.pidfd.get(), Source::init, id);
    if (cell.group.oomEvent() >= 0) watch(cell.group.oomEvent(), Source::memory, id);
    ready_.push_back(id);
  } catch (const std::exception& failure) {
    leaving_.push_back(std::move(found->second));
    cells_.erase(found);
    refuse(failure.what());
  }
  match();
}

}  // namespace openfc::sandbox::launcher
