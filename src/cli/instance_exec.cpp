// A program in a running instance, as if it ran here (wire-contract 3.5).

#include "base/encoding.h"
#include "base/id.h"
#include "cli/command.h"
#include "cli/target.h"
#include "http/web_socket_frames.h"

#include <boost/json.hpp>

#include <curl/curl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <memory>
#include <optional>

namespace openfc::cli {
namespace {

namespace json = boost::json;
using http::Frame;
using http::FrameKind;

constexpr std::size_t longestFrame = std::size_t{4} << 20;
constexpr int sizeInterval = 500;  // milliseconds between two looks at the terminal's size

/// A connection to the server, encrypted where the endpoint is, over which this program speaks
/// itself.
class Wire {
public:
  explicit Wire(const Settings& settings) : curl_(curl_easy_init(), &curl_easy_cleanup) {
    if (!curl_) throw std::runtime_error("start libcurl: out of memory");
    curl_easy_setopt(curl_.get(), CURLOPT_URL, settings.endpoint.c_str());
    curl_easy_setopt(curl_.get(), CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(curl_.get(), CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl_.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl_.get(), CURLOPT_CONNECTTIMEOUT, 10L);
    curl_easy_setopt(curl_.get(), CURLOPT_PROXY, "");
    if (!settings.authority.empty())
      curl_easy_setopt(curl_.get(), CURLOPT_CAINFO, settings.authority.c_str());
    const CURLcode result = curl_easy_perform(curl_.get());
    if (result != CURLE_OK) lost(settings.endpoint, result);
    curl_easy_getinfo(curl_.get(), CURLINFO_ACTIVESOCKET, &socket_);
  }

  int socket() const { return static_cast<int>(socket_); }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      std::size_t sent = 0;
      const CURLcode result = curl_easy_send(curl_.get(), bytes.data(), bytes.size(), &sent);
      if (result == CURLE_AGAIN) {
        wait(POLLOUT);
      } else if (result != CURLE_OK) {
        lost("the server", result);
      }
      bytes.remove_prefix(sent);
    }
  }

  /// What has come; "" = nothing at this moment. Nothing: the connection has ended.
  std::optional<std::string> receive() {
    std::array<char, 16 << 10> buffer;  // NOLINT: filled by libcurl
    std::size_t count = 0;
    const CURLcode result = curl_easy_recv(curl_.get(), buffer.data(), buffer.size(), &count);
    if (result == CURLE_AGAIN) return "";
    if (result != CURLE_OK || count == 0) return std::nullopt;
    return std::string(buffer.data(), count);
  }

