#include "http/server_connection.h"

#include "base/error.h"
#include "base/log.h"

#include <algorithm>

namespace openfc::http {
namespace {

constexpr std::size_t chunkLineRoom =
    std::size_t{16} * 1024;              // for a chunk's size line and for trailers
constexpr unsigned requestsAtOnce = 64;  // of one connection, before others have their turn
constexpr Duration lingerTime = std::chrono::seconds(3);
constexpr std::size_t lingerBytes = 64u << 20;

}  // namespace

ServerConnection::ServerConnection(std::shared_ptr<Server::Impl> server,
                                   std::unique_ptr<net::Stream> stream, std::string peer,
                                   bool encrypted)
    : server_(std::move(server)),
      stream_(std::move(stream)),
      peer_(std::move(peer)),
      encrypted_(encrypted),
      input_(server_->config.maxHeaderBytes + chunkLineRoom),
      parser_(server_->config.maxHeaderBytes),
      order_(&server_->waiting),
      place_(order_->insert(order_->end(), this)) {
  server_->connections.insert(this);
}

ServerConnection::~ServerConnection() {
  server_->headBytes -= input_.excess();
  order_->erase(place_);
  server_->connections.erase(this);
  Server::Impl::oneEnded(server_);
}

void ServerConnection::moveTo(Server::Impl::Order& order) {
  order.splice(order.end(), *order_, place_);
  order_ = &order;
}

void ServerConnection::giveWay() {
  moveTo(server_->working);  // it is on its way out, and not to be asked again
  stream_->close();
}

Task<> ServerConnection::run() {
  try {
    co_await serve();
  } catch (const net::IoError& failure) {
    // The client has gone or stalled; there is nobody left to tell.
    log::debug("a connection ended early", {{"reason", failure.what()}});
  } catch (const std::exception& failure) {
    log::error("a connection failed", {{"reason", failure.what()}});
  }
  // Its function would be called for the close, when this is gone.
  stream_->onReadable(nullptr);
  stream_->close();
}

void ServerConnection::drain() {
  if (phase_ == Phase::idle && input_.empty()) stream_->close();
}

Task<> ServerConnection::serve() {
  do {
    if (!co_await receiveHead()) break;
    phase_ = Phase::handling;
    moveTo(server_->working);
    bodyTaken_ = framing_.body == BodyKind::none;
    bodyBegun_ = false;
    pieced_ = 0;
    bodyFailure_ = 0;
    Response response = co_await answer();
    co_await respond(std::move(response));
    phase_ = Phase::idle;
    moveTo(server_->waiting);
    if (++answered_ % requestsAtOnce == 0) co_await Yield{server_->loop};
  } while (keepAlive_);
  if (lingering_) co_await linger();
}

std::span<char> ServerConnection::inputSpace() {
  const std::size_t before = input_.excess();
  const std::span<char> space = input_.space();
  server_->headBytes += input_.excess() - before;
  return space;
}

void ServerConnection::shrinkInput() {
  const std::size_t before = input_.excess();
  input_.shrink();
  server_->headBytes -= before - input_.excess();
}

bool ServerConnection::tooManyLargeHeads() const {
  return input_.excess() > 0 && server_->headBytes > server_->config.maxHeadBytesInFlight;
}

Task<bool> ServerConnection::receiveHead() {
  shrinkInput();
  SteadyTime deadline = in(server_->config.idleTimeout);
  while (true) {
    const HeadResult head = input_.empty() ? HeadResult() : parser_.head(input_.bytes(), request_);
    if (!head) {
      co_await refuse(head.error());
      co_return false;
    }
    if (const std::optional<Framing>& framing = *head) {
      framing_ = *framing;
      keepAlive_ = framing_.keepAlive;
      input_.consume(framing_.headSize);
      co_return true;
    }
    if (tooManyLargeHeads()) {
      co_await refuse({503,
                       "the large heads of all requests together exceed the limit "
                       "(maxHeadBytesInFlight)"});
      co_return false;
    }
    if (input_.empty() && server_->draining) co_return false;
    if (!input_.empty() && phase_ == Phase::idle) {
      deadline = in(server_->config.headerTimeout);
      phase_ = Phase::receiving;
    }
    const Arrival arrival = co_await readHead(deadline);
    if (arrival == Arrival::late) {
      co_await refuse({408, "the request header did not arrive in time"});
    }
    if (arrival != Arrival::bytes) co_return false;
  }
}

Task<ServerConnection::Arrival> ServerConnection::readHead(SteadyTime deadline) {
  try {
    const std::size_t count = co_await stream_->read(inputSpace(), deadline);
    input_.added(count);
    co_return count > 0 ? Arrival::bytes : Arrival::end;
  } catch (const net::IoError& failure) {
    const bool late = failure.failure() == net::Failure::timedOut && phase_ == Phase::receiving;
    co_return late ? Arrival::late : Arrival::end;
  }
}

Task<Response> ServerConnection::answer() {
  try {
    co_return co_await server_->handler(*this);
  } catch (const Error& error) {
    co_return server_->refusal(error.status(), error.message());
  } catch (const std::exception& failure) {
    if (bodyFailure_ == 0) log::error("a handler failed", {{"reason", failure.what()}});
  }
  co_return server_->refusal(500, rowOf(Code::internalServerError).message);
}

Task<> ServerConnection::refuse(BadMessage bad) {
  keepAlive_ = false;
  lingering_ = true;
  bodyTaken_ = true;
  request_.method.clear();
  framing_ = {};
  co_await respond(server_->refusal(bad.status, bad.reason));
}

/// Closing a socket with unread input sends a reset, and the client may lose the response that it
/// has not read yet.
Task<> ServerConnection::linger() {
  stream_->finishWriting();
  const SteadyTime deadline = in(lingerTime);
  std::size_t discarded = 0;
  input_.consume(input_.bytes().size());
  while (discarded < lingerBytes) {
    const std::size_t count = co_await stream_->read(inputSpace(), deadline);
    if (count == 0) co_return;
    discarded += count;
  }
}

void ServerConnection::onDisconnect(Loop::Function function) {
  disconnected_ = std::move(function);
  if (disconnected_ && bodyTaken_) watch();
}

/// While the handler runs nobody reads, so the client's end would go unseen. The wait that is
/// prepared here is the one that the next request needs anyway.
void ServerConnection::watch() {
  if (watching_ || input_.full()) return;
  watching_ = true;
  stream_->onReadable([this] { readableWhileHandling(); });
}

void ServerConnection::readableWhileHandling() {
  watching_ = false;
  if (phase_ != Phase::handling) return;
  const std::optional<std::size_t> count = stream_->tryRead(inputSpace());
  if (!count) {
    watch();
    return;
  }
  if (*count > 0) {
    input_.added(*count);
    watch();
    return;
  }
  // Last: the function may end the handler and this connection with it.
  if (auto function = std::exchange(disconnected_, nullptr)) function();
}

}  // namespace openfc::http
