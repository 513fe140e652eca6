#include "base/task.h"

#include "base/manual_loop.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace openfc {
namespace {

using namespace std::chrono_literals;

Task<int> add(int a, int b) { co_return a + b; }

Task<int> addTwice(int a, int b) { co_return co_await add(a, b) + co_await add(a, b); }

Task<int> fail() {
  throw std::runtime_error("broken");
  co_return 0;
}

Task<> store(Task<int> task, int* out, std::string* failure) {
  try {
    *out = co_await task;
  } catch (const std::runtime_error& error) {
    *failure = error.what();
  }
}

TEST(Task, ReturnsTheValueOfWhatItAwaits) {
  int out = 0;
  std::string failure;

  spawn(store(addTwice(2, 3), &out, &failure), "test");

  EXPECT_EQ(out, 10);
}

TEST(Task, CarriesExceptionsToItsAwaiter) {
  int out = 0;
  std::string failure;

  spawn(store(fail(), &out, &failure), "test");

  EXPECT_EQ(failure, "broken");
}

Task<> wait(OneShot<int>* shot, int* out) { *out = co_await *shot; }

TEST(OneShot, ResumesTheWaiterOnce) {
  OneShot<int> shot;
  int out = 0;
  spawn(wait(&shot, &out), "test");
  EXPECT_EQ(out, 0);

  shot.give(7);
  shot.give(8);

  EXPECT_EQ(out, 7);
}

Task<> sleepThenSet(Loop* loop, bool* done) {
  co_await sleepFor(*loop, 5s);
  *done = true;
}

TEST(Task, SleepsOnTheTimeOfItsLoop) {
  ManualLoop loop;
  bool done = false;
  spawn(sleepThenSet(&loop, &done), "test");

  loop.advance(4s);
  EXPECT_FALSE(done);
  loop.advance(1s);
  EXPECT_TRUE(done);
}

}  // namespace
}  // namespace openfc
