#pragma once

#include "http/message.h"

#include <memory>

namespace openfc::http {

/// A kept-alive HTTP/1.1 client connection over a stream that somebody else connected (the custom
/// runtime's server). Belongs to the stream's loop; one request at a time.
class Connection {
public:
  explicit Connection(std::unique_ptr<net::Stream> stream);
  ~Connection();

  /// Sends `request` (method, target, headers, body; Content-Length is added) and reads the whole
  /// answer. A body above `limit` throws Error{entityTooLarge}, one that `request.bytes` has no
  /// room for its Error; IoError for the transport. HTTP/1.1 rules for HEAD, 204, 304, chunked and
  /// read-until-close bodies.
  Task<Response> roundTrip(Request request, std::size_t limit, SteadyTime deadline);
  /// Whether the last answer lets another request follow on it.
  bool usable() const;
  /// The same, and nothing has come since: an idle connection's end or a stray byte. Asks the
  /// kernel, so it is for the moment of the next request.
  bool reusable() const;
  void close();

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace openfc::http
