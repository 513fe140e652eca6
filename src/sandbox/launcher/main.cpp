#include "base/check.h"
#include "base/fd.h"
#include "base/log.h"
#include "sandbox/launcher/launcher.h"
#include "sandbox/launcher/options.h"
#include "sandbox/packet_socket.h"

#include <fcntl.h>

#include <cerrno>
#include <exception>
#include <optional>
#include <span>

namespace {

namespace launcher = openfc::sandbox::launcher;

/// The server waits for the first message: tells it why there will be none.
void explain(int socket, const std::exception& failure) {
  try {
    launcher::sendPacket(socket,
                         launcher::encode(launcher::Reply{0, launcher::Failed{failure.what()}}), {},
                         launcher::Wait::no);
  } catch (const std::exception& unsent) {
    openfc::log::error("cannot tell the server", {{"reason", unsent.what()}});
  }
}

int serve(const launcher::Options& options) {
  std::optional<launcher::Launcher> instance;
  // The launcher owns the socket, and closes it when it cannot be made.
  openfc::Fd voice(::fcntl(options.socket, F_DUPFD_CLOEXEC, 0));
  try {
    instance.emplace(options);
  } catch (const std::exception& failure) {
    explain(voice.get(), failure);
    throw;
  }
  voice.reset();
  try {
    instance->run();
  } catch (const openfc::SystemError& failure) {
    // The server ended while we were telling it something.
    if (failure.error() != EPIPE && failure.error() != ECONNRESET) throw;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return serve(launcher::parseOptions(std::span(argv + 1, static_cast<std::size_t>(argc - 1))));
  } catch (const std::exception& failure) {
    openfc::log::error("the launcher cannot go on", {{"reason", failure.what()}});
    return 1;
  }
}
