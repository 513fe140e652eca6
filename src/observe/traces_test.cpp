#include "observe/traces.h"

#include "base/manual_loop.h"

#include <gtest/gtest.h>

#include <mutex>
#include <semaphore>
#include <stdexcept>
#include <thread>

namespace openfc::observe {
namespace {

using namespace std::chrono_literals;

const std::string jaeger = "http://collector:14268/api/traces";
const std::string otlp = "http://collector:4318/v1/traces";

TEST(SpanContexts, ReadWhatClientsSend) {
  const auto plain = parseSpanContext("5f22f355044a957a:5708b9ec73f9f1f3:1:1");
  ASSERT_TRUE(plain);
  EXPECT_EQ(*plain, (SpanContext{0, 0x5f22f355044a957a, 0x5708b9ec73f9f1f3, 1, 1}));
  const auto wide = parseSpanContext(" 15f22f355044a957a%3A7%3A0%3A3 ");
  ASSERT_TRUE(wide);
  EXPECT_EQ(*wide, (SpanContext{1, 0x5f22f355044a957a, 7, 0, 3}));
  EXPECT_TRUE(wide->sampled());
  EXPECT_FALSE(parseSpanContext("1:2:0:0")->sampled());
}

TEST(SpanContexts, RefuseWhatIsNone) {
  for (const char* text :
       {"", "span", "1:2:3", "1:2:3:4:5", "0:2:3:1", "1:0:3:1", "g:2:3:1", "1:2:3:", "1:2:3:100",
        "111111111111111111111111111111111:2:3:1", "1:11111111111111111:3:1", "-1:2:3:1", "%:2:3:1",
        "00000000000000000000000000000000:2:3:1", "1:2:0:1 x"}) {
    EXPECT_FALSE(parseSpanContext(text)) << text;
  }
}

TEST(SpanContexts, SurviveBeingWritten) {
  EXPECT_EQ(formatSpanContext({0, 0xa, 0xb, 0, 1}), "000000000000000a:000000000000000b:0:1");
  const SpanContext begun = newTrace();
  EXPECT_TRUE(begun.sampled());
  EXPECT_EQ(begun.parentId, 0u);
  EXPECT_EQ(parseSpanContext(formatSpanContext(begun)), begun);
  const SpanContext child = childOf(begun);
  EXPECT_EQ(child.parentId, begun.spanId);
  EXPECT_EQ(child.traceLow, begun.traceLow);
  EXPECT_NE(child.spanId, begun.spanId);
  EXPECT_EQ(parseSpanContext(formatSpanContext(child)), child);
}

/// Records what is posted; answers with `status`, or throws when it is 0.
class Collector {
public:
  int post(const std::string& url, const SpanBatch& batch) {
    {
      const std::lock_guard lock(mutex_);
      ++begun_;
    }
    if (hanging) release.acquire();
    const std::lock_guard lock(mutex_);
    posts_.push_back({url, batch});
    if (status == 0) throw std::runtime_error("fetch " + url + ": refused");
    return status;
  }

  struct Posted {
    std::string url;
    SpanBatch batch;
  };
  std::vector<Posted> posts() {
    const std::lock_guard lock(mutex_);
    return posts_;
  }
  std::size_t begun() {
    const std::lock_guard lock(mutex_);
    return begun_;
  }

  int status = 202;
  bool hanging = false;
  std::counting_semaphore<> release{0};

private:
  std::mutex mutex_;
  std::size_t begun_ = 0;
  std::vector<Posted> posts_;
};

class TracesTest : public testing::Test {
protected:
  Span span(const std::string& name, const std::string& service = "shop") {
    return {.context = {0, 1, 2, 0, 1},
            .service = service,
            .name = name,
            .begin = loop_.steady() - 5ms,
            .end = loop_.steady(),
            .entry = true,
            .failed = false,
            .attributes = {{"fc.function", std::string("f\"")}, {"n", std::int64_t{7}}}};
  }

