#include "sandbox/conversation.h"

#include "base/check.h"
#include "net/loop_fixture.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <memory>
#include <span>
#include <string>

namespace openfc::sandbox::launcher {
namespace {

/// The launcher's end: reads when the test says so.
struct Launcher {
  Launcher() {
    int ends[2];
    check(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), "make a socket pair");
    socket = Fd(ends[0]);
    conversation = std::make_shared<Conversation>(loop, Fd(ends[1]));
  }
  /// Reads so many requests, in their order.
  Task<> read(std::uint32_t count) {
    while (last < count) {
      co_await loop.readable(socket.get(), loop.steady() + std::chrono::seconds(30));
      while (const auto packet = receivePacket(socket.get(), Wait::no)) {
        const auto request = decodeRequest(std::as_bytes(std::span(packet->bytes)));
        if (!request || std::get<DestroyRequest>(request->body).id != last + 1)
          throw std::runtime_error("a request is missing");
        ++last;
      }
    }
  }

  net::EventLoop loop;
  Fd socket;
  std::shared_ptr<Conversation> conversation;
  std::uint32_t last = 0;
};

TEST(Conversation, SendsEverythingInOrderToALauncherThatReadsLate) {
  constexpr std::uint32_t requests = 5000;
  Launcher launcher;

  for (std::uint32_t id = 1; id <= requests; ++id)
    launcher.conversation->tell({0, DestroyRequest{id}});
  net::runOn(launcher.loop, launcher.read(requests));

  EXPECT_EQ(launcher.last, requests);
}

TEST(Conversation, EndsWhileTheLauncherDoesNotRead) {
  Launcher launcher;
  for (std::uint32_t id = 1; id <= 5000; ++id) launcher.conversation->tell({0, DestroyRequest{id}});

  launcher.conversation->close();
  launcher.socket.reset();
  net::runOn(launcher.loop, sleepFor(launcher.loop, std::chrono::milliseconds(1)));

  EXPECT_FALSE(launcher.conversation->alive());
  EXPECT_EQ(launcher.conversation.use_count(), 1);
}

}  // namespace
}  // namespace openfc::sandbox::launcher
