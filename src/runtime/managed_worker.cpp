#include "runtime/managed_worker.h"

#include "base/clock.h"
#include "runtime/frame.h"
#include "runtime/messages.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <coroutine>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace openfc::runtime {
namespace {

constexpr SteadyTime never = SteadyTime::max();

/// One writer at a time: others wait here for their turn, in order.
class Turnstile {
public:
  bool await_ready() noexcept { return !std::exchange(busy_, true); }
  void await_suspend(std::coroutine_handle<> waiter) { waiting_.push_back(waiter); }
  void await_resume() const noexcept {}
  void leave() {
    if (waiting_.empty()) {
      busy_ = false;
      return;
    }
    const auto next = waiting_.front();
    waiting_.pop_front();
    next.resume();
  }

private:
  bool busy_ = false;
  std::deque<std::coroutine_handle<>> waiting_;
};

}  // namespace

struct ManagedWorker::Conversation {
  Conversation(std::unique_ptr<net::Stream> control, std::size_t limit)
      : stream(std::move(control)),
        reader(limit, [this](std::uint32_t call) { return roomOf(call); }) {}

  struct Pending {
    std::uint32_t stream = 0;
    OneShot<Reply>* answer = nullptr;  // null: its caller has gone away
    std::shared_ptr<ByteBudget::Share> bytes;
  };

  std::unique_ptr<net::Stream> stream;
  FrameReader reader;
  Turnstile turnstile;
  std::vector<Pending> pending;
  std::uint32_t lastStream = 0;
  OneShot<Reply> ready;
  bool over = false;
  Gone gone;  // why it is over
  std::function<void(const Gone&)> onGone;

  void stop(std::string reason);
  void end(std::string reason);
  std::optional<std::string> accept(Frame frame);
  std::optional<std::string> acceptAll();
  std::shared_ptr<ByteBudget::Share> roomOf(std::uint32_t call) const;
  Task<> write(std::string head, std::string_view event);

  static Task<> read(std::shared_ptr<Conversation> self);
  static Task<std::string> readUntilOver(std::shared_ptr<Conversation> self);
  static Task<Reply> ask(std::shared_ptr<Conversation> self, std::uint32_t stream, std::string head,
                         Call call);
  static Task<Reply> ask(const std::shared_ptr<Conversation>& self, FrameType type, Call call);
  std::uint32_t nextStream();
};

namespace {

/// Bytes in front of a call's description: the frame's header and the description's length.
constexpr std::size_t callPrefix = frameHeaderSize + 4;

}  // namespace

/// From here on nothing is asked any more.
void ManagedWorker::Conversation::stop(std::string reason) {
  if (std::exchange(over, true)) return;
  gone = Gone{std::move(reason)};
  stream->close();
}

/// Stops, and tells all who wait. Those may give up other calls, so the list is looked at anew each
/// time.
void ManagedWorker::Conversation::end(std::string reason) {
  stop(std::move(reason));
  while (!pending.empty()) {
    OneShot<Reply>* const answer = pending.front().answer;
    pending.erase(pending.begin());
    if (answer != nullptr) answer->give(gone);
  }
  ready.give(gone);
  if (const auto function = std::exchange(onGone, nullptr)) function(gone);
}

std::shared_ptr<ByteBudget::Share> ManagedWorker::Conversation::roomOf(std::uint32_t call) const {
  const auto found = std::ranges::find(pending, call, &Pending::stream);
  return found == pending.end() ? nullptr : found->bytes;
}

/// What was wrong with the frame, if anything.
std::optional<std::string> ManagedWorker::Conversation::accept(Frame frame) {
  if (frame.type == FrameType::ready) {
    if (ready.given()) return "a second ready frame";
    ready.give(Success{});
    return std::nullopt;
  }
  const auto found = std::ranges::find(pending, frame.stream, &Pending::stream);
  if (found == pending.end())
    return fmt::format("an answer on stream {}, which waits for none", frame.stream);
  OneShot<Reply>* const answer = found->answer;
  pending.erase(found);
  // Before the answer is given: whoever gets it must not lend the process to a next call.
  if ((frame.flags & lastFlag) != 0) stop("the process said that it would end");
  if (answer == nullptr) return std::nullopt;
  if (frame.refused) {
    answer->give(Failure{.refused = std::move(frame.refused)});
  } else if (frame.type == FrameType::result) {
    answer->give(Success{std::move(frame.payload)});
  } else {
    answer->give(
        Failure{.handled = (frame.flags & handledFlag) != 0, .body = std::move(frame.payload)});
  }
  return std::nullopt;
}

std::optional<std::string> ManagedWorker::Conversation::acceptAll() {
  while (!over) {
    auto next = reader.next();
    if (!next) return std::move(next.error());
    std::optional<Frame>& frame = *next;
    if (!frame) break;
    if (auto wrong = accept(std::move(*frame))) return wrong;
  }
  return std::nullopt;
}

