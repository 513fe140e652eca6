#include "base/check.h"
#include "base/log.h"
#include "sandbox/launcher/launcher.h"
#include "sandbox/launcher/pairs.h"
#include "sandbox/pidfd.h"

#include <fmt/core.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <utility>

// How programs come into sandboxes as copies of zygotes instead of by exec.
namespace openfc::sandbox::launcher {
namespace {

/// As init tells how its program ended. A copy that was killed was so with its group, or as if.
int statusLikeOfInit(int status) {
  const bool signalled = WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL;
  return signalled ? (128 + WTERMSIG(status)) << 8 : status;
}

/// Failures one after the other until copies are given up for a while: it is not by chance then.
constexpr unsigned mostFailures = 3;
constexpr auto longRest = std::chrono::minutes(5);

/// What happens when a sandbox ends while a copy is on its way to it, or when memory is short for a
/// moment: the next copy may well succeed.
bool passing(int error) { return error == ESRCH || error == ENOMEM || error == EAGAIN; }

}  // namespace

std::optional<std::string> zygoteShortcoming() {
  pid_t* place = nullptr;
  if (::prctl(PR_GET_TID_ADDRESS, &place, 0, 0, 0) == 0) return std::nullopt;
  return "runtimes are not copied from prepared processes and need more memory: the kernel is "
         "built without CONFIG_CHECKPOINT_RESTORE";
}

void Launcher::fork(const ForkRequest& request, std::uint32_t sequence) {
  // Nobody could speak with a copy without having the reply.
  if (sequence == 0) return;
  Cell& cell = get(request.id);
  if (!cell.announced || cell.adopted || cell.forking || cell.program.pidfd)
    throw std::runtime_error("a program may be copied only into a fresh sandbox");
  if (request.zygote >= nests_.size())
    throw std::runtime_error(fmt::format("there is no zygote {}", request.zygote));
  Nest& nest = nests_[request.zygote];
  if (std::chrono::steady_clock::now() < nest.restUntil)
    throw std::runtime_error("the zygote does not work");
  if (nest.zygote && nest.zygote->worn() && nest.orders == 0) endZygote(request.zygote);
  try {
    if (!nest.zygote) beginZygote(request.zygote);
    Fd control = order(request, cell, *nest.zygote);
    ++nest.orders;
    cell.forking.emplace(
        Forking{.sequence = sequence, .zygote = request.zygote, .control = std::move(control)});
  } catch (const SystemError& failure) {
    if (!passing(failure.error())) noteFailure(nest, failure.what());
    throw;
  }
}

Fd Launcher::order(const ForkRequest& request, const Cell& cell, Zygote& zygote) const {
  Pair control = controlPair();
  const Fd output = descriptorOf(cell.init.pidfd.get(), STDOUT_FILENO);
  const std::vector<Fd> entrances = cell.group.openEntrances();
  zygote.copyInto({.id = request.id,
                   .user = options_.uidBase + cell.slot,
                   .init = cell.init.pidfd.get(),
                   .control = control.theirs.get(),
                   .output = output.get(),
                   .entrances = entrances});
  return std::move(control.ours);
}

void Launcher::beginZygote(unsigned number) {
  Nest& nest = nests_[number];
  const ZygoteWorld world{.layout = cgroups_->layout(),
                          .defences = defences_,
                          .filter = filter_,
                          .own = zygoteFilter_,
                          .files = files_,
                          .mostCopies = options_.zygoteCopies,
                          .null = null_.get(),
                          .launcher = self_.get(),
                          .tree = tree_->mountNamespace(),
                          .home = homeMounts_.get()};
  nest.zygote =
      std::make_unique<Zygote>(nest.program, fmt::format("z{}-{}", number, ++zygotesMade_), world);
  watch(nest.zygote->born(), Source::zygoteBirth, number);
  watch(nest.zygote->socket(), Source::zygote, number);
  watch(nest.zygote->output(), Source::zygoteOutput, number);
}

void Launcher::endZygote(unsigned number) {
  const std::unique_ptr<Zygote> zygote = std::move(nests_[number].zygote);
  unwatch(zygote->born());
  unwatch(zygote->socket());
  unwatch(zygote->output());
}

void Launcher::zygoteBorn(unsigned number) {
  Nest& nest = nests_[number];
  if (!nest.zygote || nest.zygote->born() < 0) return;
  unwatch(nest.zygote->born());
  try {
    nest.zygote->finishBirth();
  } catch (const std::exception& failure) {
    zygoteLost(number, failure.what());
  }
}

void Launcher::zygoteSpoke(unsigned number) {
  Nest& nest = nests_[number];
  if (!nest.zygote) return;
  while (auto heard = nest.zygote->hear()) take(nest, std::move(*heard));
  if (nest.zygote->gone()) zygoteLost(number, "it has ended");
}

void Launcher::zygotePrinted(unsigned number) {
  Nest& nest = nests_[number];
  if (!nest.zygote) return;
  const std::string said = nest.zygote->said();
  if (said.empty()) return unwatch(nest.zygote->output());
  log::warn("a zygote says something",
            {{"program", nest.program.arguments.front()}, {"output", said}});
}

void Launcher::take(Nest& nest, Zygote::Heard heard) {
  const zygote::Report& report = heard.report;
  const auto found = cells_.find(report.id);
  if (found == cells_.end()) {
    if (report.said != zygote::Said::failed) return;
    return log::warn("a zygote fails", {{"program", nest.program.arguments.front()},
                                        {"step", report.step},
                                        {"reason", std::strerror(report.error)}});
  }
  Cell& cell = *found->second;
  if (report.said == zygote::Said::copied && !cell.program.pidfd && heard.copy) {
    cell.program = {.process = report.process, .pidfd = std::move(heard.copy)};
    watch(cell.program.pidfd.get(), Source::program, report.id);
  }
  if (!cell.forking) return;
  if (report.said == zygote::Said::failed) {
    const std::string reason = fmt::format("{}: {}", report.step, std::strerror(report.error));
    if (!passing(report.error)) noteFailure(nest, reason);
    forkFailed(cell, reason);
    return;
  }
  cell.forking->placed = cell.forking->placed || report.said == zygote::Said::placed;
  if (!cell.forking->placed || !cell.program.pidfd) return;
  nest.failures = 0;
  --nest.orders;
  cell.copied = true;
  std::vector<Fd> descriptors;
  descriptors.push_back(std::move(cell.forking->control));
  const std::uint32_t sequence = cell.forking->sequence;
  cell.forking.reset();
  send({sequence, Done{}}, descriptors);
}

void Launcher::noteFailure(Nest& nest, const std::string& reason) {
  if (++nest.failures < mostFailures) return;
  nest.failures = 0;
  nest.restUntil = std::chrono::steady_clock::now() + longRest;
  log::warn("a runtime is not copied from a prepared process for five minutes",
            {{"program", nest.program.arguments.front()},
             {"reason", reason},
             {"consequence", "its instances need more memory and time to start"}});
}

void Launcher::forkFailed(Cell& cell, const std::string& reason) {
  const auto forking = std::exchange(cell.forking, std::nullopt);
  if (!forking) return;
  --nests_[forking->zygote].orders;
  send({forking->sequence, Failed{reason}});
}

void Launcher::zygoteLost(unsigned number, const std::string& reason) {
  Nest& nest = nests_[number];
  const bool mayHaveCopied = nest.zygote->ready();
  noteFailure(nest, reason);
  for (const auto& [id, cell] : cells_) {
    const auto& forking = cell->forking;
    if (!forking || forking->zygote != number) continue;
    forkFailed(*cell, reason);
    // There may be a copy that nobody has told of.
    if (mayHaveCopied) cell->kill();
  }
  endZygote(number);
}

void Launcher::programEnded(std::uint32_t id) {
  const auto found = cells_.find(id);
  if (found == cells_.end()) return;
  Cell& cell = *found->second;
  // What it has said before its end comes first.
  if (cell.forking) zygoteSpoke(cell.forking->zygote);
  const auto status = reap(cell.program.pidfd.get());
  if (!status) return;
  unwatch(cell.program.pidfd.get());
  cell.program = {};
  if (cell.copied) {
    cell.programStatus = statusLikeOfInit(*status);
    cell.kill();
  } else {
    forkFailed(cell, "the copy has ended");
  }
}

}  // namespace openfc::sandbox::launcher
