#pragma once

#include "http/message.h"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// Strict parsing of HTTP/1.x messages from bytes to the structs of this room; pure, no input or
/// output. Beast does the grammar; what is added here refuses every message that another parser on
/// the way might delimit differently.
namespace openfc::http {

enum class BodyKind { none, length, chunked, untilEnd };

/// What a head says about the rest of its message and the connection.
struct Framing {
  std::size_t headSize = 0;  // bytes of the input that the head took
  BodyKind body = BodyKind::none;
  std::uint64_t length = 0;  // of BodyKind::length
  bool http11 = true;
  bool keepAlive = true;
  bool awaitsContinue = false;  // the client sends its body after `100 Continue`
};

/// A message that is refused, and how.
struct BadMessage {
  int status = 400;
  std::string_view reason;
};

/// Nothing = the head has not arrived completely.
using HeadResult = std::expected<std::optional<Framing>, BadMessage>;

/// Parses one message after another; head() begins the next one.
class RequestParser {
public:
  explicit RequestParser(std::size_t maxHeaderBytes);
  ~RequestParser();

  /// `input` is everything that has arrived of this message; it may only grow between calls.
  HeadResult head(std::string_view input, Request& request);
  /// Takes what it can of a chunked body, appends the payload to `body` and returns the number of
  /// bytes taken.
  std::expected<std::size_t, BadMessage> chunks(std::string_view input, std::string& body);
  /// Whether the chunked body has ended.
  bool complete() const;

  struct Impl;

private:
  std::unique_ptr<Impl> impl_;
};

/// The same for what a server answers; `102 Processing` and the like are heads of their own without
/// a body.
class ResponseParser {
public:
  explicit ResponseParser(std::size_t maxHeaderBytes);
  ~ResponseParser();

  /// `method` is the request's: the answer to HEAD has no body.
  HeadResult head(std::string_view input, std::string_view method, Response& response);
  std::expected<std::size_t, BadMessage> chunks(std::string_view input, std::string& body);
  bool complete() const;

  struct Impl;

private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace openfc::http
