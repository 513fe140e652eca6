#include "sandbox/conversation.h"

#include "base/log.h"

#include <sys/socket.h>

#include <span>
#include <utility>

namespace openfc::sandbox::launcher {
namespace {

constexpr int killed = 9;  // a wait status: by SIGKILL

constexpr auto patience = std::chrono::seconds(30);

/// Forgets a question when the coroutine that asked it ends, however it does.
class Question {
public:
  using Pending = std::map<std::uint32_t, std::shared_ptr<Mailbox<Answer>>>;
  Question(Pending& pending, std::uint32_t sequence, Loop& loop)
      : pending_(pending), sequence_(sequence), loop_(loop) {
    box = pending_.emplace(sequence_, std::make_shared<Mailbox<Answer>>()).first->second;
    timer_ = loop_.after(patience, [weak = std::weak_ptr(box)] {
      if (const auto waiting = weak.lock())
        waiting->put({{0, Failed{"the sandbox launcher does not answer"}}, {}});
    });
  }
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;
  ~Question() {
    loop_.cancel(timer_);
    pending_.erase(sequence_);
  }

  std::shared_ptr<Mailbox<Answer>> box;

private:
  Pending& pending_;
  std::uint32_t sequence_;
  Loop& loop_;
  Loop::TimerId timer_;
};

Answer failed(const char* reason) { return {{0, Failed{reason}}, {}}; }

}  // namespace

void Conversation::begin() {
  spawn(read(shared_from_this()), "read the sandbox launcher's replies");
}

void Conversation::close() {
  ::shutdown(socket_.get(), SHUT_RDWR);
  gone();
}

Task<Answer> Conversation::ask(Request request) {
  const auto self = shared_from_this();
  if (!alive_) co_return failed("the sandbox launcher has ended");
  request.sequence = ++lastSequence_ == 0 ? ++lastSequence_ : lastSequence_;
  const Question question(pending_, request.sequence, loop_);
  send(encode(request));
  co_return co_await Mailbox<Answer>::Awaiter(question.box);
}

void Conversation::tell(Request request) {
  request.sequence = 0;
  if (alive_) send(encode(request));
}

std::shared_ptr<Mailbox<Exit>> Conversation::endOf(std::uint32_t id) {
  auto box = std::make_shared<Mailbox<Exit>>();
  if (alive_) {
    ends_[id] = box;
  } else {
    box->put(Exit{.status = killed});
  }
  return box;
}

std::shared_ptr<Mailbox<int>> Conversation::endOfVisit(std::uint32_t visit) {
  auto box = std::make_shared<Mailbox<int>>();
  if (alive_) {
    visitEnds_[visit] = box;
  } else {
    box->put(killed);
  }
  return box;
}

Task<> Conversation::read(std::shared_ptr<Conversation> self) {
  try {
    while (self->alive_) {
      co_await self->loop_.readable(self->socket_.get(), SteadyTime::max());
      while (self->alive_ && self->readOne()) continue;
    }
  } catch (const std::exception& failure) {
    log::error("reading from the sandbox launcher failed", {{"reason", failure.what()}});
    self->gone();
  }
}

bool Conversation::readOne() {
  auto packet = receivePacket(socket_.get(), Wait::no);
  if (!packet) return false;
  if (packet->bytes.empty()) {
    log::error("the sandbox launcher has ended", {{"consequence", "no function can run"}});
    gone();
    return false;
  }
  take(std::move(*packet));
  return true;
}

void Conversation::take(Packet packet) {
  auto reply = decodeReply(std::as_bytes(std::span(packet.bytes)));
  if (!reply) throw std::runtime_error("a message of the sandbox launcher: " + reply.error());
  if (const auto* ended = std::get_if<Ended>(&reply->body)) {
    const auto found = ends_.find(ended->id);
    if (found == ends_.end()) return;
    const auto box = found->second;
    ends_.erase(found);
    box->put(Exit{.status = ended->status, .oom = ended->oom});
    return;
  }
  if (const auto* ended = std::get_if<VisitEnded>(&reply->body)) {
    if (const auto visit = visitEnds_.extract(ended->visit)) visit.mapped()->put(ended->status);
    return;
  }
  const auto found = pending_.find(reply->sequence);
  if (found != pending_.end()) {
    const auto box = found->second;
    box->put({std::move(*reply), std::move(packet.descriptors)});
  } else if (const auto* created = std::get_if<Created>(&reply->body)) {
    // Nobody waits for it any more.
    tell({0, DestroyRequest{created->id}});
  } else if (const auto* visiting = std::get_if<Visiting>(&reply->body)) {
    tell({0, DismissRequest{visiting->visit}});
  }
}

void Conversation::send(std::string bytes) {
  unsent_.push_back(std::move(bytes));
  if (unsent_.size() == 1) spawn(sendAll(shared_from_this()), "send to the sandbox launcher");
}

/// The launcher reads as soon as it has done what it is at; then there is room again.
Task<> Conversation::sendAll(std::shared_ptr<Conversation> self) {
  try {
    while (self->alive_ && !self->unsent_.empty()) {
      if (sendPacket(self->socket_.get(), self->unsent_.front(), {}, Wait::no)) {
        self->unsent_.pop_front();
      } else {
        co_await self->loop_.writable(self->socket_.get(), SteadyTime::max());
      }
    }
  } catch (const std::exception& failure) {
    log::error("sending to the sandbox launcher failed", {{"reason", failure.what()}});
    self->loop_.post([self] { self->gone(); });
    self->unsent_.clear();
  }
}

void Conversation::gone() {
  if (!std::exchange(alive_, false)) return;
  unsent_.clear();
  // Those who are woken may ask again or forget others: walk over copies.
  for (const auto& [sequence, box] : std::map(pending_))
    box->put(failed("the sandbox launcher has ended"));
  // Its death kills every sandbox.
  for (const auto& [id, box] : std::exchange(ends_, {})) box->put(Exit{.status = killed});
  for (const auto& [visit, box] : std::exchange(visitEnds_, {})) box->put(killed);
}

}  // namespace openfc::sandbox::launcher
