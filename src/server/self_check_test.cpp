#include "server/self_check.h"

#include "scheduler/test_fleet.h"

namespace openfc::server {
namespace {

using namespace std::chrono_literals;

class SelfCheckTest : public scheduler::FleetTest {
protected:
  static Task<> echoInto(net::EventLoop* loop, scheduler::Fleet* fleet, scheduler::SpecPtr spec,
                         Duration limit, std::shared_ptr<std::optional<std::string>> out) {
    *out = co_await runEcho(*loop, *fleet, std::move(spec), limit);
  }
  std::shared_ptr<std::optional<std::string>> echo(Duration limit) {
    auto out = std::make_shared<std::optional<std::string>>();
    spawn(echoInto(&loop_, &fleet_, scheduler::fake::spec(world_, "echo"), limit, out), "echo");
    return out;
  }
};

TEST_F(SelfCheckTest, FindsNothingWrongWithAnEcho) {
  world_.invokeReply = runtime::Success{.body = "self-test"};

  const auto out = echo(10s);

  ASSERT_TRUE(until([&] { return out->has_value(); }));
  EXPECT_EQ(**out, "");
}

TEST_F(SelfCheckTest, WaitsForNoInstanceBeyondItsLimit) {
  world_.holdLoads = true;

  const auto out = echo(1ms);

  ASSERT_TRUE(until([&] { return out->has_value(); }));
  EXPECT_EQ(**out, "no instance of the test function came up in time");
  world_.release();
}

TEST_F(SelfCheckTest, WaitsForNoAnswerBeyondItsLimit) {
  world_.holdInvocations = true;
  const auto out = echo(1ms);
  ASSERT_TRUE(until([&] { return world_.alive == 0; }));  // the instance was killed

  world_.invokeReply = runtime::Gone{"it was killed"};
  world_.release();

  ASSERT_TRUE(until([&] { return out->has_value(); }));
  EXPECT_EQ(**out, "the test function did not answer in time");
}

}  // namespace
}  // namespace openfc::server
