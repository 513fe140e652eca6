// The forwarder of DNS questions between hostile sandboxes and a hostile upstream resolver. The
// input is a script of steps that clients and the upstream take: floods of questions, malformed
// ones, answers that nobody asked for, connections over TCP. Whatever they do, the tables keep
// their bounds, a client that asks one question gets the answer to it, and nobody gets an answer
// under an id that he did not ask with. The input is also read as a question for one of the
// resolver's own names.

#include "base/fd.h"
#include "sandbox/launcher/resolver_forwarder.h"
#include "sandbox/launcher/resolver_names.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace {

using openfc::Fd;
using openfc::sandbox::launcher::Forwarder;
using openfc::sandbox::launcher::ownAnswer;
using openfc::sandbox::launcher::OwnNames;
using openfc::sandbox::launcher::Upstreams;

constexpr std::size_t clientCount = 12;
constexpr std::size_t headerSize = 12;
constexpr char idByte = '\x77';          // all ids of the clients begin with it
constexpr std::size_t streamLimit = 10;  // of a client

void demand(bool condition) {
  if (!condition) std::abort();
}

sockaddr_in loopback(unsigned last, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(0x7f000100U + last);
  return address;
}

const sockaddr* generic(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

std::uint16_t portOf(const Fd& socket) {
  sockaddr_in at{};
  socklen_t size = sizeof at;
  demand(getsockname(socket.get(), reinterpret_cast<sockaddr*>(&at), &size) == 0);
  return ntohs(at.sin_port);
}

Fd boundSocket(int type, unsigned last, std::uint16_t port = 0) {
  Fd socket(::socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in at = loopback(last, port);
  if (!socket || bind(socket.get(), generic(at), sizeof at) != 0) return Fd();
  return socket;
}

Fd copyOf(const Fd& socket) { return Fd(fcntl(socket.get(), F_DUPFD_CLOEXEC, 0)); }

struct Asked {
  std::string message;
  sockaddr_in from{};
};

/// The upstream resolver and the clients, whose steps the input chooses.
class Arena {
public:
  explicit Arena(bool firstUpstreamIsDead)
      : datagrams_(boundSocket(SOCK_DGRAM, 0)),
        streams_(boundSocket(SOCK_STREAM, 0)),
        upstream_(boundSocket(SOCK_DGRAM, 255)),
        forwarder_(copyOf(datagrams_), copyOf(streams_),
                   Upstreams(upstreams(firstUpstreamIsDead))) {
    demand(datagrams_ && streams_ && upstream_ && listen(streams_.get(), 64) == 0);
    for (std::size_t i = 0; i < clientCount; ++i)
      clients_.at(i).datagrams = boundSocket(SOCK_DGRAM, static_cast<unsigned>(i + 1));
  }

  void step(std::uint8_t what, std::uint8_t who, std::uint8_t how) {
    Client& client = clients_.at(who % (clientCount - 1));  // the last one stays quiet
    switch (what % 8) {
      case 0:
        for (unsigned i = 0; i <= how % 64U; ++i) ask(client, questionOf(i));
        break;
      case 1:
        ask(client, std::string(how, idByte));
        break;
      case 2:
        answer(0, how);
        break;
      case 3:
        answer(1 + how, how);
        break;
      case 4:
        connectOf(client);
        break;
      case 5:
        if (!client.streams.empty())
          (void)send(client.streams.back().get(), "\0\x01?", 3, MSG_NOSIGNAL);
        break;
      case 6:
        if (!client.streams.empty()) client.streams.pop_front();
        break;
      default:
        break;
    }
    turn();
  }

  /// One question of the quiet client among all that is under way.
  void checkQuietClient() {
    const std::string question = "\x5a\xa5" + std::string(headerSize, '\0') + "quiet";
    ask(clients_.back(), question);
    for (int i = 0; i < 100; ++i) {
      turn(1);
      for (const Asked& asked : asked_) {
        if (!asked.message.ends_with("quiet")) continue;
        reply(asked, asked.message.substr(0, 2) + question.substr(2) + "answer");
        turn(1);
        demand(received(clients_.back()) == question + "answer");
        return;
      }
    }
    demand(false);
  }

private:
  struct Client {
    Fd datagrams;
    std::deque<Fd> streams;
  };

  std::vector<std::string> upstreams(bool firstIsDead) const {
    std::vector<std::string> all{fmt::format("127.0.1.255:{}", portOf(upstream_))};
    if (firstIsDead) all.insert(all.begin(), "127.0.1.254:1");
    return all;
  }

  void turn(int patience = 0) {
    forwarder_.turn(patience);
    demand(forwarder_.questions() <= Forwarder::questionLimit);
    demand(forwarder_.connections() <= Forwarder::connectionLimit);
#ifdef OPENFC_PLANTED_BUG
    demand(forwarder_.questions() < Forwarder::questionLimit);
#endif
    for (Asked asked;
         (asked.message = messageOf(upstream_, &asked.from)), !asked.message.empty();) {
      if (asked_.size() == Forwarder::questionLimit) asked_.pop_front();
      asked_.push_back(std::move(asked));
    }
    for (std::size_t i = 0; i + 1 < clientCount; ++i) checkIds(clients_.at(i));
  }

  static void checkIds(const Client& client) {
    for (std::string text; text = received(client), !text.empty();)
      demand(text.size() >= headerSize && text[0] == idByte);
  }

  static std::string questionOf(unsigned number) {
    std::string question(headerSize, '\0');
    question[0] = idByte;
    question[1] = static_cast<char>(number);
    return question + "name";
  }

  void ask(const Client& client, const std::string& message) const {
    const sockaddr_in to = loopback(0, portOf(datagrams_));
    (void)sendto(client.datagrams.get(), message.data(), message.size(), 0, generic(to), sizeof to);
  }

  void answer(std::uint16_t wrongness, std::size_t length) {
    if (asked_.empty()) return;
    std::string text = asked_.front().message;
    text[0] = static_cast<char>(text[0] ^ (wrongness >> 8));
    text[1] = static_cast<char>(text[1] ^ (wrongness & 0xff));
    text.resize(length);
    reply(asked_.front(), text);
    if (wrongness == 0) asked_.pop_front();
  }

  void reply(const Asked& asked, const std::string& text) const {
    (void)sendto(upstream_.get(), text.data(), text.size(), MSG_NOSIGNAL, generic(asked.from),
                 sizeof asked.from);
  }

  void connectOf(Client& client) const {
    if (client.streams.size() == streamLimit) client.streams.pop_front();
    const auto last = static_cast<unsigned>(&client - clients_.data()) + 1;
    Fd made = boundSocket(SOCK_STREAM, last);
    const sockaddr_in to = loopback(0, portOf(streams_));
    if (!made) return;
    (void)connect(made.get(), generic(to), sizeof to);
    client.streams.push_back(std::move(made));
  }

  static std::string messageOf(const Fd& socket, sockaddr_in* from) {
    std::array<char, 2048> buffer{};
    socklen_t size = sizeof *from;
    const ssize_t length = recvfrom(socket.get(), buffer.data(), buffer.size(), 0,
                                    reinterpret_cast<sockaddr*>(from), &size);
    return {buffer.data(), length < 0 ? 0 : static_cast<std::size_t>(length)};
  }

  static std::string received(const Client& client) {
    sockaddr_in from{};
    return messageOf(client.datagrams, &from);
  }

  Fd datagrams_;
  Fd streams_;
  Fd upstream_;
  Forwarder forwarder_;
  std::array<Client, clientCount> clients_;
  std::deque<Asked> asked_;  // what the upstream has heard and not answered
};

/// A question of its own is answered with the question and at most one record; all else is left
/// alone.
void checkOwnAnswer(std::span<const std::uint8_t> message) {
  constexpr std::size_t record = 16;
  const OwnNames own{.patterns = {"host.openfc.internal", "*.oss-cn-a.aliyuncs.com"}, .address = 1};
  const auto bytes = std::as_bytes(message);
  const auto answer = ownAnswer(own, bytes);
  if (!answer) return;
  demand(answer->size() > headerSize && answer->size() <= bytes.size() + record);
  demand(std::equal(bytes.begin(), bytes.begin() + 2, answer->begin()));
  demand(((*answer)[2] & std::byte{0xf8}) == std::byte{0x80});
  demand(!ownAnswer(own, *answer));
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t mostSteps = 100;
  const std::span<const std::uint8_t> script(data, size);
  checkOwnAnswer(script);
  if (script.empty()) return 0;
  Arena arena((script[0] & 1) != 0);
  for (std::size_t at = 1; at + 3 <= script.size() && at < 3 * mostSteps; at += 3)
    arena.step(script[at], script[at + 1], script[at + 2]);
  arena.checkQuietClient();
  return 0;
}
