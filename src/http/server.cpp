#include "http/server.h"

#include "base/check.h"
#include "base/log.h"
#include "http/server_connection.h"
#include "http/server_impl.h"

#include <array>
#include <cerrno>

namespace openfc::http {
namespace {

using Shared = std::shared_ptr<Server::Impl>;

Task<> serveConnection(std::unique_ptr<ServerConnection> connection) { co_await connection->run(); }

/// Tells a client of a full server so, as far as its socket takes it at once.
Task<> turnAway(Shared server, std::unique_ptr<net::Stream> stream) {
  const Response response = server->refusal(503, "too many connections");
  std::string out;
  appendResponseHead(
      out, response.status, response.headers,
      {.dateLine = server->date.now(), .length = response.body.size(), .connection = "close"});
  const std::array<std::string_view, 2> parts{out, response.body};
  try {
    co_await stream->write(parts, server->loop.steady());
  } catch (const net::IoError& failure) {
    log::debug("a client was turned away unheard", {{"reason", failure.what()}});
  }
}

void begin(const Shared& server, net::Accepted accepted, const net::TlsContext* tls) {
  const bool full = server->connections.size() >= server->config.maxConnections;
  if (full && !server->waiting.empty()) {
    server->waiting.front()->giveWay();
  } else if (full) {
    if (tls != nullptr) return;  // a handshake would cost more than the refusal saves
    spawn(turnAway(server, server->loop.adopt(std::move(accepted.fd))), "turn a client away");
    return;
  }
  auto stream = tls == nullptr ? server->loop.adopt(std::move(accepted.fd))
                               : tls->accept(server->loop, std::move(accepted.fd));
  spawn(serveConnection(std::make_unique<ServerConnection>(
            server, std::move(stream), std::move(accepted.address), tls != nullptr)),
        "serve an HTTP connection");
}

/// Counts an accept loop while it runs.
class Accepting {
public:
  explicit Accepting(Shared server) : server_(std::move(server)) { ++server_->accepting; }
  ~Accepting() {
    --server_->accepting;
    Server::Impl::oneEnded(server_);
  }
  Accepting(const Accepting&) = delete;
  Accepting& operator=(const Accepting&) = delete;

private:
  Shared server_;
};

Task<> acceptAll(Shared server, net::Listener* listener, std::shared_ptr<TlsPort> tls) {
  const Accepting counted(server);
  while (true) {
    bool exhausted = false;
    try {
      begin(server, co_await listener->accept(), tls ? &tls->context : nullptr);
    } catch (const net::IoError&) {
      co_return;  // the listener was closed
    } catch (const std::exception& failure) {
      log::warn("a connection could not be accepted", {{"reason", failure.what()}});
      exhausted = true;
    }
    // Most likely out of descriptors: some will be free again soon.
    if (exhausted) co_await sleepFor(server->loop, std::chrono::milliseconds(50));
    if (server->draining) co_return;
  }
}

/// Returns the port.
int add(const Shared& server, std::unique_ptr<net::Listener> made, std::shared_ptr<TlsPort> tls) {
  server->listeners.push_back(std::move(made));
  net::Listener* listener = server->listeners.back().get();
  if (tls) server->tlsPorts.push_back(tls);
  spawn(acceptAll(server, listener, std::move(tls)), "accept HTTP connections");
  return listener->port();
}

}  // namespace

Server::Server(net::EventLoop& loop, ServerConfig config, Handler handler, ErrorResponse onError)
    : impl_(std::make_shared<Impl>(loop, config, std::move(handler), std::move(onError))) {}

Server::~Server() {
  impl_->draining = true;
  for (const auto& listener : impl_->listeners) listener->close();
  for (ServerConnection* connection : impl_->connections) connection->abort();
}

int Server::listen(const std::string& address, const std::optional<TlsFiles>& tls) {
  auto port = tls ? std::make_shared<TlsPort>(*tls) : nullptr;
  return add(impl_, std::make_unique<net::Listener>(impl_->loop, address), std::move(port));
}

void Server::listen(Fd listening) {
  add(impl_, std::make_unique<net::Listener>(impl_->loop, std::move(listening)), nullptr);
}

void Server::listen(Fd listening, const net::TlsText& tls) {
  auto port = std::make_shared<TlsPort>(tls);
  add(impl_, std::make_unique<net::Listener>(impl_->loop, std::move(listening)), std::move(port));
}

void Server::reloadCertificates() {
  std::vector<net::TlsContext> read;
  for (const auto& port : impl_->tlsPorts) read.push_back(port->read());
  for (std::size_t i = 0; i < read.size(); ++i) impl_->tlsPorts[i]->context = read[i];
}

std::size_t Server::headBytes() const { return impl_->headBytes; }

std::size_t Server::connections() const { return impl_->connections.size(); }

Task<> Server::drain(SteadyTime deadline) {
  const Shared impl = impl_;
  impl->draining = true;
  for (const auto& listener : impl->listeners) listener->close();
  const std::vector<ServerConnection*> now(impl->connections.begin(), impl->connections.end());
  for (ServerConnection* connection : now) connection->drain();
  if (impl->empty()) co_return;
  OneShot<bool>& emptied = impl->emptied.emplace();
  const Loop::TimerId timer =
      impl->loop.after(deadline - impl->loop.steady(), [impl] { impl->emptied->give(true); });
  co_await emptied;
  impl->loop.cancel(timer);
  for (ServerConnection* connection : impl->connections) connection->abort();
}

}  // namespace openfc::http
