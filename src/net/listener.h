#pragma once

#include "base/fd.h"
#include "net/stream.h"

#include <memory>
#include <string>
#include <string_view>

namespace openfc::net {

class Descriptor;
class EventLoop;

/// One accepted connection.
struct Accepted {
  Fd fd;
  std::string address;  // numeric, without port
};

/// A listening TCP socket. Belongs to the loop.
class Listener {
public:
  /// Binds "host:port" or "[v6]:port"; port 0 picks a free one. Throws SystemError, or
  /// std::runtime_error for an address that cannot be read.
  Listener(EventLoop& loop, const std::string& address);
  /// A socket that listens already; non-blocking.
  Listener(EventLoop& loop, Fd listening);
  ~Listener();

  int port() const { return port_; }
  /// The next connection. Throws IoError{closed} after close(), SystemError when the system refuses
  /// (EMFILE …).
  Task<Accepted> accept();
  /// Accepts no more; a waiting accept() fails.
  void close();

private:
  std::shared_ptr<Descriptor> descriptor_;
  int port_ = 0;
};

/// Throws what a Listener would for an address that cannot be read or is not this machine's.
/// Whether its port is free is not looked at.
void checkListenAddress(const std::string& address);

}  // namespace openfc::net
