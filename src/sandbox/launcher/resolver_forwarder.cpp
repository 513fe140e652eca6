#include "sandbox/launcher/resolver_forwarder.h"

#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace openfc::sandbox::launcher {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t headerSize = 12;
constexpr std::size_t largestMessage = 65535;
constexpr std::size_t questionLimitOfClient = 64;
constexpr std::size_t connectionLimitOfClient = 8;
constexpr std::size_t roundsOfUpstreams = 2;
constexpr std::chrono::seconds answerTime{2};
constexpr std::chrono::seconds idleTime{10};

std::uint16_t idOf(std::span<const std::byte> message) {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(message[0]) << 8 |
                                    std::to_integer<unsigned>(message[1]));
}

void setId(std::span<std::byte> message, std::uint16_t id) {
  message[0] = static_cast<std::byte>(id >> 8);
  message[1] = static_cast<std::byte>(id & 0xff);
}

std::uint16_t randomId() {
  std::uint16_t id = 0;
  if (getrandom(&id, sizeof id, 0) != sizeof id) std::abort();
  return id;
}

sockaddr* generic(sockaddr_in& address) { return reinterpret_cast<sockaddr*>(&address); }
const sockaddr* generic(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

/// A connected (or connecting) socket to the endpoint, or none.
Fd connectTo(const Endpoint& endpoint, int type) {
  Fd socket(::socket(endpoint.storage.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return socket;
  if (connect(socket.get(), endpoint.address(), endpoint.size) != 0 && errno != EINPROGRESS)
    return Fd();
  return socket;
}

bool wouldBlock() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

/// Moves what can be moved without waiting; false: an error.
bool move(int from, int to, std::vector<std::byte>& waiting, bool& ended) {
  if (waiting.empty() && !ended) {
    waiting.resize(largestMessage);
    const ssize_t size = read(from, waiting.data(), waiting.size());
    const bool broken = size < 0 && !wouldBlock();
    waiting.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    if (broken) return false;
    if (size == 0) {
      ended = true;
      shutdown(to, SHUT_WR);
    }
  }
  if (waiting.empty()) return true;
  const ssize_t size = send(to, waiting.data(), waiting.size(), MSG_NOSIGNAL);
  if (size < 0) return wouldBlock();
  waiting.erase(waiting.begin(), waiting.begin() + size);
  return true;
}

}  // namespace

Forwarder::Forwarder(Fd datagrams, Fd streams, Upstreams upstreams, OwnNames own, bool fair)
    : datagrams_(std::move(datagrams)),
      streams_(std::move(streams)),
      upstreams_(std::move(upstreams)),
      own_(std::move(own)),
      questionShares_{.all = questionLimit, .ofClient = questionLimitOfClient, .fair = fair},
      connectionShares_{.all = connectionLimit, .ofClient = connectionLimitOfClient, .fair = fair} {
}

std::vector<pollfd> Forwarder::rows() const {
  std::vector<pollfd> rows{{.fd = datagrams_.get(), .events = POLLIN},
                           {.fd = streams_.get(), .events = POLLIN}};
  rows.reserve(rows.size() + questions_.size() + 2 * connections_.size());
  for (const Question& question : questions_)
    rows.push_back({.fd = question.upstream.get(), .events = POLLIN});
  const auto events = [](const Flow& in, const Flow& out) {
    return static_cast<short>((in.waiting.empty() && !in.ended ? POLLIN : 0) |
                              (out.waiting.empty() ? 0 : POLLOUT));
  };
  for (const Connection& connection : connections_) {
    rows.push_back({.fd = connection.client.get(),
                    .events = events(connection.toUpstream, connection.toClient)});
    rows.push_back({.fd = connection.upstream.get(),
                    .events = events(connection.toClient, connection.toUpstream)});
  }
  return rows;
}

void Forwarder::run() {
  while (true) turn(-1);
}

void Forwarder::turn(int patience) {
  std::vector<pollfd> polled = rows();
  const int next = millisecondsToNextDeadline();
  const int wait = patience < 0 || (next >= 0 && next < patience) ? next : patience;
  if (poll(polled.data(), polled.size(), wait) < 0 && errno != EINTR) std::abort();
  takeEvents(polled);
  expire();
  if (polled[0].revents != 0) takeQuestions();
  if (polled[1].revents != 0) takeConnections();
}

void Forwarder::takeEvents(std::span<const pollfd> polled) {
  // The rows stand in the order of the vectors, so those must not change before all rows were seen.
  std::size_t row = 2;
  for (Question& question : questions_) {
    if (polled[row++].revents != 0) takeAnswer(question);
  }
  std::vector<bool> over(connections_.size());
  for (std::size_t i = 0; i < connections_.size(); ++i, row += 2) {
    over[i] = (polled[row].revents | polled[row + 1].revents) != 0 && !carry(connections_[i]);
  }
  for (std::size_t i = over.size(); i-- > 0;) {
    if (over[i]) connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

void Forwarder::takeQuestions() {
  std::vector<std::byte> buffer(largestMessage);
  constexpr int atATime = 64;
  for (int i = 0; i < atATime; ++i) {
    Question question;
    socklen_t size = sizeof question.client;
    const ssize_t length = recvfrom(datagrams_.get(), buffer.data(), buffer.size(), 0,
                                    generic(question.client), &size);
    if (length < 0) return;
    if (static_cast<std::size_t>(length) < headerSize) continue;
    const auto message = std::span(buffer).first(static_cast<std::size_t>(length));
    if (const auto answer = ownAnswer(own_, message)) {
      reply(*answer, question.client);
      continue;
    }
    question.message.assign(message.begin(), message.end());
    takeQuestion(std::move(question));
  }
}

void Forwarder::takeQuestion(Question question) {
  std::vector<in_addr_t> clients;
  clients.reserve(questions_.size());
  for (const Question& other : questions_) clients.push_back(other.client.sin_addr.s_addr);
  const Place place = placeFor(clients, question.client.sin_addr.s_addr, questionShares_);
  if (!place.granted) return;
  if (place.insteadOf) {
    const auto evicted = questions_.begin() + static_cast<std::ptrdiff_t>(*place.insteadOf);
    refuse(*evicted);
    questions_.erase(evicted);
  }
  if (ask(question)) {
    questions_.push_back(std::move(question));
  } else {
    refuse(question);
  }
}

bool Forwarder::ask(Question& question) {
  const std::vector<Endpoint>& endpoints = upstreams_.now();
  while (question.attempts < endpoints.size() * roundsOfUpstreams) {
    const Endpoint& endpoint = endpoints[question.attempts++ % endpoints.size()];
    question.upstream = connectTo(endpoint, SOCK_DGRAM);
    if (!question.upstream) continue;
    question.id = randomId();
    question.deadline = steady_clock::now() + answerTime;
    std::vector<std::byte> message = question.message;
    setId(message, question.id);
    if (send(question.upstream.get(), message.data(), message.size(), MSG_NOSIGNAL) >= 0)
      return true;
  }
  return false;
}

void Forwarder::takeAnswer(Question& question) {
  std::vector<std::byte> answer(largestMessage);
  const ssize_t size = recv(question.upstream.get(), answer.data(), answer.size(), 0);
  if (size < 0) {
    if (!wouldBlock()) question.deadline = {};  // refused: expire() asks the next one
    return;
  }
  if (static_cast<std::size_t>(size) < headerSize || idOf(answer) != question.id) return;
  setId(answer, idOf(question.message));
  reply(std::span(answer).first(static_cast<std::size_t>(size)), question.client);
  question.upstream.reset();
}

void Forwarder::refuse(const Question& question) {
  constexpr std::byte isResponse{0x80};
  constexpr std::byte serverFailure{0x82};  // recursion available, code 2
  std::vector<std::byte> answer = question.message;
  answer[2] |= isResponse;
  answer[3] = serverFailure;
  reply(answer, question.client);
}

void Forwarder::reply(std::span<const std::byte> answer, const sockaddr_in& client) const {
  sendto(datagrams_.get(), answer.data(), answer.size(), MSG_NOSIGNAL, generic(client),
         sizeof client);
}

void Forwarder::takeConnections() {
  Connection connection;
  sockaddr_in from{};
  socklen_t size = sizeof from;
  connection.client.reset(
      accept4(streams_.get(), generic(from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!connection.client) return;
  connection.address = from.sin_addr.s_addr;
  const std::vector<Endpoint>& endpoints = upstreams_.now();
  if (endpoints.empty() || !admit(connection)) return;
  connection.upstream = connectTo(endpoints.front(), SOCK_STREAM);
  if (!connection.upstream) return;
  connection.deadline = steady_clock::now() + idleTime;
  connections_.push_back(std::move(connection));
}

bool Forwarder::admit(const Connection& connection) {
  std::vector<in_addr_t> clients;
  clients.reserve(connections_.size());
  for (const Connection& other : connections_) clients.push_back(other.address);
  const Place place = placeFor(clients, connection.address, connectionShares_);
  if (place.insteadOf)
    connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(*place.insteadOf));
  return place.granted;
}

bool Forwarder::carry(Connection& connection) {
  connection.deadline = steady_clock::now() + idleTime;
  const int client = connection.client.get();
  const int upstream = connection.upstream.get();
  return move(client, upstream, connection.toUpstream.waiting, connection.toUpstream.ended) &&
         move(upstream, client, connection.toClient.waiting, connection.toClient.ended) &&
         !(connection.toClient.ended && connection.toClient.waiting.empty());
}

void Forwarder::expire() {
  const Time now = steady_clock::now();
  std::erase_if(questions_, [&](Question& question) {
    if (!question.upstream) return true;
    if (question.deadline > now || ask(question)) return false;
    refuse(question);
    return true;
  });
  std::erase_if(connections_,
                [&](const Connection& connection) { return connection.deadline <= now; });
}

int Forwarder::millisecondsToNextDeadline() const {
  Time next = Time::max();
  for (const Question& question : questions_) next = std::min(next, question.deadline);
  for (const Connection& connection : connections_) next = std::min(next, connection.deadline);
  if (next == Time::max()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - steady_clock::now());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

}  // namespace openfc::sandbox::launcher
