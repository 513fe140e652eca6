#include "net/stream.h"

#include "base/check.h"
#include "net/loop_fixture.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <memory>

namespace openfc::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A stream of the loop and the raw other end.
struct Pair {
  explicit Pair(EventLoop& loop) {
    int ends[2];
    check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "make a socket pair");
    stream = loop.adopt(Fd(ends[0]));
    other = Fd(ends[1]);
  }
  void tell(std::string_view text) const {
    check(::write(other.get(), text.data(), text.size()), "write to the test's end");
  }
  std::unique_ptr<Stream> stream;
  Fd other;
};

Task<std::string> readOnce(Stream* stream, SteadyTime deadline) {
  std::string buffer(100, '\0');
  buffer.resize(co_await stream->read(buffer, deadline));
  co_return buffer;
}

Task<std::string> readThrough(Stream* stream, std::size_t size) {
  std::string all;
  while (all.size() < size) {
    std::string piece(65536, '\0');
    piece.resize(co_await stream->read(piece, SteadyTime::max()));
    if (piece.empty()) break;
    all += piece;
  }
  co_return all;
}

Task<> writeParts(Stream* stream, std::vector<std::string> parts, SteadyTime deadline) {
  const std::vector<std::string_view> views(parts.begin(), parts.end());
  co_await stream->write(views, deadline);
}

Failure failureOf(EventLoop& loop, Task<std::string> task) {
  try {
    runOn(loop, std::move(task));
  } catch (const IoError& failure) {
    return failure.failure();
  }
  ADD_FAILURE() << "no IoError";
  return {};
}

TEST(Stream, ReadsWhatIsThereAndWhatComes) {
  EventLoop loop;
  const Pair pair(loop);

  pair.tell("first");
  const std::string first = runOn(loop, readOnce(pair.stream.get(), SteadyTime::max()));
  loop.after(milliseconds(2), [&] { pair.tell("second"); });
  const std::string second = runOn(loop, readOnce(pair.stream.get(), SteadyTime::max()));

  EXPECT_EQ(first, "first");
  EXPECT_EQ(second, "second");
}

TEST(Stream, ReadsZeroAtTheEnd) {
  EventLoop loop;
  Pair pair(loop);

  pair.other.reset();

  EXPECT_EQ(runOn(loop, readOnce(pair.stream.get(), SteadyTime::max())), "");
}

TEST(Stream, TimesOutAndCanBeReadAfterwards) {
  EventLoop loop;
  const Pair pair(loop);

  const Failure failure =
      failureOf(loop, readOnce(pair.stream.get(), loop.steady() + milliseconds(5)));
  pair.tell("late");

  EXPECT_EQ(failure, Failure::timedOut);
  EXPECT_EQ(runOn(loop, readOnce(pair.stream.get(), loop.steady() + seconds(10))), "late");
}

TEST(Stream, FailsAReaderWhenItIsClosed) {
  EventLoop loop;
  const Pair pair(loop);

  loop.after(milliseconds(1), [&] { pair.stream->close(); });

  EXPECT_EQ(failureOf(loop, readOnce(pair.stream.get(), SteadyTime::max())), Failure::closed);
  EXPECT_EQ(failureOf(loop, readOnce(pair.stream.get(), SteadyTime::max())), Failure::closed);
}

TEST(Stream, MayBeDestroyedUnderAReader) {
  EventLoop loop;
  Pair pair(loop);

  loop.after(milliseconds(1), [&] { pair.stream.reset(); });

  EXPECT_EQ(failureOf(loop, readOnce(pair.stream.get(), SteadyTime::max())), Failure::closed);
}

TEST(Stream, OutlivesADestroyedReader) {
  EventLoop loop;
  const Pair pair(loop);
  auto abandoned = std::make_unique<Task<std::string>>(
      readOnce(pair.stream.get(), loop.steady() + milliseconds(3)));
  // Starts the read without a coroutine that would have to end.
  abandoned->await_suspend(std::noop_coroutine()).resume();

  abandoned.reset();
  pair.tell("for the next");

  EXPECT_EQ(runOn(loop, readOnce(pair.stream.get(), SteadyTime::max())), "for the next");
}

