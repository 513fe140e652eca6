#pragma once

#include "base/fd.h"
#include "sandbox/launcher/resolver_names.h"
#include "sandbox/launcher/resolver_shares.h"
#include "sandbox/launcher/resolver_upstreams.h"

#include <poll.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace openfc::sandbox::launcher {

/// Answers questions for names of its own, and carries other DNS messages between sandboxes and the
/// upstream resolvers without reading more than their first 12 bytes; all of those over TCP. Each
/// question has an upstream socket of its own, so its port and id are
/// random and answers need no lookup. What many sandboxes ask leaves room for each other one's
/// questions (placeFor()).
class Forwarder {
public:
  static constexpr std::size_t questionLimit = 512;
  static constexpr std::size_t connectionLimit = 128;

  /// `datagrams`: a bound UDP socket; `streams`: a listening TCP socket; both non-blocking.
  Forwarder(Fd datagrams, Fd streams, Upstreams upstreams, OwnNames own = {}, bool fair = true);
  /// Does not return.
  [[noreturn]] void run();
  /// Waits until there is something to do, for so many milliseconds at most (-1: as long as it
  /// takes), and does it.
  void turn(int patience);

  std::size_t questions() const { return questions_.size(); }
  std::size_t connections() const { return connections_.size(); }

private:
  using Time = std::chrono::steady_clock::time_point;

  struct Question {
    Fd upstream;
    sockaddr_in client{};
    std::vector<std::byte> message;
    std::uint16_t id = 0;  // what is expected back; the message keeps the client's
    std::size_t attempts = 0;
    Time deadline;
  };
  /// One direction of a TCP connection: what was read and not yet written.
  struct Flow {
    std::vector<std::byte> waiting;
    bool ended = false;
  };
  struct Connection {
    Fd client;
    Fd upstream;
    in_addr_t address = 0;
    Flow toUpstream;
    Flow toClient;
    Time deadline;
  };

  std::vector<pollfd> rows() const;
  void takeEvents(std::span<const pollfd> polled);
  void takeQuestions();
  void takeQuestion(Question question);
  /// Asks the next upstream; false: there is none left.
  bool ask(Question& question);
  void takeAnswer(Question& question);
  void refuse(const Question& question);
  void reply(std::span<const std::byte> answer, const sockaddr_in& client) const;
  void takeConnections();
  bool admit(const Connection& connection);
  /// False: the connection is over.
  bool carry(Connection& connection);
  void expire();
  int millisecondsToNextDeadline() const;

  Fd datagrams_;
  Fd streams_;
  Upstreams upstreams_;
  OwnNames own_;
  Shares questionShares_;
  Shares connectionShares_;
  std::vector<Question> questions_;      // oldest first
  std::vector<Connection> connections_;  // oldest first
};

}  // namespace openfc::sandbox::launcher
