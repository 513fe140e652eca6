#include "runtime/managed_worker.h"

#include "runtime/frame.h"
#include "runtime/spawned_test.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace openfc::runtime {
namespace {

using testing::bodyOf;
using testing::call;

std::string frame(FrameType type, std::uint32_t stream, const std::string& payload = "",
                  char flags = 0) {
  const auto header = frameHeader(type, stream, payload.size());
  std::string bytes(header.begin(), header.end());
  bytes[5] = flags;
  return bytes + payload;
}

/// A worker whose process is the test itself: it has written its answers before it was asked.
class Scripted {
public:
  explicit Scripted(const std::string& answers, std::size_t resultLimit = 1000) {
    int sockets[2];
    check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), "make a control socket");
    guest_ = Fd(sockets[1]);
    worker_ = std::make_unique<ManagedWorker>(loop_.adopt(Fd(sockets[0])), resultLimit);
    check(::write(guest_.get(), answers.data(), answers.size()), "write the answers");
  }
  ~Scripted() {
    worker_.reset();
    testing::settle(loop_);
  }
  Scripted(const Scripted&) = delete;
  Scripted& operator=(const Scripted&) = delete;

  std::string invoke() { return bodyOf(testing::await(loop_, worker_->invoke(call("e")))); }
  std::pair<std::string, std::string> invokeBoth() {
    return testing::await(loop_, testing::both(worker_.get()));
  }
  /// Answers once that many calls have been made: their frames are all in the socket.
  void answerWhenAsked(std::size_t calls, std::string answers) {
    spawn(answerLater(this, calls, std::move(answers)), "answer");
  }
  ManagedWorker& worker() { return *worker_; }
  net::EventLoop& loop() { return loop_; }
  void hangUp() { guest_.reset(); }

private:
  static Task<> answerLater(Scripted* self, std::size_t calls, std::string answers) {
    std::string asked;
    while (callsIn(asked) < calls) {
      co_await self->loop_.readable(self->guest_.get(), SteadyTime::max());
      char bytes[4096];
      asked.append(bytes, static_cast<std::size_t>(
                              check(::read(self->guest_.get(), bytes, sizeof bytes), "read")));
    }
    check(::write(self->guest_.get(), answers.data(), answers.size()), "write the answers");
  }
  static std::size_t callsIn(std::string_view asked) {
    std::size_t count = 0;
    while (asked.size() >= frameHeaderSize) {
      const auto low =
          static_cast<unsigned char>(asked[0]);  // these frames are shorter than 256 bytes
      asked.remove_prefix(std::min(asked.size(), frameHeaderSize + low));
      ++count;
    }
    return count;
  }

  net::EventLoop loop_;
  Fd guest_;
  std::unique_ptr<ManagedWorker> worker_;
};

// The first call has stream 1.
TEST(ManagedWorker, IsGoneWhenTheProcessBreaksTheProtocol) {
  const std::string broke = "gone: the process broke the protocol: ";
  struct Case {
    std::string answers;
    std::string outcome;
  };
  const Case cases[] = {
      {frame(FrameType::result, 2), broke + "an answer on stream 2, which waits for none"},
      {frame(FrameType::ready, 0) + frame(FrameType::ready, 0), broke + "a second ready frame"},
      {frame(FrameType::invoke, 1), broke + "frame of type 3"},
      {frame(FrameType::result, 1, std::string(1001, 'x')),
       broke + "frame of 1001 bytes, 1000 are allowed"},
  };

  for (const Case& one : cases) {
    Scripted scripted(one.answers);
    EXPECT_EQ(scripted.invoke(), one.outcome);
    EXPECT_FALSE(scripted.worker().alive());
  }
}

TEST(ManagedWorker, IsGoneAfterASecondAnswer) {
  Scripted scripted(frame(FrameType::result, 1, "one") + frame(FrameType::result, 1, "two"));

  EXPECT_EQ(scripted.invoke(), "one");
  EXPECT_EQ(scripted.invoke().substr(0, 5), "gone:");
}

TEST(ManagedWorker, PutsAnswersToTheirCallsInAnyOrder) {
  Scripted scripted("");
  scripted.answerWhenAsked(2,
                           frame(FrameType::result, 2, "two") + frame(FrameType::result, 1, "one"));

  const auto [first, second] = scripted.invokeBoth();

  EXPECT_EQ(first, "one");
  EXPECT_EQ(second, "two");
}

TEST(ManagedWorker, AnswersTheLastCallAndEndsTheOthersWhenTheProcessSaysThatItEnds) {
  Scripted scripted("");
  scripted.answerWhenAsked(2, frame(FrameType::failure, 2, "{}", lastFlag));

  const auto [first, second] = scripted.invokeBoth();

  EXPECT_EQ(first, "gone: the process said that it would end");
  EXPECT_EQ(second, "failure: {}");
  EXPECT_FALSE(scripted.worker().alive());
}

TEST(ManagedWorker, TellsOnceThatTheConversationIsOver) {
  Scripted scripted(frame(FrameType::result, 1, "one"));
  scripted.invoke();
  int told = 0;
  scripted.worker().onGone([&](const Gone&) {
    ++told;
    scripted.loop().stop();
  });

  scripted.hangUp();
  scripted.loop().run();

  EXPECT_EQ(told, 1);
}

Task<> keepReply(Task<Reply> task, std::optional<Reply>* reply) {
  *reply = co_await std::move(task);
}

TEST(ManagedWorker, LetsGoOfAnEventOnceTheProcessHasIt) {
  ByteBudget budget({});
  std::optional<Reply> reply;
  Scripted scripted("");
  Call asked = call("event");
  asked.bytes = budget.take("a", asked.event.size());

  spawn(keepReply(scripted.worker().invoke(std::move(asked)), &reply), "invoke");
  EXPECT_FALSE(reply);
  EXPECT_EQ(budget.used(), 0u);

  scripted.hangUp();
}

TEST(ManagedWorker, KeepsCountingAnEventThatTheProcessDoesNotRead) {
  constexpr std::size_t large = 8u << 20;
  ByteBudget budget({});
  Scripted scripted("");
  Call asked = call(std::string(large, 'x'));
  asked.bytes = budget.take("a", large);
  std::optional<Reply> reply;

  spawn(keepReply(scripted.worker().invoke(std::move(asked)), &reply), "invoke");
  EXPECT_EQ(budget.used(), large);
  scripted.hangUp();
  testing::settle(scripted.loop());

  EXPECT_TRUE(reply);
  EXPECT_EQ(budget.used(), 0u);
}

TEST(ManagedWorker, TellsWhenThereIsNoRoomForAnAnswerAndGoesOn) {
  ByteBudget budget({.total = 50'000, .account = 50'000});
  Scripted scripted(frame(FrameType::result, 1, std::string(60'000, 'x')), 1u << 20);
  const auto invoke = [&] {
    Call asked = call("e");
    asked.bytes = budget.take("a", asked.event.size());
    return testing::await(scripted.loop(), scripted.worker().invoke(std::move(asked)));
  };

  const Reply refused = invoke();
  scripted.answerWhenAsked(2, frame(FrameType::result, 2, std::string(40'000, 'y')));
  const Reply fits = invoke();

  const auto* failure = std::get_if<Failure>(&refused);
  ASSERT_TRUE(failure != nullptr && failure->refused);
  EXPECT_EQ(failure->refused->code(), Code::resourceExhausted);
  const auto* success = std::get_if<Success>(&fits);
  ASSERT_TRUE(success != nullptr);
  EXPECT_EQ(success->body.size(), 40'000u);
}

}  // namespace
}  // namespace openfc::runtime