  /// Turns the loop until `done`.
  void until(const std::function<bool()>& done) {
    while (!done()) {
      loop_.run();
      std::this_thread::yield();
    }
    loop_.run();
  }
  void advance(Duration step) { loop_.advance(step); }
  void close(Duration limit) {
    bool closed = false;
    spawn(closing(&traces_, limit, &closed), "close traces");
    until([&] { return closed; });
  }
  std::uint64_t counted(const std::string& result) {
    return metrics_.counter("fc_trace_spans_total", "", {{"result", result}}).value();
  }

  ManualLoop loop_;
  Collector collector_;
  Metrics metrics_;
  Workers workers_{1};
  Traces traces_{loop_,
                 workers_,
                 loop_,
                 metrics_,
                 [this](const std::string& url, const SpanBatch& batch) {
                   return collector_.post(url, batch);
                 },
                 {.waiting = 8, .endpoints = 2, .batch = 4}};

private:
  static Task<> closing(Traces* traces, Duration limit, bool* closed) {
    co_await traces->close(limit);
    *closed = true;
  }
};

TEST_F(TracesTest, GathersSpansForASecond) {
  traces_.add(jaeger, span("one"));
  advance(600ms);
  traces_.add(jaeger, span("two"));
  advance(399ms);
  EXPECT_EQ(collector_.begun(), 0u);
  advance(1ms);
  until([&] { return counted("sent") == 2; });
  ASSERT_EQ(collector_.posts().size(), 1u);
  EXPECT_EQ(collector_.posts()[0].url, jaeger);
}

TEST_F(TracesTest, SendsAFullBatchAtOnce) {
  for (int i = 0; i < 5; ++i) traces_.add(jaeger, span("s"));
  advance(0ms);
  until([&] { return counted("sent") == 5; });
  EXPECT_EQ(collector_.posts().size(), 2u);
}

TEST_F(TracesTest, KeepsServicesApart) {
  traces_.add(otlp, span("a", "first"));
  traces_.add(otlp, span("b", "second"));
  advance(1s);
  until([&] { return counted("sent") == 2; });
  const auto posts = collector_.posts();
  ASSERT_EQ(posts.size(), 2u);
  EXPECT_NE(posts[0].batch.body.find("first"), std::string::npos);
  EXPECT_EQ(posts[0].batch.body.find("second"), std::string::npos);
}

TEST_F(TracesTest, LeavesAFailedCollectorAloneForAWhile) {
  collector_.status = 0;
  traces_.add(jaeger, span("lost"));
  advance(1s);
  until([&] { return counted("failed") == 1; });
  collector_.status = 202;
  traces_.add(jaeger, span("waits"));
  traces_.add(otlp, span("does not"));
  advance(9s);
  until([&] { return counted("sent") == 1; });
  EXPECT_EQ(collector_.posts().back().url, otlp);
  advance(1s);
  until([&] { return counted("sent") == 2; });
  EXPECT_EQ(collector_.posts().back().url, jaeger);
}

TEST_F(TracesTest, CountsARefusalAsAFailure) {
  collector_.status = 503;
  traces_.add(jaeger, span("lost"));
  advance(1s);
  until([&] { return counted("failed") == 1; });
  EXPECT_EQ(counted("sent"), 0u);
}

TEST_F(TracesTest, HoldsNoMoreThanItsLimit) {
  collector_.hanging = true;
  for (int i = 0; i < 4; ++i) traces_.add(jaeger, span("under way"));
  advance(0ms);
  until([&] { return collector_.begun() == 1; });
  for (int i = 0; i < 9; ++i) traces_.add(jaeger, span("waits"));
  EXPECT_EQ(counted("dropped"), 1u);
  traces_.add(otlp, span("waits"));
  traces_.add("http://third/", span("one endpoint too many"));
  EXPECT_EQ(counted("dropped"), 2u);
  collector_.release.release(8);
  until([&] { return counted("sent") == 12; });
  advance(1s);
  until([&] { return counted("sent") == 13; });
  // What was sent makes room for another endpoint.
  traces_.add("http://third/", span("now"));
  EXPECT_EQ(counted("dropped"), 2u);
  collector_.release.release(8);
  close(1s);
}

TEST_F(TracesTest, SendsTheRestWhenItCloses) {
  traces_.add(jaeger, span("rest"));
  close(1s);
  EXPECT_EQ(counted("sent"), 1u);
  traces_.add(jaeger, span("too late"));
  EXPECT_EQ(counted("dropped"), 1u);
}

TEST_F(TracesTest, DropsTheRestWhenTimeIsUp) {
  collector_.hanging = true;
  for (int i = 0; i < 6; ++i) traces_.add(jaeger, span("s"));
  advance(0ms);
  until([&] { return collector_.begun() == 1; });
  collector_.release.release();
  close(0s);
  EXPECT_EQ(counted("sent"), 4u);
  EXPECT_EQ(counted("dropped"), 2u);
}

TEST_F(TracesTest, WritesJaegersThrift) {
  traces_.add(jaeger, span("InvokeFunction"));
  close(1s);
  const SpanBatch batch = collector_.posts().at(0).batch;
  EXPECT_EQ(batch.contentType, "application/vnd.apache.thrift.binary");
  std::string expected;
  const auto bytes = [&expected](std::initializer_list<int> values) {
    for (const int value : values) expected += static_cast<char>(value);
  };
  const auto text = [&](std::int8_t id, std::string_view value) {
    bytes({11, 0, id, 0, 0, 0, static_cast<int>(value.size())});
    expected += value;
  };
  bytes({12, 0, 1});  // process
  text(1, "shop");
  bytes({0, 15, 0, 2, 12, 0, 0, 0, 1});       // one span
  bytes({10, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1});  // trace, low
  bytes({10, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0});  // trace, high
  bytes({10, 0, 3, 0, 0, 0, 0, 0, 0, 0, 2});  // span
  bytes({10, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0});  // parent
  text(5, "InvokeFunction");
  bytes({8, 0, 7, 0, 0, 0, 1});  // flags
  // 2022-03-01T08:00:00Z less 5 ms, in microseconds
  bytes({10, 0, 8, 0, 0x05, 0xd9, 0x23, 0x8d, 0x39, 0x8c, 0x78});
  bytes({10, 0, 9, 0, 0, 0, 0, 0, 0, 0x13, 0x88});  // 5000 microseconds
  bytes({15, 0, 10, 12, 0, 0, 0, 3});               // three tags
  text(1, "fc.function");
  bytes({8, 0, 2, 0, 0, 0, 0});
  text(3, "f\"");
  bytes({0});
  text(1, "n");
  bytes({8, 0, 2, 0, 0, 0, 3, 10, 0, 6, 0, 0, 0, 0, 0, 0, 0, 7, 0});
  text(1, "span.kind");
  bytes({8, 0, 2, 0, 0, 0, 0});
  text(3, "server");
  bytes({0, 0, 0});
  EXPECT_EQ(batch.body, expected);
}

TEST_F(TracesTest, WritesOtlpJson) {
  Span failed = span("InvokeFunction");
  failed.context.parentId = 0x2a;
  failed.failed = true;
  traces_.add(otlp + "?token=x", failed);
  close(1s);
  const SpanBatch batch = collector_.posts().at(0).batch;
  EXPECT_EQ(batch.contentType, "application/json");
  EXPECT_EQ(
      batch.body,
      R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},)"
      R"("scopeSpans":[{"scope":{"name":"openfc"},"spans":[{"traceId":"00000000000000000000000000000001",)"
      R"("spanId":"0000000000000002","parentSpanId":"000000000000002a","name":"InvokeFunction","kind":2,)"
      R"("startTimeUnixNano":"1646121599995000000","endTimeUnixNano":"1646121600000000000",)"
      R"("attributes":[{"key":"fc.function","value":{"stringValue":"f\""}},{"key":"n","value":{"intValue":"7"}}],)"
      R"("status":{"code":2}}]}]}]})");
}

}  // namespace
}  // namespace openfc::observe