/// Why it ended. Throws net::IoError.
Task<std::string> ManagedWorker::Conversation::readUntilOver(std::shared_ptr<Conversation> self) {
  while (!self->over) {
    const std::size_t count = co_await self->stream->read(self->reader.space(), never);
    if (count == 0) break;
    self->reader.received(count);
    if (auto wrong = self->acceptAll()) co_return "the process broke the protocol: " + *wrong;
  }
  co_return "the process closed its control socket";
}

Task<> ManagedWorker::Conversation::read(std::shared_ptr<Conversation> self) {
  std::string reason;
  try {
    reason = co_await readUntilOver(self);
  } catch (const net::IoError& failure) {
    reason = fmt::format("read from the process: {}", failure.what());
  }
  self->end(std::move(reason));
}

std::uint32_t ManagedWorker::Conversation::nextStream() {
  if (++lastStream == 0) ++lastStream;
  return lastStream;
}

Task<> ManagedWorker::Conversation::write(std::string head, std::string_view event) {
  co_await turnstile;
  try {
    const std::array<std::string_view, 2> parts = {head, event};
    if (!over) co_await stream->write(std::span(parts).first(event.empty() ? 1 : 2), never);
  } catch (const net::IoError& failure) {
    end(fmt::format("write to the process: {}", failure.what()));
  }
  turnstile.leave();
}

Task<Reply> ManagedWorker::Conversation::ask(std::shared_ptr<Conversation> self,
                                             std::uint32_t stream, std::string head, Call call) {
  if (self->over) co_return self->gone;
  OneShot<Reply> answer;
  /// An abandoned call's answer is still to come, and is then no breach of the protocol.
  struct Abandon {
    Conversation& conversation;
    std::uint32_t stream;
    ~Abandon() {
      for (auto& one : conversation.pending) {
        if (one.stream == stream) one.answer = nullptr;
      }
    }
  };
  const Abandon abandon{*self, stream};
  self->pending.push_back({stream, &answer, call.bytes});
  co_await self->write(std::move(head), call.event);
  if (call.bytes) call.bytes->giveBack(call.event.size());
  call = {};  // the process has it
  co_return co_await answer;
}

Task<Reply> ManagedWorker::Conversation::ask(const std::shared_ptr<Conversation>& self,
                                             FrameType type, Call call) {
  const std::uint32_t stream = self->nextStream();
  std::string head;
  head.reserve(callPrefix + 512);
  head.resize(callPrefix);
  appendCall(head, call);
  std::ranges::copy(frameHeader(type, stream, head.size() - frameHeaderSize + call.event.size()),
                    head.begin());
  std::ranges::copy(toLittleEndian(static_cast<std::uint32_t>(head.size() - callPrefix)),
                    head.begin() + frameHeaderSize);
  return ask(self, stream, std::move(head), std::move(call));
}

ManagedWorker::ManagedWorker(std::unique_ptr<net::Stream> control, std::size_t resultLimit)
    : conversation_(std::make_shared<Conversation>(std::move(control), resultLimit)),
      resultLimit_(resultLimit) {
  spawn(Conversation::read(conversation_), "read from a runtime process");
}

ManagedWorker::~ManagedWorker() {
  conversation_->onGone = nullptr;
  conversation_->end("the worker was given up");
}

Task<Reply> ManagedWorker::warmed() {
  const auto conversation = conversation_;
  co_return co_await conversation->ready;
}

Task<Reply> ManagedWorker::load(Configuration configuration) {
  const std::string message = configureMessage(configuration, resultLimit_);
  const std::uint32_t stream = conversation_->nextStream();
  const auto header = frameHeader(FrameType::configure, stream, message.size());
  return Conversation::ask(conversation_, stream,
                           std::string(header.begin(), header.end()) + message, {});
}

Task<Reply> ManagedWorker::initialize(Call call) {
  call.event.clear();
  return Conversation::ask(conversation_, FrameType::initialize, std::move(call));
}

Task<Reply> ManagedWorker::invoke(Call call) {
  return Conversation::ask(conversation_, FrameType::invoke, std::move(call));
}

Task<Reply> ManagedWorker::run(Hook hook, Call call) {
  call.event.clear();
  const FrameType type = hook == Hook::preFreeze ? FrameType::preFreeze : FrameType::preStop;
  return Conversation::ask(conversation_, type, std::move(call));
}

bool ManagedWorker::alive() const { return !conversation_->over; }

void ManagedWorker::onGone(std::function<void(const Gone&)> function) {
  if (conversation_->over) return function(conversation_->gone);
  conversation_->onGone = std::move(function);
}

}  // namespace openfc::runtime
