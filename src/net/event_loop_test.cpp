#include "net/event_loop.h"

#include "base/check.h"
#include "net/deadline.h"
#include "net/listener.h"
#include "net/loop_fixture.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <csignal>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

namespace openfc::net {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

TEST(EventLoop, RunsWhatOtherThreadsPost) {
  EventLoop loop;
  int sum = 0;

  std::thread other([&loop, &sum] {
    for (int i = 1; i <= 100; ++i) loop.post([&sum, i] { sum += i; });
    loop.post([&loop] { loop.stop(); });
  });
  loop.run();
  other.join();

  EXPECT_EQ(sum, 5050);
}

TEST(EventLoop, FiresTimersInTheOrderOfTheirMoments) {
  EventLoop loop;
  std::vector<int> fired;

  loop.after(milliseconds(20), [&] {
    fired.push_back(3);
    loop.stop();
  });
  loop.after(milliseconds(10), [&] { fired.push_back(2); });
  loop.after(milliseconds(1), [&] {
    fired.push_back(1);
    loop.after(milliseconds(1), [&] { fired.push_back(10); });
  });
  loop.run();

  EXPECT_EQ(fired, (std::vector{1, 10, 2, 3}));
}

TEST(EventLoop, ATimerThatThrowsStopsNoOther) {
  EventLoop loop;
  std::mutex mutex;
  std::condition_variable changed;
  bool fired = false;
  std::jthread watchdog([&] {
    std::unique_lock lock(mutex);
    if (!changed.wait_for(lock, std::chrono::seconds(10), [&] { return fired; })) loop.stop();
  });

  loop.after(milliseconds(1), [] { throw std::runtime_error("no"); });
  loop.after(milliseconds(2), [&] {
    const std::scoped_lock lock(mutex);
    fired = true;
    changed.notify_all();
    loop.stop();
  });
  loop.run();

  EXPECT_TRUE(fired);
}

TEST(EventLoop, ForgetsACancelledTimer) {
  EventLoop loop;
  bool fired = false;

  const Loop::TimerId timer = loop.after(milliseconds(1), [&] { fired = true; });
  loop.cancel(timer);
  loop.after(milliseconds(5), [&] { loop.stop(); });
  loop.run();

  EXPECT_FALSE(fired);
}

TEST(EventLoop, GoesOnAfterAFunctionThatThrows) {
  EventLoop loop;
  bool reached = false;

  loop.post([] { throw std::runtime_error("expected by the test"); });
  loop.post([&] {
    reached = true;
    loop.stop();
  });
  loop.run();

  EXPECT_TRUE(reached);
}

TEST(EventLoop, HearsSignals) {
  EventLoop loop;
  int heard = 0;

  loop.onSignal([&](int number) {
    heard = number;
    loop.stop();
  });
  loop.post([] { std::raise(SIGHUP); });
  loop.run();

  EXPECT_EQ(heard, SIGHUP);
}

TEST(EventLoop, SeesTheEndOfAProcess) {
  EventLoop loop;
  const pid_t child = ::fork();
  if (child == 0) ::_exit(7);
  const Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));

  runOn(loop, loop.readable(pidfd.get(), loop.steady() + std::chrono::seconds(10)));

  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, WNOHANG), child);
  EXPECT_EQ(WEXITSTATUS(status), 7);
}

TEST(EventLoop, SaysWhenNobodyListens) {
  EventLoop loop;
  int port = 0;
  {
    const Listener gone(loop, "127.0.0.1:0");
    port = gone.port();
  }
  const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));

  try {
    runOn(loop, loop.connectLocal(socket.get(), port, loop.steady() + milliseconds(5000)));
    FAIL() << "connected to nobody";
  } catch (const SystemError& failure) {
    EXPECT_EQ(failure.error(), ECONNREFUSED);
  }
}

TEST(EventLoop, ConnectsToAListenerOfThisMachine) {
  EventLoop loop;
  Listener listener(loop, "127.0.0.1:0");
  const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));

  runOn(loop, loop.connectLocal(socket.get(), listener.port(), loop.steady() + milliseconds(5000)));
  const Accepted accepted = runOn(loop, listener.accept());

  EXPECT_EQ(accepted.address, "127.0.0.1");
  EXPECT_TRUE(accepted.fd);
}

TEST(Listener, RefusesWhatIsNoAddress) {
  EventLoop loop;

  EXPECT_THROW(Listener(loop, "8016"), std::runtime_error);
  EXPECT_THROW(Listener(loop, "127.0.0.1:http"), std::runtime_error);
  EXPECT_THROW(Listener(loop, "203.0.113.1:0"), SystemError);
}

TEST(Deadline, PassesAtTheLatestMomentItWasSetTo) {
  EventLoop loop;
  SteadyTime passed{};
  Deadline deadline(loop, [&] {
    passed = loop.steady();
    loop.stop();
  });

  const SteadyTime start = loop.steady();
  deadline.set(start + milliseconds(5));
  deadline.set(start + milliseconds(30));
  loop.run();

  EXPECT_GE(passed, start + milliseconds(30));
}

TEST(Deadline, CanBeMovedForward) {
  EventLoop loop;
  bool passed = false;
  Deadline deadline(loop, [&] {
    passed = true;
    loop.stop();
  });

  deadline.set(loop.steady() + hours(1));
  deadline.set(loop.steady() + milliseconds(2));
  loop.run();

  EXPECT_TRUE(passed);
}

TEST(Deadline, DoesNotPassWhenClearedOrGone) {
  EventLoop loop;
  int passed = 0;
  Deadline cleared(loop, [&] { ++passed; });
  auto gone = std::make_unique<Deadline>(loop, [&] { ++passed; });

  cleared.set(loop.steady() + milliseconds(1));
  cleared.clear();
  gone->set(loop.steady() + milliseconds(1));
  gone.reset();
  loop.after(milliseconds(10), [&] { loop.stop(); });
  loop.run();

  EXPECT_EQ(passed, 0);
}

}  // namespace
}  // namespace openfc::net
