#pragma once

#include "net/event_loop.h"

#include <memory>
#include <string>

namespace openfc::net {

/// A certificate chain and its key, both PEM.
struct TlsText {
  std::string certificate;
  std::string privateKey;
};

/// What a TLS server shows: a certificate chain and its key. TLS 1.2 and newer. Thread-safe once
/// made.
class TlsContext {
public:
  /// Reads PEM files. Throws std::runtime_error that names the file and the reason.
  TlsContext(const std::string& certificateFile, const std::string& privateKeyFile);
  /// Of a single certificate. Throws std::runtime_error with the reason.
  explicit TlsContext(const TlsText& text);

  /// Takes an accepted socket; the handshake happens within the first read and its deadline.
  std::unique_ptr<Stream> accept(EventLoop& loop, Fd socket) const;

  struct Impl;

private:
  std::shared_ptr<const Impl> impl_;
};

}  // namespace openfc::net
