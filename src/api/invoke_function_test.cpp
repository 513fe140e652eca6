#include "api/invoke_function.h"

#include "api/test_api.h"

namespace openfc::api {
namespace {

using Kind = invoke::Outcome::Kind;

class InvokeFunctionTest : public ApiTest {
protected:
  InvokeFunctionTest() {
    invoker.outcome = {.body = "result",
                       .logTail = "FC Invoke End RequestId: r\n",
                       .instanceId = "c-1",
                       .codeChecksum = 11051210869376104954u,
                       .duration = std::chrono::microseconds(12'345),
                       .memoryMb = 34.5,
                       .memorySize = 128};
  }
  Answer invoke(std::vector<http::Header> headers = {}, std::string service = "s") {
    return call("InvokeFunction", {.path = {{"serviceName", service}, {"functionName", "f"}},
                                   .headers = std::move(headers),
                                   .body = "{\"n\":1}"});
  }
};

TEST_F(InvokeFunctionTest, AnswersTheBytesAndTheDocumentedHeaders) {
  const Answer answer = invoke({}, "s.prod");

  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.response.body, "result");
  EXPECT_EQ(answer.header("Content-Type"), "application/octet-stream");
  EXPECT_EQ(answer.header("X-Fc-Code-Checksum"), "11051210869376104954");
  EXPECT_EQ(answer.header("X-Fc-Instance-Id"), "c-1");
  EXPECT_EQ(answer.header("X-Fc-Invocation-Duration"), "12");
  EXPECT_EQ(answer.header("X-Fc-Max-Memory-Usage"), "34.50");
  EXPECT_EQ(answer.header("X-Fc-Invocation-Code-Version"), "LATEST");
  EXPECT_EQ(answer.header("X-Fc-Invocation-Service-Version"), "LATEST");
  for (const char* absent :
       {"X-Fc-Error-Type", "X-Fc-Log-Result", "X-Fc-Stateful-Async-Invocation-Id", "Etag"}) {
    EXPECT_FALSE(answer.response.headers.has(absent)) << absent;
  }
  EXPECT_EQ(invoker.last.accountId, "1000");
  EXPECT_EQ(invoker.last.serviceName, "s");
  EXPECT_EQ(invoker.last.qualifier, "prod");
  EXPECT_EQ(invoker.last.functionName, "f");
  EXPECT_EQ(invoker.last.event, "{\"n\":1}");
  EXPECT_EQ(invoker.last.requestId.size(), 36u);
  EXPECT_FALSE(invoker.last.wantsLog);
}

TEST_F(InvokeFunctionTest, TellsErrorsOfTheFunction) {
  invoker.outcome.kind = Kind::handledError;
  invoker.outcome.contentType = "application/json";
  EXPECT_EQ(invoke().header("X-Fc-Error-Type"), "HandledInvocationError");
  EXPECT_EQ(invoke().header("Content-Type"), "application/json");
  invoker.outcome.kind = Kind::unhandledError;
  invoker.outcome.instanceId = "";

  EXPECT_EQ(invoke().status(), 200);
  EXPECT_EQ(invoke().header("X-Fc-Error-Type"), "UnhandledInvocationError");
  EXPECT_FALSE(invoke().response.headers.has("X-Fc-Instance-Id"));
}

TEST_F(InvokeFunctionTest, HasNoContentTypeWithoutBody) {
  invoker.outcome.body = "";

  EXPECT_FALSE(invoke().response.headers.has("Content-Type"));
}

TEST_F(InvokeFunctionTest, BringsTheLogBackWhenAsked) {
  const Answer answer = invoke({{"x-fc-log-type", "Tail"}});

  EXPECT_TRUE(invoker.last.wantsLog);
  EXPECT_EQ(fromBase64(answer.header("X-Fc-Log-Result")),
            "FC Invoke End RequestId: r\n"
            "Duration: 12.35 ms, Billed Duration: 13 ms, Memory Size: 128 MB, Max Memory Used: "
            "34.50 MB\n");
}

TEST_F(InvokeFunctionTest, KeepsTheLogWithinFourKilobytes) {
  std::string tail;
  while (tail.size() < 4096) tail += "ä";

  const std::string log = withSummary(tail, invoker.outcome);

  EXPECT_LE(log.size(), 4096u);
  EXPECT_GE(log.size(), 4095u);
  EXPECT_TRUE(log.starts_with("ä"));
  EXPECT_TRUE(log.ends_with("Max Memory Used: 34.50 MB\n"));
}

struct HeaderCase {
  std::vector<http::Header> headers;
  std::string message;
};

TEST_F(InvokeFunctionTest, ChecksItsHeaders) {
  const HeaderCase cases[] = {
      {{{"X-Fc-Invocation-Type", "sync"}, {"X-Fc-Log-Type", "none"}}, ""},
      {{{"X-Fc-Invocation-Type", ""},
        {"X-Fc-Log-Type", ""},
        {"X-Fc-Stateful-Async-Invocation-Id", ""}},
       ""},
      {{{"X-Fc-Invocation-Type", "Later"}},
       "InvocationType is set to an invalid value (allowed: Sync | Async, actual: 'Later')"},
      {{{"X-Fc-Log-Type", "Invalid"}},
       "LogType is set to an invalid value (allowed: Tail | None, actual: 'Invalid')"},
      {{{"X-Fc-Invocation-Type", "Async"}, {"X-Fc-Log-Type", "Tail"}},
       "LogType is set to an invalid value (allowed: None, actual: 'Tail')"},
      {{{"X-Fc-Invocation-Type", "async"}},
       "X-Fc-Invocation-Type: Async is not supported by this server (allowed: Sync)"},
      {{{"X-Fc-Stateful-Async-Invocation-Id", "9a"}},
       "X-Fc-Stateful-Async-Invocation-Id doesn't match expected format (allowed: "
       "^[_a-zA-Z][-_a-zA-Z0-9]*$, actual: "
       "'9a')"},
  };

  for (const HeaderCase& expected : cases)
    EXPECT_EQ(invoke(expected.headers).message(), expected.message);
}

TEST_F(InvokeFunctionTest, HandsTracingOn) {
  const Answer answer = invoke({{"X-Fc-Tracing-Opentracing-Span-Context", "span"},
                                {"X-Fc-Tracing-Opentracing-Span-Context-Baggage-Key", "value"},
                                {"X-Fc-Stateful-Async-Invocation-Id", "my-id"}});

  EXPECT_EQ(invoker.last.spanContext, "span");
  EXPECT_EQ(invoker.last.baggage, (std::map<std::string, std::string>{{"key", "value"}}));
  EXPECT_EQ(answer.header("X-Fc-Stateful-Async-Invocation-Id"), "my-id");
}

TEST_F(InvokeFunctionTest, OfRepeatedTracingHeadersTheFirstCountsAsInTheSignature) {
  invoke({{"X-Fc-Tracing-Opentracing-Span-Context", "signed"},
          {"x-fc-tracing-opentracing-span-context", "added"},
          {"X-Fc-Tracing-Opentracing-Span-Context-Baggage-Key", "signed"},
          {"x-fc-tracing-opentracing-span-context-baggage-key", "added"},
          {"uber-trace-id", "other"}});

  EXPECT_EQ(invoker.last.spanContext, "signed");
  EXPECT_EQ(invoker.last.baggage, (std::map<std::string, std::string>{{"key", "signed"}}));
}

TEST_F(InvokeFunctionTest, RefusesTooLargeEvents) {
  parts.settings.maxEvent = 6;

  EXPECT_EQ(invoke().code(), "EntityTooLarge");
  EXPECT_EQ(invoke().message(), "payload size exceeds maximum allowed size (6 bytes)");
}

TEST_F(InvokeFunctionTest, PassesRefusalsOn) {
  invoker.refusal = Error(Code::resourceExhausted, "too many invocations at a time (limit: 1)");

  EXPECT_EQ(invoke().status(), 429);
  EXPECT_EQ(invoke().code(), "ResourceExhausted");
}

TEST_F(InvokeFunctionTest, IsCalledOffWhenTheClientGoes) {
  FakeExchange exchange(requestOf(*findOperation("InvokeFunction"),
                                  {.path = {{"serviceName", "s"}, {"functionName", "f"}}}));
  bool cancelled = false;
  invoker.during = [&](Cancellation& cancellation) {
    exchange.disconnect();
    cancelled = cancellation.cancelled();
    invoker.outcome.kind = Kind::cancelled;
  };

  const Answer answer = run(exchange, "1000");

  EXPECT_TRUE(cancelled);
  EXPECT_EQ(answer.status(), 499);
  EXPECT_FALSE(exchange.disconnect) << "still listens";
}

TEST_F(InvokeFunctionTest, TakesRoomForTheEventBeforeItIsRead) {
  FakeExchange exchange(requestOf(
      *findOperation("InvokeFunction"),
      {.path = {{"serviceName", "s"}, {"functionName", "f"}}, .body = std::string(500, 'x')}));
  const auto others = bytes.take("1000", bytes.limits().account - 400);

  const Answer refused = run(exchange, "1000");
  const bool bodyRead = exchange.bodyRead;
  const Answer otherAccount = run(exchange, "2000");

  EXPECT_EQ(refused.code(), "ResourceExhausted");
  EXPECT_EQ(
      refused.message(),
      "requests and answers of this account on their way have 67108464 bytes; 500 more exceed "
      "its limit of 67108864 (maxAccountBytesInFlight)");
  EXPECT_FALSE(bodyRead);
  EXPECT_EQ(otherAccount.status(), 200);
  ASSERT_TRUE(otherAccount.response.bytes);
  EXPECT_EQ(otherAccount.response.bytes->bytes(), 500u);
}

TEST_F(InvokeFunctionTest, TellsWhenThereIsNoRoomForTheAnswer) {
  invoker.refusal = Error(Code::resourceThrottled, "no room (maxBytesInFlight)");

  EXPECT_EQ(invoke().status(), 503);
  EXPECT_EQ(errorResponse(*invoker.refusal).headers.find("Retry-After"), "1");
}

}  // namespace
}  // namespace openfc::api