TEST(Stream, WritesManyPartsInOrderAgainstASlowReader) {
  EventLoop loop;
  int ends[2];
  check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "make a socket pair");
  const auto writer = loop.adopt(Fd(ends[0]));
  const auto reader = loop.adopt(Fd(ends[1]));
  std::vector<std::string> parts{""};
  std::string expected;
  for (int i = 0; i < 40; ++i) {
    parts.emplace_back(static_cast<std::size_t>(i) * 10'000, static_cast<char>('a' + i % 26));
    expected += parts.back();
  }

  loop.post([&] { spawn(writeParts(writer.get(), parts, SteadyTime::max()), "write"); });
  const std::string received = runOn(loop, readThrough(reader.get(), expected.size()));

  EXPECT_EQ(received, expected);
}

TEST(Stream, TimesOutAWriteThatNobodyReads) {
  EventLoop loop;
  const Pair pair(loop);

  try {
    runOn(loop, writeParts(pair.stream.get(), {std::string(10'000'000, 'x')},
                           loop.steady() + milliseconds(5)));
    FAIL() << "the write ended";
  } catch (const IoError& failure) {
    EXPECT_EQ(failure.failure(), Failure::timedOut);
  }
}

TEST(Stream, ReportsAPeerThatHasGone) {
  EventLoop loop;
  Pair pair(loop);
  int ends[2];
  check(::pipe2(ends, O_CLOEXEC), "make a pipe");
  const auto pipe = loop.adopt(Fd(ends[1]));

  pair.other.reset();
  ::close(ends[0]);

  EXPECT_THROW(runOn(loop, writeParts(pair.stream.get(), {"x"}, SteadyTime::max())), IoError);
  EXPECT_THROW(runOn(loop, writeParts(pipe.get(), {"x"}, SteadyTime::max())), IoError);
}

TEST(Stream, ReadsPipes) {
  EventLoop loop;
  int ends[2];
  check(::pipe2(ends, O_CLOEXEC), "make a pipe");
  const auto pipe = loop.adopt(Fd(ends[0]));

  loop.after(milliseconds(1), [&] { check(::write(ends[1], "log", 3), "write to the pipe"); });
  const std::string text = runOn(loop, readOnce(pipe.get(), SteadyTime::max()));
  ::close(ends[1]);

  EXPECT_EQ(text, "log");
  EXPECT_EQ(runOn(loop, readOnce(pipe.get(), SteadyTime::max())), "");
}

TEST(Stream, TellsNothingYetFromTheEnd) {
  EventLoop loop;
  Pair pair(loop);
  std::array<char, 8> buffer{};

  EXPECT_EQ(pair.stream->tryRead(buffer), std::nullopt);
  EXPECT_EQ(pair.stream->readNow(buffer), 0u);
  pair.tell("abc");
  EXPECT_EQ(pair.stream->tryRead(buffer), 3u);
  pair.other.reset();
  EXPECT_EQ(pair.stream->tryRead(buffer), 0u);
}

TEST(Stream, SaysOnceThatThereIsSomethingToRead) {
  EventLoop loop;
  Pair pair(loop);
  int told = 0;

  pair.stream->onReadable([&] { ++told; });
  pair.tell("one");
  loop.after(milliseconds(5), [&] { pair.tell("two"); });
  loop.after(milliseconds(10), [&] { loop.stop(); });
  loop.run();

  EXPECT_EQ(told, 1);
  EXPECT_EQ(runOn(loop, readOnce(pair.stream.get(), SteadyTime::max())), "onetwo");
}

TEST(Stream, ForgetsWhoWantedToKnow) {
  EventLoop loop;
  const Pair pair(loop);
  int told = 0;

  pair.stream->onReadable([&] { ++told; });
  pair.stream->onReadable(nullptr);
  pair.tell("x");

  EXPECT_EQ(runOn(loop, readOnce(pair.stream.get(), SteadyTime::max())), "x");
  EXPECT_EQ(told, 0);
}

}  // namespace
}  // namespace openfc::net
