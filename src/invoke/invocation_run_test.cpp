#include "invoke/invocation_run.h"

#include "scheduler/test_fleet.h"

namespace openfc::invoke {
namespace {

using namespace std::chrono_literals;

class InvocationRunTest : public scheduler::FleetTest {
protected:
  struct Seen {
    std::optional<Ran> ran;
    bool threw = false;

    bool ended() const { return ran || threw; }
  };

  static Task<> runInto(net::EventLoop* loop, scheduler::Lease lease, Cancellation* cancellation,
                        std::shared_ptr<Seen> seen) {
    try {
      seen->ran =
          co_await runIn(*loop, std::move(lease), {.requestId = "r"},
                         std::make_shared<scheduler::InvocationLog>("r", false), *cancellation);
    } catch (const std::runtime_error&) {
      seen->threw = true;
    }
  }

  std::shared_ptr<Seen> run(std::chrono::seconds timeout = 60s) {
    const auto spec = scheduler::fake::spec(world_, "f");
    spec->configuration.timeout = timeout;
    auto got = acquireNow(spec);
    auto seen = std::make_shared<Seen>();
    spawn(runInto(&loop_, std::move(*got->lease()), &cancellation_, seen), "run");
    return seen;
  }
};

TEST_F(InvocationRunTest, TellsWhatTheFunctionAnswered) {
  world_.invokeReply = runtime::Success{.body = "x"};

  const auto seen = run();

  ASSERT_TRUE(seen->ran);
  EXPECT_EQ(seen->ran->outcome.body, "x");
  EXPECT_EQ(world_.alive, 1);
}

TEST_F(InvocationRunTest, EndsAnInstanceThatTakesTooLong) {
  world_.holdInvocations = true;
  world_.invokeReply = runtime::Gone{"it was killed"};
  const auto seen = run(0s);

  EXPECT_TRUE(until([&] { return world_.alive == 0; }));
  world_.release();

  ASSERT_TRUE(seen->ran);
  EXPECT_TRUE(seen->ran->timedOut);
  EXPECT_EQ(seen->ran->outcome.kind, Outcome::Kind::unhandledError);
}

TEST_F(InvocationRunTest, TellsOfAKillAtTheMemoryLimit) {
  world_.invokeReply = runtime::Gone{"its process ended"};
  world_.outOfMemory = true;

  const auto seen = run();

  ASSERT_TRUE(until([&] { return seen->ended(); }));
  ASSERT_TRUE(seen->ran);
  EXPECT_TRUE(seen->ran->outcome.body.contains(
      "MB): it was killed at its memory limit (memorySize 128MB)\"}"));
}

TEST_F(InvocationRunTest, TellsOfAnEndWithoutAReason) {
  world_.invokeReply = runtime::Gone{"its process ended"};

  const auto seen = run();

  ASSERT_TRUE(until([&] { return seen->ended(); }));
  EXPECT_TRUE(seen->ran->outcome.body.starts_with(
      R"({"errorMessage":"Process exited unexpectedly before completing request (duration: )"));
  EXPECT_TRUE(seen->ran->outcome.body.ends_with("MB)\"}"));
}

// Its timer and its caller's leaving would otherwise reach into what is gone.
TEST_F(InvocationRunTest, LeavesNothingBehindWhenTheConversationThrows) {
  world_.invocationsThrow = true;

  const auto seen = run(0s);

  EXPECT_TRUE(seen->threw);
  EXPECT_EQ(fleet_.inFlight(), 0u);
  EXPECT_EQ(world_.alive, 0);
  cancellation_.cancel();
  bool later = false;
  loop_.after(5ms, [&later] { later = true; });
  EXPECT_TRUE(until([&] { return later; }));
}

}  // namespace
}  // namespace openfc::invoke
