#include "base/log.h"
#include "sandbox/launcher/launcher.h"
#include "sandbox/pidfd.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <utility>
#include <vector>

// How the launcher learns of the ends of its children, and how it brings them about.
namespace openfc::sandbox::launcher {
namespace {

/// Children that somebody else has made ours end without a sign on the descriptors that we have.
constexpr int strangersInterval = 20;  // milliseconds

void reapAll() {
  while (::waitpid(-1, nullptr, WNOHANG | __WALL) > 0) continue;
}

}  // namespace

void Launcher::reapChildren() {
  signalfd_siginfo ignored{};
  while (::read(children_.get(), &ignored, sizeof(ignored)) > 0) continue;
  childEnded_ = false;
  siginfo_t info{};
  pid_t last = 0;
  while (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0 && info.si_pid != 0) {
    const pid_t process = std::exchange(info.si_pid, 0);
    if (process == last || !handOver(process)) ::waitpid(process, nullptr, __WALL);
    last = process;
  }
}

bool Launcher::handOver(pid_t process) {
  // A copy is known when its zygote has told of it.
  for (unsigned number = 0; number < nests_.size(); ++number) zygoteSpoke(number);
  for (const auto& [id, cell] : cells_) {
    if (cell->init.process == process) return ended(id), true;
    if (cell->program.process == process) return programEnded(id), true;
  }
  for (const auto& [number, visit] : visits_) {
    if (visit.program.process == process) return visitorEnded(number), true;
  }
  const auto isLeaving = [&](const auto& cell) { return cell->program.process == process; };
  if (std::ranges::any_of(leaving_, isLeaving)) return release(), true;
  if (!network_ || network_->resolver() != process) return false;
  resolverEnded();
  return true;
}

void Launcher::endAll(std::chrono::steady_clock::time_point deadline) {
  std::vector<pollfd> living;
  const auto end = [&](int pidfd) {
    if (pidfd < 0) return;
    signalPidfd(pidfd, SIGKILL);
    living.push_back({pidfd, POLLIN, 0});
  };
  for (const Nest& nest : nests_) {
    if (nest.zygote) end(nest.zygote->pidfd());
  }
  for (const auto& [id, cell] : cells_) {
    cell->group.kill();
    end(cell->birth ? cell->birth->pidfd() : cell->init.pidfd.get());
    end(cell->program.pidfd.get());
  }
  for (const auto& cell : leaving_) end(cell->program.pidfd.get());
  for (const auto& [number, visit] : visits_)
    end(visit.birth ? visit.birth->pidfd() : visit.program.pidfd.get());
  while (!living.empty() && std::chrono::steady_clock::now() < deadline) {
    reapAll();
    ::poll(living.data(), living.size(), strangersInterval);
    std::erase_if(living, [](const pollfd& process) { return process.revents != 0; });
  }
  reapAll();
  if (living.empty()) return;
  log::error("processes of sandboxes do not end", {{"processes", living.size()}});
  for (const Nest& nest : nests_) {
    if (nest.zygote) nest.zygote->forget();
  }
  for (const auto& [id, cell] : cells_) {
    if (cell->birth) cell->birth->forget();
  }
  for (const auto& [number, visit] : visits_) {
    if (visit.birth) visit.birth->forget();
  }
}

}  // namespace openfc::sandbox::launcher
