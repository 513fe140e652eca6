#include "http/parser.h"

#include "http/chunk_decoder.h"
#include "http/head_scan.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <limits>

namespace openfc::http {
namespace {

namespace beast = boost::beast;
using Failed = boost::system::error_code;
using Text = beast::string_view;

std::string_view toStd(Text text) { return {text.data(), text.size()}; }

/// Beast's grammar of a head, writing where this room wants it: no fields container in between.
/// Bodies do not pass here.
template <bool isRequest>
class Grammar final : public beast::http::basic_parser<isRequest> {
public:
  using Head = std::conditional_t<isRequest, Request, Response>;
  using Base = beast::http::basic_parser<isRequest>;

  Grammar(Head& head, FramingRules& rules) : head_(head), rules_(rules) {
    this->header_limit(std::numeric_limits<std::uint32_t>::max());  // HeadScan has counted
    this->body_limit(boost::none);                                  // the reader counts
  }

  bool http11() const { return version_ == 11; }

private:
  using Base::on_body_init_impl;

  void on_request_impl(beast::http::verb, Text method, Text target, int version, Failed&) override {
    version_ = version;
    if constexpr (isRequest) {
      head_.method.assign(method.data(), method.size());
      head_.target.assign(target.data(), target.size());
    }
  }
  void on_response_impl(int status, Text, int version, Failed&) override {
    version_ = version;
    if constexpr (!isRequest) head_.status = status;
  }
  void on_field_impl(beast::http::field, Text name, Text value, Failed&) override {
    rules_.see(toStd(name), toStd(value));
    head_.headers.add(std::string(name.data(), name.size()),
                      std::string(value.data(), value.size()));
  }
  void on_header_impl(Failed&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Failed&) override {}
  std::size_t on_body_impl(Text body, Failed&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t, Text, Failed&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, Text body, Failed&) override { return body.size(); }
  void on_finish_impl(Failed&) override {}

  Head& head_;
  FramingRules& rules_;
  int version_ = 11;
};

/// What both parsers share: scan, grammar, rules of one message.
template <bool isRequest>
struct Machine {
  explicit Machine(std::size_t maxHeaderBytes) : scan(maxHeaderBytes) {}

  HeadScan scan;
  FramingRules rules;
  ChunkDecoder chunks;
  std::optional<Grammar<isRequest>> grammar;

