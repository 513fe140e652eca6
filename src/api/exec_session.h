#pragma once

#include "api/utf8_pieces.h"
#include "base/fd.h"
#include "http/server.h"
#include "http/web_socket.h"
#include "scheduler/instance_keeper.h"

#include <memory>
#include <optional>
#include <string>

namespace openfc::api {

/// What a client of instance exec wants to have from the program.
struct ExecOptions {
  bool terminal = false;
  bool input = false;
  bool output = true;
  bool error = true;
  bool textFrames = false;  // clients differ in what they can read
  Duration idle = std::chrono::seconds(120);
};

/// One program and one client. The first byte of a message says what it is: 0 input, 1 output, 2
/// error output, 3 an error of the server, 4 the size of the terminal. Binary messages of clients
/// are input without that byte. The reason of the last frame is "exit status N". Belongs to the
/// loop.
class ExecSession : public std::enable_shared_from_this<ExecSession> {
public:
  ExecSession(http::Exchange::Upgraded connection, std::unique_ptr<scheduler::Visit> visit,
              ExecOptions options);

  /// Goes on until the program has ended, or the client, or nothing has been said for long. Nothing
  /// of it is under way afterwards. Never throws.
  static Task<> run(std::shared_ptr<ExecSession> self);

private:
  class Part;

  void begin();
  static Task<> passOn(std::shared_ptr<ExecSession> self, net::Stream* from, char channel,
                       bool wanted);
  static Task<> watchEnd(std::shared_ptr<ExecSession> self);
  Task<> listen();
  Task<> take(http::WebSocket::Message message);
  Task<> write(std::string_view bytes);
  void resize(std::string_view json) const;
  Task<> say(char channel, std::string_view bytes);
  Task<> drain(net::Stream* from, char channel, bool wanted);
  net::Stream* input();

  http::Exchange::Upgraded connection_;
  std::unique_ptr<scheduler::Visit> visit_;
  ExecOptions options_;
  http::WebSocket socket_;
  std::unique_ptr<net::Stream> input_;
  std::unique_ptr<net::Stream> output_;  // or the terminal
  std::unique_ptr<net::Stream> error_;
  Fd terminal_;
  Utf8Pieces outputText_;
  Utf8Pieces errorText_;
  SteadyTime lastActivity_;
  int farewellCode_ = http::closeNormal;
  std::string farewellReason_;
  std::optional<Loop::TimerId> patience_;  // with a client that does not answer our last frame
  int parts_ = 0;                          // under way
  OneShot<bool> over_;
};

}  // namespace openfc::api
