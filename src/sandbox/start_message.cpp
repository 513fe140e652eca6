#include "sandbox/start_message.h"

#include "base/check.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <stdexcept>

namespace openfc::sandbox {
namespace {

constexpr std::size_t maximumSize = std::size_t{1} << 20;
constexpr std::size_t maximumStrings = 8192;
constexpr int patience = 5000;  // milliseconds

void addNumber(std::string& out, std::size_t value) {
  for (int i = 0; i < 4; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
}

void addText(std::string& out, const std::string& text) {
  if (text.find('\0') != std::string::npos)
    throw std::runtime_error("start a program: a text holds a zero byte");
  out += text;
  out += '\0';
}

}  // namespace

std::string startMessage(const std::vector<std::string>& argv,
                         const std::vector<std::string>& environment, const std::string& cwd) {
  std::string strings;
  addText(strings, cwd);
  for (const std::string& text : argv) addText(strings, text);
  for (const std::string& text : environment) addText(strings, text);
  if (argv.empty() || argv.size() + environment.size() > maximumStrings ||
      strings.size() >= maximumSize) {
    throw std::runtime_error(
        "start a program: its arguments and environment are too many or too long");
  }
  std::string message;
  addNumber(message, strings.size() + 8);
  addNumber(message, argv.size());
  addNumber(message, environment.size());
  return message + strings;
}

std::string copyMessage() { return std::string("\x9\0\0\0\0\0\0\0\0\0\0\0\0", 13); }

void writeAll(int socket, const std::string& bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t size =
        ::send(socket, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size >= 0) {
      at += static_cast<std::size_t>(size);
      continue;
    }
    if (errno != EAGAIN && errno != EINTR) check(size, "send the start message");
    pollfd writable{socket, POLLOUT, 0};
    if (::poll(&writable, 1, patience) == 0) throw SystemError(ETIMEDOUT, "send the start message");
  }
}

}  // namespace openfc::sandbox
