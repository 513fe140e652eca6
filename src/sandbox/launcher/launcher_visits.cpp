#include "base/check.h"
#include "base/log.h"
#include "sandbox/launcher/launcher.h"
#include "sandbox/launcher/pairs.h"
#include "sandbox/pidfd.h"

#include <sched.h>
#include <signal.h>

#include <array>
#include <cstdlib>
#include <stdexcept>
#include <utility>

// How further programs come into sandboxes in which user code runs.
namespace openfc::sandbox::launcher {
namespace {

constexpr std::array<const char*, 2> argumentsOfVisitor{"init", nullptr};
constexpr std::array<const char*, 1> environmentOfVisitor{nullptr};

/// Children are born in another process namespace as long as this lives.
class ProcessVisit {
public:
  ProcessVisit(int there, int home) : home_(home) {
    check(::setns(there, CLONE_NEWPID), "enter the sandbox's process namespace");
  }
  /// Ends the program when the way back fails: its next child must not be in a sandbox.
  ~ProcessVisit() {
    if (::setns(home_, CLONE_NEWPID) == 0) return;
    log::error("the launcher cannot leave a sandbox's process namespace", {});
    std::abort();
  }
  ProcessVisit(const ProcessVisit&) = delete;
  ProcessVisit& operator=(const ProcessVisit&) = delete;

private:
  int home_;
};

/// What the server and the visitor speak through.
struct Channels {
  Pair control = controlPair();
  Pair input;
  Pair output;
  Pair error;

  explicit Channels(bool terminal, uid_t user) {
    if (terminal) {
      output = terminalPair(user);
      return;
    }
    input = inputPipe();
    output = outputPipe();
    error = outputPipe();
  }

  std::vector<Fd> takeOurs() {
    std::vector<Fd> ours;
    for (Pair* pair : {&control, &input, &output, &error}) {
      if (pair->ours) ours.push_back(std::move(pair->ours));
    }
    return ours;
  }
};

}  // namespace

void Launcher::visit(const VisitRequest& request, std::uint32_t sequence) {
  // Nobody could speak with a visitor without having the reply.
  if (sequence == 0) return;
  Cell& cell = get(request.id);
  if (!cell.adopted) throw std::runtime_error("nobody may visit a sandbox that is nobody's");
  Channels channels(request.terminal, cell.user);
  const int output = channels.output.theirs.get();
  Visit visit{.sandbox = request.id, .sequence = sequence};
  visit.entrances = cell.group.openEntrances();
  BirthPlan plan{.defences = defences_,
                 .filter = filter_,
                 .control = channels.control.theirs.get(),
                 .output = output,
                 .error = request.terminal ? output : channels.error.theirs.get(),
                 .input = request.terminal ? output : channels.input.theirs.get(),
                 .null = null_.get(),
                 .terminal = request.terminal,
                 .launcher = self_.get(),
                 .sandbox = cell.init.pidfd.get(),
                 .user = options_.uidBase + cell.slot,
                 .files = files_,
                 .processors = processors_ ? &*processors_ : nullptr,
                 .program = initPath,
                 .arguments = argumentsOfVisitor.data(),
                 .environment = environmentOfVisitor.data()};
  for (const Fd& entrance : visit.entrances)
    plan.entrances.files.at(plan.entrances.count++) = entrance.get();
  {
    const bool own = defences_.on(Defence::pidNamespace);
    std::optional<ProcessVisit> inside;
    if (own) inside.emplace(cell.init.pidfd.get(), self_.get());
    visit.birth = std::make_unique<Birth>(Life::visitor, plan, Stack());
  }
  visit.channels = channels.takeOurs();
  const std::uint32_t number = ++lastVisit_;
  watch(visit.birth->done(), Source::visitBirth, number);
  visits_.emplace(number, std::move(visit));
}

void Launcher::visitBorn(std::uint32_t number) {
  const auto found = visits_.find(number);
  if (found == visits_.end() || !found->second.birth) return;
  Visit& visit = found->second;
  const std::unique_ptr<Birth> birth = std::move(visit.birth);
  unwatch(birth->done());
  visit.entrances.clear();
  const std::vector<Fd> channels = std::move(visit.channels);
  try {
    visit.program = birth->finish();
  } catch (const std::exception& failure) {
    send({visit.sequence, Failed{failure.what()}});
    visits_.erase(found);
    return;
  }
  watch(visit.program.pidfd.get(), Source::visitor, number);
  send({visit.sequence, Visiting{number}}, channels);
}

void Launcher::visitorEnded(std::uint32_t number) {
  const auto found = visits_.find(number);
  if (found == visits_.end()) return;
  const auto status = reap(found->second.program.pidfd.get());
  if (!status) return;
  unwatch(found->second.program.pidfd.get());
  visits_.erase(found);
  send({0, VisitEnded{number, *status}});
}

Launcher::Answer Launcher::dismiss(const DismissRequest& request) {
  const auto found = visits_.find(request.visit);
  if (found != visits_.end() && found->second.program.pidfd) {
    const Born& program = found->second.program;
    // With what it has started and is still in its group; what has left the group is user code of
    // the sandbox like any other. It is not reaped, so the number is still its own.
    ::kill(-program.process, SIGKILL);
    signalPidfd(program.pidfd.get(), SIGKILL);
  }
  return {{0, Done{}}, {}};
}

}  // namespace openfc::sandbox::launcher
