#pragma once

#include "base/fd.h"
#include "http/message.h"
#include "net/event_loop.h"
#include "net/stream.h"
#include "net/tls.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace openfc::http {

/// One request being answered. Belongs to the loop; lives until its handler's task has ended.
class Exchange {
public:
  virtual ~Exchange() = default;
  virtual const Request& request() const = 0;
  virtual std::string_view peerAddress() const = 0;  // "127.0.0.1", without port
  virtual bool encrypted() const = 0;                // came over TLS
  /// The whole body. Answers 100-continue first when the client waits for it. More than `limit`
  /// bytes (declared or arrived) throws Error{entityTooLarge}. Call at most once; an unread body is
  /// drained or the connection closed.
  virtual Task<std::string> body(std::size_t limit) = 0;
  static constexpr std::size_t largestPiece = 1u << 20;
  /// Some of the body, for bodies that are too large for memory: at least one byte and at most
  /// largestPiece; empty = the end. Instead of body(); the caller counts the bytes. Answers
  /// 100-continue first as body() does. A malformed chunk throws Error{invalidArgument}.
  virtual Task<std::string> piece() = 0;
  /// Bytes of the body when the head tells them; nothing = chunked.
  virtual std::optional<std::uint64_t> declaredLength() const = 0;
  /// Sends this head (of status 101) and leaves the connection to the caller until its handler's
  /// task has ended: it is closed then, and what the task returns is not sent. Not while the body
  /// is unread. Throws IoError.
  struct Upgraded {
    net::EventLoop& loop;
    net::Stream& stream;
    std::string received;  // that came behind the request
  };
  virtual Task<Upgraded> upgrade(Response response) = 0;
  /// Calls `function` when the client goes away before the response has been sent; at most once.
  /// Pass nullptr to stop listening (do so before what the function refers to dies).
  virtual void onDisconnect(Loop::Function function) = 0;
};

using Handler = std::function<Task<Response>(Exchange&)>;

struct ServerConfig {
  std::size_t maxHeaderBytes = std::size_t{64} * 1024;  // beyond: 431
  Duration idleTimeout = std::chrono::seconds(120);  // between requests of a kept-alive connection
  Duration headerTimeout =
      std::chrono::seconds(30);                     // from the first byte to the end of the headers
  Duration bodyTimeout = std::chrono::seconds(60);  // without a byte of the body
  Duration writeTimeout = std::chrono::seconds(60);  // without progress of a response
  /// When it is full, the connection that has waited longest for a whole request is closed for a
  /// new one; when all have requests under way, the new one gets 503.
  std::size_t maxConnections = 20'000;
  /// Bytes that unusually large heads of all connections may have together, before anybody knows
  /// who sends them; beyond: 503.
  std::size_t maxHeadBytesInFlight = 32u << 20;
};

struct TlsFiles {
  std::string certificate;  // PEM chain
  std::string privateKey;   // PEM
};

/// Malformed requests never reach the handler; they are answered by this function (status, reason),
/// so that the API's error form is used for them too. Default: an empty body.
using ErrorResponse = std::function<Response(int status, std::string_view reason)>;

/// HTTP/1.1 over TCP or TLS. Belongs to the loop.
class Server {
public:
  Server(net::EventLoop& loop, ServerConfig config, Handler handler, ErrorResponse onError);
  ~Server();

  /// Binds "host:port" ("127.0.0.1:0" picks a free port) and returns the port. Throws SystemError
  /// or, for a bad certificate, std::runtime_error with the reason.
  int listen(const std::string& address, const std::optional<TlsFiles>& tls = {});
  /// Takes a socket that listens already (non-blocking).
  void listen(Fd listening);
  /// The same, over TLS with a certificate that stays.
  void listen(Fd listening, const net::TlsText& tls);
  /// Reads the certificates of all TLS listeners again; connections that come from now on see the
  /// new ones. Throws std::runtime_error with the reason; all of the old ones are kept then.
  void reloadCertificates();
  /// Stops accepting, lets requests under way end (their answers carry `Connection: close`) until
  /// `deadline`, closes idle connections at once. Resumes when none is left or the deadline has
  /// passed.
  Task<> drain(SteadyTime deadline);
  std::size_t connections() const;
  /// Bytes of unusually large heads in memory.
  std::size_t headBytes() const;

  struct Impl;

private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace openfc::http
