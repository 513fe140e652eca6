#pragma once

#include "http/serialize.h"
#include "http/server.h"
#include "net/listener.h"
#include "net/tls.h"

#include <list>
#include <memory>
#include <optional>
#include <unordered_set>
#include <vector>

namespace openfc::http {

class ServerConnection;

/// The TLS side of one listener. Its context is replaced when certificates are read again; one
/// without files keeps its own.
struct TlsPort {
  explicit TlsPort(TlsFiles from) : files(std::move(from)), context(read()) {}
  explicit TlsPort(const net::TlsText& text) : context(text) {}
  net::TlsContext read() const {
    return files ? net::TlsContext(files->certificate, files->privateKey) : context;
  }

  const std::optional<TlsFiles> files;
  net::TlsContext context;
};

/// What the connections of one server share. Owned together by the Server and by its connections
/// and accept loops, whose coroutines may end after it.
struct Server::Impl {
  Impl(net::EventLoop& home, ServerConfig settings, Handler handle, ErrorResponse refuse)
      : loop(home), config(settings), handler(std::move(handle)), onError(std::move(refuse)) {}

  net::EventLoop& loop;
  const ServerConfig config;
  const Handler handler;
  const ErrorResponse onError;
  DateLine date;
  bool draining = false;
  std::vector<std::unique_ptr<net::Listener>> listeners;
  std::vector<std::shared_ptr<TlsPort>> tlsPorts;
  std::unordered_set<ServerConnection*> connections;
  using Order = std::list<ServerConnection*>;
  Order waiting;              // those whose next request has not arrived whole, longest first
  Order working;              // the others
  std::size_t headBytes = 0;  // of the buffers of all connections, beyond the usual
  int accepting = 0;          // accept loops under way
  std::optional<OneShot<bool>> emptied;  // given when a drain has nothing left, or at its deadline

  bool empty() const { return connections.empty() && accepting == 0; }

  /// To be called when a connection or an accept loop has ended. A drain goes on later, outside of
  /// who has ended.
  static void oneEnded(const std::shared_ptr<Impl>& server) {
    if (!server->empty() || !server->emptied) return;
    server->loop.post([server] { server->emptied->give(true); });
  }

  /// A response to what never reaches the handler.
  Response refusal(int status, std::string_view reason) const {
    if (onError) return onError(status, reason);
    Response response;
    response.status = status;
    return response;
  }
};

}  // namespace openfc::http
