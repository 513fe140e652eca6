#include "sandbox/launcher_protocol.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace openfc::sandbox::launcher {
namespace {

constexpr std::size_t maximumText = 1024;
constexpr std::size_t maximumShortcomings = 32;

enum class RequestKind : std::uint8_t {
  create = 1,
  adopt = 2,
  socket = 3,
  destroy = 4,
  fork = 5,
  visit = 6,
  dismiss = 7,
};
enum class ReplyKind : std::uint8_t {
  ready = 1,
  created = 2,
  done = 3,
  failed = 4,
  ended = 5,
  refused = 6,
  adopted = 7,
  visiting = 8,
  visitEnded = 9,
};

/// Little-endian, no padding.
class Writer {
public:
  template <class Integer>
  Writer& number(Integer value) {
    auto rest = static_cast<std::make_unsigned_t<Integer>>(value);
    for (std::size_t i = 0; i < sizeof(Integer); ++i) {
      out_ += static_cast<char>(rest & 0xff);
      if constexpr (sizeof(Integer) > 1) rest = static_cast<decltype(rest)>(rest >> 8);
    }
    return *this;
  }

  template <class Kind>
  Writer& kind(Kind value) {
    return number(std::to_underlying(value));
  }

  Writer& text(std::string_view value) {
    value = value.substr(0, maximumText);
    number(static_cast<std::uint16_t>(value.size()));
    out_ += value;
    return *this;
  }

  Writer& digest(std::string_view hex) {
    for (std::size_t i = 0; i < digestBytes; ++i) {
      out_ += static_cast<char>(nibble(hex, 2 * i) << 4 | nibble(hex, 2 * i + 1));
    }
    return *this;
  }

  std::string take() { return std::move(out_); }

private:
  static int nibble(std::string_view hex, std::size_t at) {
    const char c = at < hex.size() ? hex[at] : '0';
    return c >= 'a' ? c - 'a' + 10 : c - '0';
  }

  std::string out_;
};

/// After the first read beyond the end everything reads as zero and intact() is false.
class Reader {
public:
  explicit Reader(std::span<const std::byte> bytes) : rest_(bytes) {}

  template <class Integer>
  Integer number() {
    std::make_unsigned_t<Integer> value = 0;
    const auto bytes = take(sizeof(Integer));
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      value =
          static_cast<decltype(value)>(value | static_cast<decltype(value)>(bytes[i]) << (8 * i));
    }
    return static_cast<Integer>(value);
  }

