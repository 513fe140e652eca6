#include "http/client.h"

#include "base/error.h"
#include "http/growing.h"
#include "http/input_buffer.h"
#include "http/parser.h"
#include "http/serialize.h"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace openfc::http {
namespace {

constexpr std::size_t maxHeadBytes = std::size_t{256} * 1024;
constexpr std::size_t largestRead = std::size_t{1024} * 1024;
constexpr std::size_t smallestRead = std::size_t{64} * 1024;

Error tooLarge(std::size_t limit) { return errorOf(Code::entityTooLarge, {std::to_string(limit)}); }

[[noreturn]] void endedEarly() {
  throw net::IoError(net::Failure::closed, "the server ended the connection within its answer");
}

bool breaksRequestLine(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) <= ' '; });
}

}  // namespace

struct Connection::Impl {
  explicit Impl(std::unique_ptr<net::Stream> connected)
      : stream(std::move(connected)), input(maxHeadBytes + largestRead), parser(maxHeadBytes) {}

  std::unique_ptr<net::Stream> stream;
  InputBuffer input;
  ResponseParser parser;
  std::string out;
  bool usable = true;
  std::shared_ptr<ByteBudget::Share> bytes;  // of the request under way
  std::size_t counted = 0;                   // bytes of its answer

  void takeRoom(std::size_t size);
  Task<> send(Request* request, SteadyTime deadline);
  std::optional<Framing> takeHead(std::string_view method, Response& response);
  Task<Framing> receiveHead(std::string_view method, Response* response, SteadyTime deadline);
  Task<std::string> receiveBody(Framing framing, std::size_t limit, SteadyTime deadline);
  Task<std::string> lengthBody(std::uint64_t length, SteadyTime deadline);
  Task<std::string> chunkedBody(std::size_t limit, SteadyTime deadline);
  Task<std::string> bodyUntilEnd(std::size_t limit, SteadyTime deadline);
  Task<std::size_t> readMore(SteadyTime deadline);
};

Task<std::size_t> Connection::Impl::readMore(SteadyTime deadline) {
  const std::size_t count = co_await stream->read(input.space(), deadline);
  input.added(count);
  co_return count;
}

/// The answer's body has `size` bytes by now.
void Connection::Impl::takeRoom(std::size_t size) {
  if (!bytes || size <= counted) return;
  bytes->add(size - counted);
  counted = size;
}

Task<> Connection::Impl::send(Request* request, SteadyTime deadline) {
  if (breaksRequestLine(request->method) || breaksRequestLine(request->target)) {
    throw std::runtime_error("send a request: the request line holds blanks");
  }
  out.clear();
  appendRequestHead(out, *request);
  const std::array<std::string_view, 2> parts{out, request->body};
  co_await stream->write(parts, deadline);
  bytes = std::move(request->bytes);
  counted = 0;
  if (bytes) bytes->giveBack(request->body.size());
  request->body = std::string();
}

std::optional<Framing> Connection::Impl::takeHead(std::string_view method, Response& response) {
  if (input.empty()) return std::nullopt;
  const HeadResult head = parser.head(input.bytes(), method, response);
  if (!head) {
    throw net::IoError(net::Failure::reset,
                       "the answer is not HTTP: " + std::string(head.error().reason));
  }
  const std::optional<Framing>& framing = *head;
  if (framing) input.consume(framing->headSize);
  return framing;
}

Task<Framing> Connection::Impl::receiveHead(std::string_view method, Response* response,
                                            SteadyTime deadline) {
  while (true) {
    const std::optional<Framing> head = takeHead(method, *response);
    const bool interim = response->status < 200 && response->status != 101;
    if (head && !interim) co_return *head;
    if (!head && co_await readMore(deadline) == 0) endedEarly();
  }
}

Task<std::string> Connection::Impl::lengthBody(std::uint64_t length, SteadyTime deadline) {
  takeRoom(std::min<std::size_t>(input.bytes().size(), length));
  std::string body(input.bytes().substr(0, length));
  input.consume(body.size());
  while (body.size() < length) {
    const std::size_t had = body.size();
    const std::size_t step =
        std::min<std::size_t>(length - had, std::clamp(had, smallestRead, largestRead));
    takeRoom(had + step);
    growBy(body, step);
    const std::size_t count = co_await stream->read(std::span(body).subspan(had), deadline);
    if (count == 0) endedEarly();
    body.resize(had + count);
  }
  co_return body;
}

Task<std::string> Connection::Impl::chunkedBody(std::size_t limit, SteadyTime deadline) {
  std::string body;
  while (true) {
    const auto taken = parser.chunks(input.bytes(), body);
    if (!taken) {
      throw net::IoError(net::Failure::reset, "the answer's chunked body is malformed");
    }
    input.consume(*taken);
    if (body.size() > limit) throw tooLarge(limit);
    takeRoom(body.size());
    if (parser.complete()) co_return body;
    if (co_await readMore(deadline) == 0) endedEarly();
  }
}

Task<std::string> Connection::Impl::bodyUntilEnd(std::size_t limit, SteadyTime deadline) {
  std::string body;
  do {
    body += input.bytes();
    input.consume(input.bytes().size());
    if (body.size() > limit) throw tooLarge(limit);
    takeRoom(body.size());
  } while (co_await readMore(deadline) > 0);
  co_return body;
}

Task<std::string> Connection::Impl::receiveBody(Framing framing, std::size_t limit,
                                                SteadyTime deadline) {
  switch (framing.body) {
    case BodyKind::none:
      co_return std::string();
    case BodyKind::length:
      if (framing.length > limit) throw tooLarge(limit);
      co_return co_await lengthBody(framing.length, deadline);
    case BodyKind::chunked:
      co_return co_await chunkedBody(limit, deadline);
    case BodyKind::untilEnd:
      co_return co_await bodyUntilEnd(limit, deadline);
  }
  co_return std::string();
}

Connection::Connection(std::unique_ptr<net::Stream> stream)
    : impl_(std::make_unique<Impl>(std::move(stream))) {}
Connection::~Connection() = default;

Task<Response> Connection::roundTrip(Request request, std::size_t limit, SteadyTime deadline) {
  if (!impl_->usable) throw net::IoError(net::Failure::closed, "the connection has ended");
  impl_->usable = false;  // until the whole answer has arrived
  co_await impl_->send(&request, deadline);
  Response response;
  const Framing framing = co_await impl_->receiveHead(request.method, &response, deadline);
  response.body = co_await impl_->receiveBody(framing, limit, deadline);
  impl_->bytes.reset();
  impl_->usable = framing.keepAlive && impl_->input.empty() && response.status != 101;
  impl_->input.shrink();
  co_return response;
}

bool Connection::usable() const { return impl_->usable; }

bool Connection::reusable() const {
  // An idle connection has nothing to read: bytes are a broken server, 0 is its end.
  char byte = 0;
  return impl_->usable && !impl_->stream->tryRead(std::span(&byte, 1));
}

void Connection::close() {
  impl_->usable = false;
  impl_->stream->close();
}

}  // namespace openfc::http
