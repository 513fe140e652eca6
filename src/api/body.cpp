#include "api/body.h"

#include "base/error.h"

namespace openfc::api {
namespace {

/// A body whose length nobody has told is counted as it comes.
Task<> receivePieces(Context context, std::size_t limit, Body* body) {
  while (true) {
    const std::string piece = co_await context.call.exchange.piece();
    if (piece.empty()) co_return;
    if (piece.size() > limit - body->bytes.size())
      throw errorOf(Code::entityTooLarge, {std::to_string(limit)});
    body->share->add(piece.size());
    body->bytes += piece;
  }
}

}  // namespace

Task<Body> receiveBody(Context context, std::size_t limit) {
  Body body{.share = context.parts.bytes.share(context.account())};
  const auto declared = context.call.exchange.declaredLength();
  if (!declared) {
    co_await receivePieces(context, limit, &body);
    co_return body;
  }
  if (*declared > limit) throw errorOf(Code::entityTooLarge, {std::to_string(limit)});
  body.share->add(*declared);
  body.bytes = co_await context.call.exchange.body(limit);
  co_return body;
}

}  // namespace openfc::api
