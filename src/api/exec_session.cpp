#include "api/exec_session.h"

#include "base/error.h"
#include "base/log.h"
#include "schema/json.h"
#include "schema/member.h"

#include <boost/json/value.hpp>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include <array>
#include <utility>

namespace openfc::api {
namespace {

/// The first bytes of messages.
enum Channel : char { inputChannel, outputChannel, errorChannel, failureChannel, sizeChannel };

constexpr std::size_t longestMessage = std::size_t{1} << 20;
constexpr std::size_t pieceSize = std::size_t{16} << 10;
/// For the client to answer our last frame.
constexpr Duration farewell = std::chrono::seconds(3);

std::string outcomeOf(int status) {
  if (WIFSIGNALED(status)) return fmt::format("exit status {}", 128 + WTERMSIG(status));
  return fmt::format("exit status {}", WEXITSTATUS(status));
}

unsigned short sizeIn(const boost::json::object& object, std::string_view name) {
  const boost::json::value* value = schema::findMember(object, name);
  const auto* number = value == nullptr ? nullptr : value->if_int64();
  return number == nullptr || *number < 0 || *number > 10'000
             ? 0
             : static_cast<unsigned short>(*number);
}

}  // namespace

/// One of the session's tasks, counted while it is under way.
class ExecSession::Part {
public:
  explicit Part(ExecSession& session) : session_(session) { ++session_.parts_; }
  ~Part() {
    if (--session_.parts_ == 0) session_.over_.give(true);
  }
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;

private:
  ExecSession& session_;
};

ExecSession::ExecSession(http::Exchange::Upgraded connection,
                         std::unique_ptr<scheduler::Visit> visit, ExecOptions options)
    : connection_(std::move(connection)),
      visit_(std::move(visit)),
      options_(options),
      socket_(connection_.loop, connection_.stream, connection_.received, longestMessage),
      lastActivity_(connection_.loop.steady()) {}

Task<> ExecSession::run(std::shared_ptr<ExecSession> self) {
  {
    const Part part(*self);
    try {
      self->begin();
      co_await self->listen();
    } catch (const http::WebSocketError& error) {
      // A coroutine may not wait within a handler of exceptions.
      self->farewellCode_ = error.code();
      self->farewellReason_ = error.what();
    } catch (const net::IoError& failure) {
      log::debug("a client of instance exec has gone", {{"reason", failure.what()}});
    } catch (const std::exception& failure) {
      log::error("a session of instance exec failed", {{"reason", failure.what()}});
      self->farewellCode_ = http::closeInternal;
    }
    co_await self->socket_.close(self->farewellCode_, self->farewellReason_);
    self->visit_.reset();  // kills the program, if it still runs
  }
  co_await self->over_;
  if (const auto patience = self->patience_) self->connection_.loop.cancel(*patience);
}

void ExecSession::begin() {
  sandbox::Visitor& visitor = visit_->visitor();
  net::EventLoop& loop = connection_.loop;
  Fd output = visitor.takeOutput();
  if (options_.terminal) terminal_ = Fd(::fcntl(output.get(), F_DUPFD_CLOEXEC, 0));
  output_ = loop.adopt(std::move(output));
  if (!options_.terminal) {
    input_ = loop.adopt(visitor.takeInput());
    error_ = loop.adopt(visitor.takeError());
    if (!options_.input) input_.reset();
    spawn(passOn(shared_from_this(), error_.get(), errorChannel, options_.error),
          "pass a program's error output on");
  }
  spawn(passOn(shared_from_this(), output_.get(), outputChannel, options_.output),
        "pass a program's output on");
  spawn(watchEnd(shared_from_this()), "wait for a program's end");
}

/// Messages until the client or the session ends.
Task<> ExecSession::listen() {
  for (;;) {
    std::optional<http::WebSocket::Message> message;
    bool late = false;
    try {
      message = co_await socket_.receive(lastActivity_ + options_.idle);
    } catch (const net::IoError& failure) {
      if (failure.failure() != net::Failure::timedOut) throw;
      late = true;
    }
    const SteadyTime now = connection_.loop.steady();
    if (late && now < lastActivity_ + options_.idle) continue;  // the program has said something
    if (late) {
      farewellReason_ = "nothing was said for long";
      co_return;
    }
    if (!message) co_return;
    lastActivity_ = now;
    co_await take(std::move(*message));
  }
}

Task<> ExecSession::take(http::WebSocket::Message message) {
  if (!message.text) {
    co_await write(message.payload);
    co_return;
  }
  if (message.payload.empty()) co_return;
  const std::string_view rest = std::string_view(message.payload).substr(1);
  if (message.payload[0] == sizeChannel) resize(rest);
  if (message.payload[0] != inputChannel) co_return;
  if (rest.empty()) {
    input_.reset();  // the end of the input
  } else {
    co_await write(rest);
  }
}

net::Stream* ExecSession::input() {
  if (!options_.input) return nullptr;
  return options_.terminal ? output_.get() : input_.get();
}

Task<> ExecSession::write(std::string_view bytes) {
  net::Stream* to = input();
  if (to == nullptr) co_return;
  const std::array<std::string_view, 1> parts{bytes};
  try {
    co_await to->write(parts, connection_.loop.steady() + options_.idle);
  } catch (const net::IoError&) {
    options_.input = false;  // the program reads no more
  }
}

void ExecSession::resize(std::string_view json) const {
  if (!terminal_) return;
  try {
    const boost::json::value value = schema::parseJson(json);
    const boost::json::object* object = value.if_object();
    if (object == nullptr) return;
    const winsize size{.ws_row = sizeIn(*object, "height"),
                       .ws_col = sizeIn(*object, "width"),
                       .ws_xpixel = 0,
                       .ws_ypixel = 0};
    if (size.ws_row > 0 && size.ws_col > 0) ::ioctl(terminal_.get(), TIOCSWINSZ, &size);
  } catch (const Error& failure) {  // the terminal keeps the size that it has
    log::debug("a terminal's size cannot be read", {{"reason", failure.message()}});
  }
}

Task<> ExecSession::say(char channel, std::string_view bytes) {
  lastActivity_ = connection_.loop.steady();
  std::string payload(1, channel);
  if (options_.textFrames) {
    payload += (channel == errorChannel ? errorText_ : outputText_).next(bytes);
  } else {
    payload += bytes;
  }
  if (payload.size() == 1) co_return;
  const auto kind = options_.textFrames ? http::FrameKind::text : http::FrameKind::binary;
  try {
    co_await socket_.send(kind, std::move(payload));
  } catch (const net::IoError&) {
    connection_.stream.close();  // listen() sees that nobody is there
  }
}

Task<> ExecSession::passOn(std::shared_ptr<ExecSession> self, net::Stream* from, char channel,
                           bool wanted) {
  const Part part(*self);
  std::array<char, pieceSize> buffer;  // NOLINT: filled by read
  try {
    for (;;) {
      const std::size_t count = co_await from->read(buffer, SteadyTime::max());
      if (count == 0) co_return;
      if (wanted) co_await self->say(channel, {buffer.data(), count});
    }
  } catch (const net::IoError& end) {  // its program has gone, or watchEnd() has closed it
    log::debug("a stream of instance exec has ended", {{"reason", end.what()}});
  }
}

/// What the program has said before its end, but nobody has read.
Task<> ExecSession::drain(net::Stream* from, char channel, bool wanted) {
  if (from == nullptr) co_return;
  std::array<char, pieceSize> buffer;  // NOLINT: filled by readNow
  while (const std::size_t count = from->readNow(buffer)) {
    if (wanted) co_await say(channel, {buffer.data(), count});
  }
  from->close();
}

Task<> ExecSession::watchEnd(std::shared_ptr<ExecSession> self) {
  const Part part(*self);
  const int status = co_await self->visit_->visitor().ended();
  if (self->input_) self->input_->close();
  co_await self->drain(self->output_.get(), outputChannel, self->options_.output);
  co_await self->drain(self->error_.get(), errorChannel, self->options_.error);
  co_await self->socket_.close(http::closeNormal, outcomeOf(status));
  self->patience_ = self->connection_.loop.after(farewell, [weak = self->weak_from_this()] {
    if (const auto waiting = weak.lock()) waiting->connection_.stream.close();
  });
}

}  // namespace openfc::api