  Grammar<isRequest>& restart(Grammar<isRequest>::Head& head) {
    head.headers.clear();
    rules.restart();
    chunks.restart();
    return grammar.emplace(head, rules);
  }
};

/// Whether the first line is a request line but for its version, e.g. "PRI * HTTP/2.0".
bool namesOtherVersion(std::string_view head) {
  const std::string_view line = head.substr(0, head.find('\r'));
  const std::size_t version = line.rfind(" HTTP/");
  if (version == std::string_view::npos || line.size() != version + 9) return false;
  const auto digit = [&line](std::size_t at) { return line[at] >= '0' && line[at] <= '9'; };
  return digit(line.size() - 3) && digit(line.size() - 1) && std::ranges::count(line, ' ') == 2;
}

BadMessage explain(const Failed& failed, std::string_view head) {
  using Error = beast::http::error;
  struct Row {
    Error error;
    std::string_view reason;
  };
  static constexpr Row rows[] = {
      {Error::bad_method, "the method is malformed"},
      {Error::bad_target, "the request target is malformed"},
      {Error::bad_version, "the request line is malformed"},
      {Error::bad_field, "a header name is malformed"},
      {Error::bad_value, "a header value is malformed"},
      {Error::bad_content_length, "Content-Length is malformed"},
      {Error::multiple_content_length, "Content-Length is given twice"},
      {Error::bad_transfer_encoding,
       "Transfer-Encoding is malformed, given twice or beside Content-Length"},
  };
  if (failed == Error::bad_version && namesOtherVersion(head)) {
    return {400, "only HTTP/1.0 and HTTP/1.1 are supported"};
  }
  for (const Row& row : rows) {
    if (failed == row.error) return {400, row.reason};
  }
  return {400, "the message is malformed"};
}

/// Runs the grammar over a complete head. `head` is without what precedes the first line.
template <bool isRequest>
std::optional<BadMessage> parseHead(Grammar<isRequest>& grammar, std::string_view head) {
  Failed failed;
  const std::size_t used = grammar.put(boost::asio::const_buffer(head.data(), head.size()), failed);
  if (failed) return explain(failed, head);
  if (!grammar.is_header_done() || used != head.size()) {
    return BadMessage{400, "the message is malformed"};
  }
  return std::nullopt;
}

}  // namespace

struct RequestParser::Impl : Machine<true> {
  using Machine::Machine;
};

RequestParser::RequestParser(std::size_t maxHeaderBytes)
    : impl_(std::make_unique<Impl>(maxHeaderBytes)) {}
RequestParser::~RequestParser() = default;

HeadResult RequestParser::head(std::string_view input, Request& request) {
  const auto size = impl_->scan.find(input);
  if (!size) return std::unexpected(size.error());
  const std::size_t end = size->value_or(0);
  if (end == 0) return std::nullopt;
  Grammar<true>& grammar = impl_->restart(request);
  const std::size_t begin = impl_->scan.begin();
  impl_->scan.restart();
  if (const auto bad = parseHead(grammar, input.substr(begin, end - begin))) {
    return std::unexpected(*bad);
  }
  const bool http11 = grammar.http11();
  if (const auto bad = impl_->rules.checkRequest(request, http11)) return std::unexpected(*bad);
  Framing framing;
  framing.headSize = end;
  framing.http11 = http11;
  framing.keepAlive = grammar.keep_alive();
  framing.length = impl_->rules.length();
  framing.awaitsContinue = http11 && impl_->rules.awaitsContinue();
  if (impl_->rules.chunked()) framing.body = BodyKind::chunked;
  if (framing.length > 0) framing.body = BodyKind::length;
  return framing;
}

std::expected<std::size_t, BadMessage> RequestParser::chunks(std::string_view input,
                                                             std::string& body) {
  return impl_->chunks.feed(input, body);
}

bool RequestParser::complete() const { return impl_->chunks.complete(); }

struct ResponseParser::Impl : Machine<false> {
  using Machine::Machine;
};

ResponseParser::ResponseParser(std::size_t maxHeaderBytes)
    : impl_(std::make_unique<Impl>(maxHeaderBytes)) {}
ResponseParser::~ResponseParser() = default;

HeadResult ResponseParser::head(std::string_view input, std::string_view method,
                                Response& response) {
  const auto size = impl_->scan.find(input);
  if (!size) return std::unexpected(size.error());
  const std::size_t end = size->value_or(0);
  if (end == 0) return std::nullopt;
  Grammar<false>& grammar = impl_->restart(response);
  grammar.skip(method == "HEAD");
  const std::size_t begin = impl_->scan.begin();
  impl_->scan.restart();
  if (const auto bad = parseHead(grammar, input.substr(begin, end - begin))) {
    return std::unexpected(*bad);
  }
  Framing framing;
  framing.headSize = end;
  framing.http11 = grammar.http11();
  framing.length = impl_->rules.length();
  if (const auto bad = impl_->rules.checkLengths(framing.http11)) return std::unexpected(*bad);
  const int status = response.status;
  if (method == "HEAD" || status < 200 || status == 204 || status == 304) {
    framing.body = BodyKind::none;
  } else if (impl_->rules.chunked()) {
    framing.body = BodyKind::chunked;
  } else if (impl_->rules.hasLength()) {
    framing.body = framing.length > 0 ? BodyKind::length : BodyKind::none;
  } else {
    framing.body = BodyKind::untilEnd;
  }
  framing.keepAlive = grammar.keep_alive();
  return framing;
}

std::expected<std::size_t, BadMessage> ResponseParser::chunks(std::string_view input,
                                                              std::string& body) {
  return impl_->chunks.feed(input, body);
}

bool ResponseParser::complete() const { return impl_->chunks.complete(); }

}  // namespace openfc::http
