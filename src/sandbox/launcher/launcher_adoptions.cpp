#include "base/check.h"
#include "base/log.h"
#include "sandbox/launcher/files.h"
#include "sandbox/launcher/launcher.h"
#include "sandbox/launcher/refusal.h"

#include <fmt/core.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>

// How sandboxes become those of a function. The shares that it mounts are opened beside the
// launcher.
namespace openfc::sandbox::launcher {
namespace {

/// Processes that one share may hold inside the kernel.
constexpr long mostHanging = 4;

/// Bytes that the sandbox's program has in memory beyond what is charged to its group: files that
/// somebody else has read first, and what a copy shares with its zygote.
std::uint64_t sharedBy(const Cell& cell) {
  const pid_t program = cell.program.pidfd ? cell.program.process : cell.group.lastProcess();
  std::istringstream sizes(textOf(fmt::format("/proc/{}/statm", program)));
  std::uint64_t whole = 0;
  std::uint64_t resident = 0;
  if (!(sizes >> whole >> resident)) return 0;
  resident *= static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return resident - std::min(resident, cell.group.usage());
}

}  // namespace

void Launcher::adopt(const AdoptRequest& request, std::uint32_t sequence) {
  Reply reply{sequence, Done{}};
  try {
    Cell& cell = get(request.id);
    beginAdoption(cell, request);
    if (!request.shares.empty()) return beginShares(cell, request, sequence);
    finishAdoption(cell, request, {});
    reply.body = Adopted{sharedBy(cell)};
  } catch (const Refusal& refusal) {
    reply.body = Refused{refusal.what()};
  } catch (const std::exception& failure) {
    reply.body = Failed{failure.what()};
  }
  if (sequence != 0) send(reply);
}

void Launcher::finishAdoption(Cell& cell, const AdoptRequest& request,
                              std::span<const ShareTree> shares) {
  adoptInto(cell, request, {packages_.get(), shares}, {homeMounts_.get(), homeNetwork_.get()},
            defences_);
  // A copy came up on ours, as all that is made ahead does.
  if (processors_ && cell.program.pidfd) {
    const int result =
        ::sched_setaffinity(cell.program.process, sizeof(*processors_), &*processors_);
    if (result != 0 && errno != ESRCH) check(result, "give a copy all processors");
  }
  if (request.privateNetworks == 0 && !request.onlyPrivate) return;
  if (!cell.internet) throw std::runtime_error("the sandbox has no network, and so no private one");
  network_->grant(cell.slot, {request.privateNetworks, request.onlyPrivate});
}

void Launcher::beginShares(Cell& cell, const AdoptRequest& request, std::uint32_t sequence) {
  refuseWrongPlaces(options_.shares, request.shares);
  for (const ShareMount& wanted : request.shares) {
    const auto hanging = std::ranges::count_if(
        openers_, [&](const auto& opener) { return opener.second.hanging == wanted.share; });
    if (hanging >= mostHanging)
      throw Refusal(fmt::format(
          "mount at {}: the share's file system does not answer: {} attempts hang in it",
          wanted.place, hanging));
  }
  const auto open = [&](const ShareOpening::Progress& progress) {
    std::vector<Fd> trees;
    for (const ShareMount& wanted : request.shares) {
      progress(trees.size());
      trees.push_back(openShare(options_.shares[wanted.share], wanted, cell.user, defences_));
    }
    return trees;
  };
  cell.adopting.reset(
      new Adopting{sequence, request, {open, std::chrono::milliseconds(options_.sharePatience)}});
  watch(cell.adopting->opening.told(), Source::share, request.id);
  watch(cell.adopting->opening.timer(), Source::share, request.id);
}

std::unique_ptr<Adopting> Launcher::endShares(Cell& cell, std::optional<std::uint16_t> hanging) {
  std::unique_ptr<Adopting> adopting = std::move(cell.adopting);
  if (!adopting) return adopting;
  unwatch(adopting->opening.told());
  unwatch(adopting->opening.timer());
  adopting->opening.kill();
  const std::uint32_t number = ++lastOpener_;
  const auto& opener =
      openers_.emplace(number, Opener{adopting->opening.takeProcess(), hanging}).first->second;
  watch(opener.process.get(), Source::opener, number);
  return adopting;
}

void Launcher::openerEnded(std::uint32_t number) {
  const auto found = openers_.find(number);
  if (found == openers_.end()) return;
  reap(found->second.process.get());
  unwatch(found->second.process.get());
  openers_.erase(found);
}

void Launcher::shareSpoke(std::uint32_t id) {
  const auto found = cells_.find(id);
  if (found == cells_.end() || !found->second->adopting) return;
  Cell& cell = *found->second;
  Reply reply{cell.adopting->sequence, Done{}};
  std::optional<std::uint16_t> hanging;
  try {
    auto files = cell.adopting->opening.hear();
    if (!files) return;
    const AdoptRequest& request = cell.adopting->request;
    std::vector<ShareTree> trees;
    trees.reserve(request.shares.size());
    for (std::size_t i = 0; i < request.shares.size(); ++i)
      trees.push_back({std::move(files->at(i)), request.shares[i].place});
    finishAdoption(cell, request, trees);
    reply.body = Adopted{sharedBy(cell)};
  } catch (const ShareTimeout& timeout) {
    const ShareMount& wanted = cell.adopting->request.shares.at(timeout.which());
    hanging = wanted.share;
    const std::string& directory = options_.shares[wanted.share];
    log::warn("a share does not answer", {{"directory", directory}, {"place", wanted.place}});
    reply.body =
        Refused{fmt::format("mount at {}: the share's file system does not answer within {} ms",
                            wanted.place, options_.sharePatience)};
  } catch (const Refusal& refusal) {
    reply.body = Refused{refusal.what()};
  } catch (const std::exception& failure) {
    reply.body = Failed{failure.what()};
  }
  endShares(cell, hanging);
  if (reply.sequence != 0) send(reply);
}

}  // namespace openfc::sandbox::launcher
