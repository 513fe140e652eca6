#include "sandbox/launched_sandbox.h"

#include "base/check.h"
#include "base/id.h"
#include "base/log.h"
#include "sandbox/start_message.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string_view>

namespace openfc::sandbox::launcher {
namespace {

/// Bytes of a visitor's start message: they fit into its socket at once, so that nobody waits for a
/// reader whom user code may have stopped.
constexpr std::size_t longestVisit = std::size_t{64} << 10;

std::string_view readNow(int file, std::span<char> buffer) {
  const ssize_t size = ::pread(file, buffer.data(), buffer.size(), 0);
  return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

std::uint64_t numberIn(int file) {
  std::array<char, 32> buffer;
  const std::string_view text = readNow(file, buffer);
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Digest toDigest(std::string text) {
  const bool valid = text.size() == 2 * digestBytes && std::ranges::all_of(text, [](char c) {
                       return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                     });
  if (!valid) throw std::runtime_error("adopt a sandbox: " + text + " is no package digest");
  return text;
}

AdoptRequest toRequest(std::uint32_t id, Adoption adoption) {
  AdoptRequest request{
      .id = id, .code = {}, .layers = {}, .memory = adoption.memory, .tmpSize = adoption.tmpSize};
  if (!adoption.code.empty()) request.code = toDigest(std::move(adoption.code));
  if (adoption.layers.size() > maximumLayers)
    throw std::runtime_error("adopt a sandbox: too many layers");
  for (std::string& layer : adoption.layers) request.layers.push_back(toDigest(std::move(layer)));
  if (adoption.shares.size() > maximumShares)
    throw std::runtime_error("adopt a sandbox: too many shares");
  for (Share& share : adoption.shares) {
    if (share.below.size() > maximumPath || share.place.size() > maximumPath)
      throw sandbox::Refused(fmt::format("a mount's path is longer than {} bytes", maximumPath));
    request.shares.push_back({.share = share.number,
                              .below = std::move(share.below),
                              .place = std::move(share.place),
                              .user = static_cast<std::uint32_t>(share.user),
                              .group = static_cast<std::uint32_t>(share.group)});
  }
  request.privateNetworks = adoption.privateNetworks;
  request.onlyPrivate = adoption.onlyPrivate;
  return request;
}

void throwIfFailed(const Answer& answer, const char* doing) {
  if (const auto* refusal = std::get_if<launcher::Refused>(&answer.reply.body)) {
    throw sandbox::Refused(refusal->reason);
  }
  if (const auto* failure = std::get_if<Failed>(&answer.reply.body)) {
    throw std::runtime_error(std::string(doing) + ": " + failure->reason);
  }
}

}  // namespace

namespace {

class LaunchedVisitor final : public Visitor {
public:
  LaunchedVisitor(std::shared_ptr<Conversation> conversation, std::uint32_t number)
      : conversation_(std::move(conversation)),
        number_(number),
        end_(conversation_->endOfVisit(number_)) {}
  ~LaunchedVisitor() override { conversation_->tell({0, DismissRequest{number_}}); }

  /// `channels`: input, output and error, or the terminal.
  void take(std::span<Fd> channels) {
    if (channels.size() == 1) {
      output_ = std::move(channels[0]);
    } else {
      input_ = std::move(channels[0]);
      output_ = std::move(channels[1]);
      error_ = std::move(channels[2]);
    }
  }
  Fd takeInput() override { return std::move(input_); }
  Fd takeOutput() override { return std::move(output_); }
  Fd takeError() override { return std::move(error_); }
  Task<int> ended() override {
    const auto end = end_;
    co_return co_await Mailbox<int>::Awaiter(end);
  }

private:
  std::shared_ptr<Conversation> conversation_;
  std::uint32_t number_;
  std::shared_ptr<Mailbox<int>> end_;
  Fd input_;
  Fd output_;
  Fd error_;
};

}  // namespace

LaunchedSandbox::LaunchedSandbox(std::shared_ptr<Conversation> conversation, const Created& created,
                                 Files files, std::shared_ptr<const std::vector<Program>> programs)
    : conversation_(std::move(conversation)),
      number_(created.id),
      id_("c-" + uuid()),
      files_(std::move(files)),
      programs_(std::move(programs)),
      end_(conversation_->endOf(number_)) {}

LaunchedSandbox::~LaunchedSandbox() {
  kill();
  conversation_->tell({0, DestroyRequest{number_}});
}

void LaunchedSandbox::start(const std::vector<std::string>& argv,
                            const std::vector<std::string>& environment, const std::string& cwd) {
  writeAll(file(File::control), startMessage(argv, environment, cwd));
  started_ = true;
}

Task<bool> LaunchedSandbox::fork(Program program) {
  const auto found = std::ranges::find(*programs_, program);
  if (found == programs_->end()) co_return false;
  const auto number = static_cast<std::uint8_t>(found - programs_->begin());
  Answer answer = co_await conversation_->ask({0, ForkRequest{number_, number}});
  if (const auto* failure = std::get_if<Failed>(&answer.reply.body)) {
    log::debug("a runtime process is not copied", {{"instance", id_}, {"reason", failure->reason}});
    co_return false;
  }
  if (answer.descriptors.size() != 1)
    throw std::runtime_error("copy a process into a sandbox: no control socket came");
  writeAll(file(File::control), copyMessage());
  files_[static_cast<std::size_t>(File::control)] = std::move(answer.descriptors.front());
  started_ = true;
  co_return true;
}

Fd LaunchedSandbox::takeControl() {
  if (started_) return take(File::control);
  // start() will need it too.
  return Fd(static_cast<int>(
      check(::fcntl(file(File::control), F_DUPFD_CLOEXEC, 0), "copy the control socket")));
}

Fd LaunchedSandbox::takeOutput() { return take(File::output); }

Task<> LaunchedSandbox::adopt(Adoption adoption) {
  const Answer answer = co_await conversation_->ask({0, toRequest(number_, std::move(adoption))});
  throwIfFailed(answer, "adopt a sandbox");
  if (const auto* adopted = std::get_if<Adopted>(&answer.reply.body)) shared_ = adopted->shared;
}

Task<Fd> LaunchedSandbox::socket() {
  Answer answer = co_await conversation_->ask({0, SocketRequest{number_}});
  throwIfFailed(answer, "make a socket in a sandbox");
  if (answer.descriptors.size() != 1)
    throw std::runtime_error("make a socket in a sandbox: none came");
  co_return std::move(answer.descriptors.front());
}

Task<std::unique_ptr<Visitor>> LaunchedSandbox::visit(VisitorProgram program) {
  const std::string start = startMessage(program.argv, program.environment, program.cwd);
  if (start.size() > longestVisit)
    throw std::runtime_error(
        fmt::format("start a program in a sandbox: its arguments and environment have more than {} "
                    "bytes",
                    longestVisit));
  Answer answer = co_await conversation_->ask({0, VisitRequest{number_, program.terminal}});
  throwIfFailed(answer, "start a program in a sandbox");
  const auto* visiting = std::get_if<Visiting>(&answer.reply.body);
  if (visiting == nullptr) throw std::runtime_error("start a program in a sandbox: none came");
  auto visitor = std::make_unique<LaunchedVisitor>(conversation_, visiting->visit);
  const std::span<Fd> descriptors(answer.descriptors);
  if (descriptors.size() != (program.terminal ? 2 : 4))
    throw std::runtime_error("start a program in a sandbox: not all descriptors came");
  writeAll(descriptors.front().get(), start);
  visitor->take(descriptors.subspan(1));
  co_return visitor;
}

bool LaunchedSandbox::freeze() {
  // The write interrupts what runs on other processors and marks what sleeps, so no process of the
  // group executes another instruction of its own; "frozen 1" in cgroup.events, which takes a
  // scheduling of each, is not waited for.
  if (file(File::freeze) < 0) return false;
  if (::pwrite(file(File::freeze), "1", 1, 0) == 1) return true;
  log::error("a sandbox cannot be frozen", {{"instance", id_}});
  return false;
}

void LaunchedSandbox::thaw() {
  if (file(File::freeze) >= 0 && ::pwrite(file(File::freeze), "0", 1, 0) != 1) {
    log::error("a sandbox cannot be thawed", {{"instance", id_}});
  }
}

void LaunchedSandbox::kill() {
  if (file(File::kill) < 0 || ::pwrite(file(File::kill), "1", 1, 0) != 1) {
    conversation_->tell({0, DestroyRequest{number_}});
  }
}

Task<Exit> LaunchedSandbox::ended() {
  const auto end = end_;
  co_return co_await Mailbox<Exit>::Awaiter(end);
}

std::uint64_t LaunchedSandbox::memory() const { return numberIn(file(File::usage)); }

std::uint64_t LaunchedSandbox::peakMemory() const {
  // Asked after each invocation. Kernels before 5.19 keep no peak in version 2.
  return file(File::peak) >= 0 ? numberIn(file(File::peak)) : memory();
}

void LaunchedSandbox::resetPeak() {
  // Kernels before 6.12 have no reset in version 2: the peak is then that of the whole life.
  if (file(File::peak) >= 0) static_cast<void>(::pwrite(file(File::peak), "0", 1, 0));
}

}  // namespace openfc::sandbox::launcher