  std::string text() {
    const auto size = number<std::uint16_t>();
    if (size > maximumText) broken_ = true;
    const auto bytes = take(broken_ ? 0 : size);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  Digest digest() {
    static constexpr std::string_view digits = "0123456789abcdef";
    Digest hex;
    hex.reserve(2 * digestBytes);
    for (const std::byte byte : take(digestBytes)) {
      hex += digits[std::to_integer<std::size_t>(byte >> 4)];
      hex += digits[std::to_integer<std::size_t>(byte & std::byte{15})];
    }
    return hex;
  }

  /// One byte that must be 0 or 1.
  bool flag() {
    const auto value = number<std::uint8_t>();
    if (value > 1) broken_ = true;
    return value == 1;
  }

  void fail() { broken_ = true; }
  /// Whether all was read and nothing was missing.
  bool intact() const { return !broken_ && rest_.empty(); }

private:
  std::span<const std::byte> take(std::size_t size) {
#ifdef OPENFC_PLANTED_BUG
    if (broken_ || rest_.size() + 1 < size) {
#else
    if (broken_ || rest_.size() < size) {
#endif
      broken_ = true;
      return {};
    }
    const auto taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }

  std::span<const std::byte> rest_;
  bool broken_ = false;
};

struct RequestWriter {
  Writer& out;
  void operator()(const CreateRequest& create) const {
    out.kind(RequestKind::create).number(static_cast<std::uint8_t>(create.internet));
  }
  void operator()(const AdoptRequest& adopt) const {
    out.kind(RequestKind::adopt).number(adopt.id).number(adopt.memory).number(adopt.tmpSize);
    out.number(static_cast<std::uint8_t>(adopt.code.has_value()));
    if (adopt.code) out.digest(*adopt.code);
    out.number(static_cast<std::uint8_t>(adopt.layers.size()));
    for (const Digest& layer : adopt.layers) out.digest(layer);
    out.number(static_cast<std::uint8_t>(adopt.shares.size()));
    for (const ShareMount& mount : adopt.shares) {
      out.number(mount.share).number(mount.user).number(mount.group);
      out.text(mount.below).text(mount.place);
    }
    out.number(adopt.privateNetworks).number(static_cast<std::uint8_t>(adopt.onlyPrivate));
  }
  void operator()(const SocketRequest& socket) const {
    out.kind(RequestKind::socket).number(socket.id);
  }
  void operator()(const DestroyRequest& destroy) const {
    out.kind(RequestKind::destroy).number(destroy.id);
  }
  void operator()(const ForkRequest& fork) const {
    out.kind(RequestKind::fork).number(fork.id).number(fork.zygote);
  }
  void operator()(const VisitRequest& visit) const {
    out.kind(RequestKind::visit).number(visit.id);
    out.number(static_cast<std::uint8_t>(visit.terminal));
  }
  void operator()(const DismissRequest& dismiss) const {
    out.kind(RequestKind::dismiss).number(dismiss.visit);
  }
};

struct ReplyWriter {
  Writer& out;
  void operator()(const Ready& ready) const {
    const std::size_t count = std::min(ready.shortcomings.size(), maximumShortcomings);
    out.kind(ReplyKind::ready).number(static_cast<std::uint8_t>(count));
    for (std::size_t i = 0; i < count; ++i) {
      out.text(std::string_view(ready.shortcomings[i])
                   .substr(0, maximumMessage / maximumShortcomings - 4));
    }
  }
  void operator()(const Created& created) const {
    out.kind(ReplyKind::created).number(created.id).number(created.uid).number(created.files);
  }
  void operator()(const Done&) const { out.kind(ReplyKind::done); }
  void operator()(const Adopted& adopted) const {
    out.kind(ReplyKind::adopted).number(adopted.shared);
  }
  void operator()(const Failed& failed) const { out.kind(ReplyKind::failed).text(failed.reason); }
  void operator()(const Refused& refused) const {
    out.kind(ReplyKind::refused).text(refused.reason);
  }
  void operator()(const Ended& ended) const {
    out.kind(ReplyKind::ended).number(ended.id).number(ended.status);
    out.number(static_cast<std::uint8_t>(ended.oom));
  }
  void operator()(const Visiting& visiting) const {
    out.kind(ReplyKind::visiting).number(visiting.visit);
  }
  void operator()(const VisitEnded& ended) const {
    out.kind(ReplyKind::visitEnded).number(ended.visit).number(ended.status);
  }
};

void readShares(Reader& in, AdoptRequest& adopt) {
  const auto shares = in.number<std::uint8_t>();
  if (shares > maximumShares) return in.fail();
  for (unsigned i = 0; i < shares; ++i) {
    ShareMount mount;
    mount.share = in.number<std::uint16_t>();
    mount.user = in.number<std::uint32_t>();
    mount.group = in.number<std::uint32_t>();
    mount.below = in.text();
    mount.place = in.text();
    adopt.shares.push_back(std::move(mount));
  }
}

AdoptRequest readAdopt(Reader& in) {
  AdoptRequest adopt;
  adopt.id = in.number<std::uint32_t>();
  adopt.memory = in.number<std::uint64_t>();
  adopt.tmpSize = in.number<std::uint64_t>();
  if (in.flag()) adopt.code = in.digest();
  const auto layers = in.number<std::uint8_t>();
  if (layers > maximumLayers) {
    in.fail();
    return adopt;
  }
  for (unsigned i = 0; i < layers; ++i) adopt.layers.push_back(in.digest());
  readShares(in, adopt);
  adopt.privateNetworks = in.number<std::uint32_t>();
  adopt.onlyPrivate = in.flag();
  return adopt;
}

ForkRequest readFork(Reader& in) {
  ForkRequest fork;
  fork.id = in.number<std::uint32_t>();
  fork.zygote = in.number<std::uint8_t>();
  return fork;
}

VisitRequest readVisit(Reader& in) {
  VisitRequest visit;
  visit.id = in.number<std::uint32_t>();
  visit.terminal = in.flag();
  return visit;
}

Ready readReady(Reader& in) {
  Ready ready;
  const auto count = in.number<std::uint8_t>();
  if (count > maximumShortcomings) in.fail();
  for (unsigned i = 0; i < count && i < maximumShortcomings; ++i)
    ready.shortcomings.push_back(in.text());
  return ready;
}

Created readCreated(Reader& in) {
  Created created;
  created.id = in.number<std::uint32_t>();
  created.uid = in.number<std::uint32_t>();
  created.files = in.number<std::uint8_t>();
  return created;
}

Ended readEnded(Reader& in) {
  Ended ended;
  ended.id = in.number<std::uint32_t>();
  ended.status = in.number<std::int32_t>();
  ended.oom = in.flag();
  return ended;
}

VisitEnded readVisitEnded(Reader& in) {
  VisitEnded ended;
  ended.visit = in.number<std::uint32_t>();
  ended.status = in.number<std::int32_t>();
  return ended;
}

}  // namespace

std::string encode(const Request& request) {
  Writer out;
  out.number(request.sequence);
  std::visit(RequestWriter{out}, request.body);
  return out.take();
}

std::string encode(const Reply& reply) {
  Writer out;
  out.number(reply.sequence);
  std::visit(ReplyWriter{out}, reply.body);
  return out.take();
}

std::expected<Request, std::string> decodeRequest(std::span<const std::byte> bytes) {
  Reader in(bytes);
  Request request;
  request.sequence = in.number<std::uint32_t>();
  switch (in.number<std::uint8_t>()) {
    case std::to_underlying(RequestKind::create):
      request.body = CreateRequest{in.flag()};
      break;
    case std::to_underlying(RequestKind::adopt):
      request.body = readAdopt(in);
      break;
    case std::to_underlying(RequestKind::socket):
      request.body = SocketRequest{in.number<std::uint32_t>()};
      break;
    case std::to_underlying(RequestKind::destroy):
      request.body = DestroyRequest{in.number<std::uint32_t>()};
      break;
    case std::to_underlying(RequestKind::fork):
      request.body = readFork(in);
      break;
    case std::to_underlying(RequestKind::visit):
      request.body = readVisit(in);
      break;
    case std::to_underlying(RequestKind::dismiss):
      request.body = DismissRequest{in.number<std::uint32_t>()};
      break;
    default:
      return std::unexpected("unknown kind of request");
  }
  if (!in.intact())
    return std::unexpected("the request is cut off, too long or holds a value out of range");
  return request;
}

std::expected<Reply, std::string> decodeReply(std::span<const std::byte> bytes) {
  Reader in(bytes);
  Reply reply;
  reply.sequence = in.number<std::uint32_t>();
  switch (in.number<std::uint8_t>()) {
    case std::to_underlying(ReplyKind::ready):
      reply.body = readReady(in);
      break;
    case std::to_underlying(ReplyKind::created):
      reply.body = readCreated(in);
      break;
    case std::to_underlying(ReplyKind::done):
      reply.body = Done{};
      break;
    case std::to_underlying(ReplyKind::adopted):
      reply.body = Adopted{in.number<std::uint64_t>()};
      break;
    case std::to_underlying(ReplyKind::failed):
      reply.body = Failed{in.text()};
      break;
    case std::to_underlying(ReplyKind::refused):
      reply.body = Refused{in.text()};
      break;
    case std::to_underlying(ReplyKind::ended):
      reply.body = readEnded(in);
      break;
    case std::to_underlying(ReplyKind::visiting):
      reply.body = Visiting{in.number<std::uint32_t>()};
      break;
    case std::to_underlying(ReplyKind::visitEnded):
      reply.body = readVisitEnded(in);
      break;
    default:
      return std::unexpected("unknown kind of reply");
  }
  if (!in.intact())
    return std::unexpected("the reply is cut off, too long or holds a value out of range");
  return reply;
}

}  // namespace openfc::sandbox::launcher
