#include "api/test_api.h"

namespace openfc::api {
namespace {

/// Tells no length, and gives the body in pieces.
class ChunkedExchange final : public http::Exchange {
public:
  ChunkedExchange(http::Request request, std::size_t pieces, std::size_t size)
      : request_(std::move(request)), left_(pieces), size_(size) {}

  const http::Request& request() const override { return request_; }
  std::string_view peerAddress() const override { return "127.0.0.1"; }
  bool encrypted() const override { return false; }
  Task<std::string> body(std::size_t) override {
    throw std::logic_error("the length is not known");
    co_return std::string();
  }
  Task<std::string> piece() override {
    if (left_ == 0) co_return std::string();
    --left_;
    co_return std::string(size_, 'x');
  }
  std::optional<std::uint64_t> declaredLength() const override { return std::nullopt; }
  Task<Upgraded> upgrade(http::Response) override {
    throw std::logic_error("there is no connection to take over");
  }
  void onDisconnect(Loop::Function) override {}

  std::size_t left() const { return left_; }

private:
  http::Request request_;
  std::size_t left_;
  std::size_t size_;
};

class BodyTest : public ApiTest {
protected:
  Answer invoke(ChunkedExchange& exchange) {
    Call call{.requestId = "r", .exchange = exchange};
    call.accountId = "1000";
    Answer answer;
    try {
      answer.response = loop.await(dispatch(Context{parts, call}));
    } catch (const Error& error) {
      answer.error = error;
    }
    return answer;
  }
  static http::Request request() {
    return requestOf(*findOperation("InvokeFunction"),
                     {.path = {{"serviceName", "s"}, {"functionName", "f"}}});
  }
};

TEST_F(BodyTest, OfUnknownLengthIsCountedAsItComes) {
  ChunkedExchange fits(request(), 3, 1000);
  EXPECT_EQ(invoke(fits).status(), 200);
  EXPECT_EQ(invoker.last.event.size(), 3000u);
  EXPECT_EQ(bytes.used(), 3000u);  // the invoker keeps it

  ChunkedExchange beyond(request(), 100, 1u << 20);
  parts.settings.maxEvent = 1u << 30;
  const Answer refused = invoke(beyond);
  EXPECT_EQ(refused.code(), "ResourceExhausted");
  EXPECT_GT(beyond.left(), 30u);
  EXPECT_EQ(bytes.used(), 3000u);
}

TEST_F(BodyTest, OfAFunctionsCodeIsInMemoryOnceAndGivenBackAtTheEnd) {
  createService("s");
  std::string content;
  for (int i = 0; i < 200'000; ++i) content += static_cast<char>(i * 31 + i / 251);
  const std::string zip = package::rawZip("data", content);
  const std::string body =
      R"({"functionName":"f","runtime":"python3","handler":"index.handler","code":{"zipFile":")" +
      toBase64(zip) + "\"}}";

  const Answer answer = call("CreateFunction", {.path = {{"serviceName", "s"}}, .body = body});

  EXPECT_EQ(answer.status(), 200) << answer.message();
  EXPECT_EQ(answer.json().at("codeSize"), zip.size());
  EXPECT_EQ(bytes.used(), 0u);
}

TEST_F(BodyTest, HoldsNothingLargeButCode) {
  createService("s");

  const Answer answer =
      call("CreateFunction",
           {.path = {{"serviceName", "s"}},
            .body = functionBody("f", R"(,"description":")" + std::string(2u << 20, 'x') + "\"")});

  EXPECT_EQ(answer.code(), "EntityTooLarge");
  EXPECT_EQ(answer.message(), "payload size exceeds maximum allowed size (1048576 bytes)");
}

}  // namespace
}  // namespace openfc::api
