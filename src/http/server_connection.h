#pragma once

#include "http/input_buffer.h"
#include "http/parser.h"
#include "http/server.h"
#include "http/server_impl.h"

#include <coroutine>
#include <memory>
#include <string>
#include <string_view>

namespace openfc::http {

/// Awaitable: lets everything else that is ready on the loop go first, so that a client that always
/// has more to send does not keep the others waiting.
struct Yield {
  Loop& loop;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiter) {
    loop.post([waiter] { waiter.resume(); });
  }
  void await_resume() const noexcept {}
};

/// One accepted connection: receives requests one after another and answers them in order. It is
/// the Exchange of the request under way. Lives in its own coroutine (run).
class ServerConnection final : public Exchange {
public:
  ServerConnection(std::shared_ptr<Server::Impl> server, std::unique_ptr<net::Stream> stream,
                   std::string peer, bool encrypted);
  ~ServerConnection() override;

  /// Serves until the client or the server ends the connection. Never throws.
  Task<> run();
  /// Closes at once when no request is under way; otherwise after its answer.
  void drain();
  /// Closes one that waits for a request, for the sake of another client.
  void giveWay();
  /// Ends whatever it is doing.
  void abort() { stream_->close(); }

  const Request& request() const override { return request_; }
  std::string_view peerAddress() const override { return peer_; }
  bool encrypted() const override { return encrypted_; }
  Task<std::string> body(std::size_t limit) override;
  Task<std::string> piece() override;
  std::optional<std::uint64_t> declaredLength() const override;
  Task<Upgraded> upgrade(Response response) override;
  void onDisconnect(Loop::Function function) override;

private:
  enum class Phase { idle, receiving, handling };
  enum class Unread { none, rest, tooMuch };
  enum class Arrival { bytes, end, late };

  SteadyTime in(Duration delay) const { return server_->loop.steady() + delay; }
  Task<> serve();
  Task<bool> receiveHead();
  std::span<char> inputSpace();
  void shrinkInput();
  bool tooManyLargeHeads() const;
  Task<Arrival> readHead(SteadyTime deadline);
  Task<Response> answer();
  Task<> respond(Response response);
  Task<> refuse(BadMessage bad);
  Task<> linger();

  Task<std::string> lengthBody();
  Task<std::string> chunkedBody(std::size_t limit);
  Task<std::string> lengthPiece();
  Task<std::string> chunkedPiece();
  Task<std::size_t> readBody(std::span<char> buffer);
  Task<> sendContinue();
  Unread unread() const;
  Task<> skipBody();

  std::string_view connectionHeader() const;
  Task<> sendWhole(const Response* response, bool bodyless);
  Task<> sendSource(Response response, bool bodyless);
  Task<> sendPieces(BodySource* source, std::optional<std::uint64_t> length, bool chunked);
  Task<> writeText(std::string_view text);

  void watch();
  void readableWhileHandling();

  void moveTo(Server::Impl::Order& order);

  std::shared_ptr<Server::Impl> server_;
  std::unique_ptr<net::Stream> stream_;
  std::string peer_;
  bool encrypted_;
  InputBuffer input_;
  RequestParser parser_;
  Request request_;
  Framing framing_;
  std::string out_;  // head of the response being sent; kept for its memory
  Loop::Function disconnected_;
  Server::Impl::Order* order_;  // of the server's, that holds it
  Server::Impl::Order::iterator place_;
  Phase phase_ = Phase::idle;
  unsigned answered_ = 0;  // requests
  int bodyFailure_ = 0;    // status for a body that did not come, instead of the handler's answer
  std::uint64_t pieced_ = 0;  // bytes that piece() has given of a body of known length
  bool bodyBegun_ = false;    // body() or piece() was called
  bool bodyTaken_ = false;    // and has read it to its end, or there is none
  bool watching_ = false;     // the stream will tell when there is something to read
  bool keepAlive_ = true;
  bool lingering_ = false;  // the client may still be sending what nobody will read
  bool upgraded_ = false;   // it speaks HTTP no more
};

}  // namespace openfc::http
