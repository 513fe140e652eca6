#pragma once

#include "base/byte_budget.h"
#include "base/task.h"
#include "net/stream.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace openfc::http {

struct Header {
  std::string name;  // as received, or exactly as it shall be sent
  std::string value;
};

/// Headers in order; names compare without case.
class Headers {
public:
  /// First value of `name`; nothing = absent.
  std::optional<std::string_view> find(std::string_view name) const;
  bool has(std::string_view name) const { return find(name).has_value(); }
  void add(std::string name, std::string value);
  /// Replaces every header of that name.
  void set(std::string name, std::string value);
  void remove(std::string_view name);
  void clear() { all_.clear(); }
  const std::vector<Header>& all() const { return all_; }

private:
  std::vector<Header> all_;
};

struct Request {
  std::string method;  // upper case as received
  std::string target;  // raw, as on the request line
  Headers headers;
  /// Sent behind `headers`: what headerLines() made once for many requests; null = nothing. Only
  /// for clients of this room.
  std::shared_ptr<const std::string> madeLines;
  std::string
      body;  // only filled by clients of this room; a server's handler reads Exchange::body()
  /// What the body is counted in until it is sent, and then the answer's; null = nothing is
  /// counted. Only for Connection.
  std::shared_ptr<ByteBudget::Share> bytes;

  std::string_view rawPath() const;   // up to '?'
  std::string_view rawQuery() const;  // behind '?', "" when absent
};

/// A body that is produced piece by piece, e.g. a package download or an HTTP trigger's answer.
class BodySource {
public:
  virtual ~BodySource() = default;
  /// Length when known beforehand; else the body is sent chunked.
  virtual std::optional<std::uint64_t> length() const = 0;
  /// The next piece; empty = the end. Throwing breaks the connection (a client then sees a
  /// truncated body).
  virtual Task<std::string> next() = 0;
};

struct Response {
  int status = 200;
  Headers headers;  // without Content-Length, Transfer-Encoding, Connection, Date: the server's
  std::string body;
  std::unique_ptr<BodySource> source;        // instead of `body`
  std::shared_ptr<ByteBudget::Share> bytes;  // that the body is counted in until it is sent
};

}  // namespace openfc::http