  void wait(short events) const {
    pollfd entry{socket(), events, 0};
    ::poll(&entry, 1, -1);
  }

private:
  [[noreturn]] static void lost(const std::string& whom, CURLcode result) {
    throw Unreachable("no answer from " + whom + ": " + curl_easy_strerror(result),
                      "is the server running? Start it with: openfc serve");
  }

  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl_;
  curl_socket_t socket_ = CURL_SOCKET_BAD;
};

/// Keys go to the program as they are pressed, as long as this lives.
class RawTerminal {
public:
  explicit RawTerminal(int file) : file_(file) {
    ::tcgetattr(file_, &before_);
    termios raw = before_;
    ::cfmakeraw(&raw);
    ::tcsetattr(file_, TCSADRAIN, &raw);
  }
  ~RawTerminal() { ::tcsetattr(file_, TCSADRAIN, &before_); }
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

private:
  int file_;
  termios before_{};
};

std::string sizeOf(int terminal) {
  winsize size{};
  if (::ioctl(terminal, TIOCGWINSZ, &size) != 0) return "";
  return fmt::format(R"({{"Width":{},"Height":{}}})", size.ws_col, size.ws_row);
}

std::string memberOf(const json::value& body, std::string_view name) {
  const json::value* value = body.is_object() ? body.get_object().if_contains(name) : nullptr;
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

/// The session: frames of the server's to this program's output, this program's input to it.
class Conversation {
public:
  Conversation(const Session& session, Wire& wire, bool terminal)
      : session_(session),
        wire_(wire),
        terminal_(terminal),
        in_(::fileno(session.world.in)),
        reader_(http::FrameReader::From::server, longestFrame) {}

  /// The program's exit status. Throws Unreachable.
  int go(const std::string& received) {
    reader_.add(received);
    while (!take()) {
      if (terminal_) tellSize();
      std::array<pollfd, 2> files{pollfd{wire_.socket(), POLLIN, 0}, pollfd{in_, POLLIN, 0}};
      ::poll(files.data(), input_ ? 2 : 1, terminal_ ? sizeInterval : -1);
      if (input_ && files[1].revents != 0) passInput();
      if (files[0].revents == 0) continue;
      const auto bytes = wire_.receive();
      if (!bytes) throw Unreachable("the connection to the server broke", "");
      reader_.add(*bytes);
    }
    return status_;
  }

private:
  /// True: the server has said its last.
  bool take() {
    while (const auto frame = reader_.next()) {
      if (frame->kind == FrameKind::ping) say({.kind = FrameKind::pong, .payload = frame->payload});
      if (frame->kind == FrameKind::close) {
        noteEnd(*frame);
        return true;
      }
      const bool message = frame->kind == FrameKind::binary || frame->kind == FrameKind::text;
      if (message && !frame->payload.empty()) show(frame->payload);
    }
    return false;
  }

  void show(const std::string& payload) {
    std::FILE* to = payload[0] == 1 ? session_.world.out : session_.world.err;
    std::fwrite(payload.data() + 1, 1, payload.size() - 1, to);
    std::fflush(to);
  }

  void noteEnd(const Frame& frame) {
    constexpr std::string_view mark = "exit status ";
    const std::string_view reason =
        std::string_view(frame.payload).substr(std::min<std::size_t>(2, frame.payload.size()));
    say({.kind = FrameKind::close, .payload = frame.payload.substr(0, 2)});
    status_ = -1;
    if (!reason.starts_with(mark)) {
      session_.output.note("the session has ended: " + std::string(reason));
      return;
    }
    std::from_chars(reason.data() + mark.size(), reason.data() + reason.size(), status_);
  }

  void passInput() {
    std::string payload(1, '\0');
    std::array<char, 4096> buffer;  // NOLINT: filled by read
    const ssize_t count = ::read(in_, buffer.data(), buffer.size());
    if (count > 0) payload.append(buffer.data(), static_cast<std::size_t>(count));
    if (count == 0) input_ = false;
    if (count >= 0) say({.kind = FrameKind::text, .payload = std::move(payload)});
  }

  void tellSize() {
    std::string size = sizeOf(in_);
    if (size.empty() || size == size_) return;
    say({.kind = FrameKind::text, .payload = '\4' + size});
    size_ = std::move(size);
  }

  void say(const Frame& frame) {
    const std::string random = randomBytes(4);
    wire_.send(http::toMaskedBytes(frame, {random[0], random[1], random[2], random[3]}));
  }

  const Session& session_;
  Wire& wire_;
  bool terminal_;
  int in_;
  http::FrameReader reader_;
  std::string size_;
  bool input_ = true;
  int status_ = -1;
};

http::Request handshakeOf(const Session& session, bool terminal) {
  const Target target = targetOf(session.arguments);
  http::Request request{
      .method = "GET",
      .target = apiPath({"services", target.service, "functions", target.function, "instances",
                         session.arguments.text("instance"), "exec"})};
  request.target +=
      fmt::format("?tty={0}&stdin=true&stdout=true&stderr={1}&idleTimeout={2}", terminal, !terminal,
                  session.arguments.number("idle-timeout").value_or(600));
  for (const std::string& word : session.arguments.list("command"))
    request.target += "&command=" + percentEncode(word);
  request.headers.add("Upgrade", "websocket");
  request.headers.add("Sec-WebSocket-Version", "13");
  request.headers.add("Sec-WebSocket-Key", toBase64(randomBytes(16)));
  return session.client.signedRequest(std::move(request));
}

void sendHandshake(Wire& wire, const Settings& settings, const http::Request& request) {
  std::string host = settings.endpoint.substr(settings.endpoint.find("://") + 3);
  host.resize(std::min(host.find('/'), host.size()));
  std::string head =
      fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\n", request.target, host);
  for (const http::Header& header : request.headers.all())
    head += fmt::format("{}: {}\r\n", header.name, header.value);
  wire.send(head + "\r\n");
}

/// What came behind the head of the answer. Throws ApiError for a refusal.
std::string takeAnswer(Wire& wire) {
  std::string received;
  std::size_t end = std::string::npos;
  const auto more = [&] {
    wire.wait(POLLIN);
    const auto bytes = wire.receive();
    if (!bytes) return false;
    received += *bytes;
    return true;
  };
  while (end == std::string::npos) {
    if (!more()) throw Unreachable("the server closed the connection without an answer", "");
    end = received.find("\r\n\r\n");
  }
  const std::string head = received.substr(0, end);
  received.erase(0, end + 4);
  if (head.starts_with("HTTP/1.1 101 ")) return received;
  std::error_code failure;
  json::value body = json::parse(received, failure);
  while (failure && more()) body = json::parse(received, failure);
  int status = 0;
  std::from_chars(head.data() + std::min<std::size_t>(9, head.size()), head.data() + head.size(),
                  status);
  throw ApiError(status, memberOf(body, "ErrorCode"), memberOf(body, "ErrorMessage"), "");
}

Exit exec(const Session& session) {
  const int in = ::fileno(session.world.in);
  const bool terminal = session.arguments.has("tty") ||
                        (::isatty(in) != 0 && ::isatty(::fileno(session.world.out)) != 0);
  Wire wire(session.client.settings());
  sendHandshake(wire, session.client.settings(), handshakeOf(session, terminal));
  const std::string received = takeAnswer(wire);
  std::optional<RawTerminal> raw;
  if (terminal && ::isatty(in) != 0) raw.emplace(in);
  const int status = Conversation(session, wire, terminal).go(received);
  raw.reset();
  if (status == 0) return Exit::ok;
  if (status > 0) session.output.note(fmt::format("the program ended with exit status {}", status));
  return Exit::functionError;
}

}  // namespace

void addInstanceExec(std::vector<Command>& rows) {
  rows.push_back(
      {"instance exec",
       "Run a program in a running instance, beside its function",
       {{"target", "The function; the service may be left out [default]", Takes::one, true,
         "SERVICE/FUNCTION"},
        {"instance", "Its id, as `openfc instance list` tells it", Takes::one, true, "INSTANCE"},
        {"command", "The program and its arguments, behind --", Takes::many, true, "COMMAND"},
        {"--qualifier", "Version or alias [LATEST]"},
        {"-t,--tty", "On a terminal, even if this is none", Takes::nothing},
        {"--idle-timeout", "Seconds without a word until it ends [600]", Takes::one, false,
         "SECONDS"}},
       &exec,
       {"openfc instance exec default/hello c-1a2b3c -- ls -l /tmp",
        "openfc instance exec default/hello c-1a2b3c -- bash"}});
}

}  // namespace openfc::cli
