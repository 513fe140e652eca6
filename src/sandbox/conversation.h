#pragma once

#include "base/fd.h"
#include "base/task.h"
#include "net/event_loop.h"
#include "sandbox/launcher_protocol.h"
#include "sandbox/mailbox.h"
#include "sandbox/packet_socket.h"
#include "sandbox/sandbox.h"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace openfc::sandbox::launcher {

struct Answer {
  Reply reply;
  std::vector<Fd> descriptors;
};

/// Requests and replies over the launcher's socket. Belongs to the loop; sandboxes and the reading
/// coroutine share it, because each may outlive the others.
class Conversation : public std::enable_shared_from_this<Conversation> {
public:
  Conversation(net::EventLoop& loop, Fd socket) : loop_(loop), socket_(std::move(socket)) {}

  /// Reads replies until the launcher or close() ends it.
  void begin();
  void close();
  bool alive() const { return alive_; }

  /// The reply; Failed when the launcher is gone or does not answer in time.
  Task<Answer> ask(Request request);
  /// Wants no reply. Nothing happens when the launcher is gone.
  void tell(Request request);
  /// Where the end of a sandbox will be told.
  std::shared_ptr<Mailbox<Exit>> endOf(std::uint32_t id);
  /// Where the wait status of a visit's program will be told.
  std::shared_ptr<Mailbox<int>> endOfVisit(std::uint32_t visit);

private:
  static Task<> read(std::shared_ptr<Conversation> self);
  bool readOne();
  void take(Packet packet);
  void send(std::string bytes);
  static Task<> sendAll(std::shared_ptr<Conversation> self);
  void gone();

  net::EventLoop& loop_;
  Fd socket_;
  bool alive_ = true;
  std::uint32_t lastSequence_ = 0;
  std::map<std::uint32_t, std::shared_ptr<Mailbox<Answer>>> pending_;
  std::map<std::uint32_t, std::shared_ptr<Mailbox<Exit>>> ends_;
  std::map<std::uint32_t, std::shared_ptr<Mailbox<int>>> visitEnds_;
  std::deque<std::string> unsent_;
};

}  // namespace openfc::sandbox::launcher
