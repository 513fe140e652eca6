#include "observe/segment_logs.h"

#include "base/encoding.h"
#include "base/id.h"
#include "base/manual_loop.h"
#include "observe/log_segment.h"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

namespace openfc::observe {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class SegmentLogsTest : public testing::Test {
public:
  ~SegmentLogsTest() override { fs::remove_all(root_); }

protected:
  SegmentLogsTest() { fs::create_directories(root_); }

  static Task<> keep(SegmentLogs* logs, LogQuery query,
                     std::optional<std::vector<LogRecord>>* out) {
    *out = co_await logs->read(std::move(query));
  }

  /// Starts a read and turns the loop until it has ended.
  std::vector<LogRecord> read(SegmentLogs& logs, LogQuery query) {
    query.accountId = "1";
    query.serviceName = "s";
    query.functionName = "f";
    std::optional<std::vector<LogRecord>> out;
    spawn(keep(&logs, std::move(query), &out), "read");
    while (!out) {
      loop_.run();
      std::this_thread::yield();
    }
    return *out;
  }

  fs::path root_ = fs::temp_directory_path() / ("openfc-logs-" + toHex(randomBytes(8)));
  ManualLoop loop_;
  Workers workers_{1};
};

TEST_F(SegmentLogsTest, GivesBackWhatWasAppendedInOrder) {
  SegmentLogs logs(root_, loop_, workers_, loop_);
  auto& stream = logs.stream("1", "s", "f");
  logs.append(stream, {.instanceId = "c-1", .requestId = "r-1", .text = "one"});
  logs.append(stream, {.instanceId = "c-1", .requestId = "r-2", .text = "two"});

  const auto all = read(logs, {});
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].text, "one");
  EXPECT_EQ(all[1].requestId, "r-2");
  EXPECT_LT(all[0].cursor, all[1].cursor);

  const auto later = read(logs, {.after = all[0].cursor});
  ASSERT_EQ(later.size(), 1u);
  EXPECT_EQ(later[0].text, "two");
  EXPECT_EQ(read(logs, {.requestId = "r-1"}).size(), 1u);
  EXPECT_EQ(read(logs, {.contains = "w"}).size(), 1u);
}

TEST_F(SegmentLogsTest, TellsVersionsApart) {
  SegmentLogs logs(root_, loop_, workers_, loop_);
  auto& stream = logs.stream("1", "s", "f");
  logs.append(stream, {.instanceId = "c-1", .requestId = "r-1", .text = "current"});
  logs.append(stream,
              {.instanceId = "c-2", .requestId = "r-2", .text = "frozen", .versionId = "12"});

  EXPECT_EQ(read(logs, {}).size(), 2u);
  const auto frozen = read(logs, {.versionId = "12"});
  ASSERT_EQ(frozen.size(), 1u);
  EXPECT_EQ(frozen[0].text, "frozen");
  EXPECT_EQ(frozen[0].instanceId, "c-2");
  EXPECT_EQ(frozen[0].requestId, "r-2");
  EXPECT_EQ(frozen[0].versionId, "12");
  const auto current = read(logs, {.versionId = "LATEST"});
  ASSERT_EQ(current.size(), 1u);
  EXPECT_EQ(current[0].text, "current");
}

TEST_F(SegmentLogsTest, SurvivesARestart) {
  {
    SegmentLogs logs(root_, loop_, workers_, loop_);
    logs.append(logs.stream("1", "s", "f"), {.text = "before"});
    read(logs, {});
  }
  SegmentLogs logs(root_, loop_, workers_, loop_);
  logs.append(logs.stream("1", "s", "f"), {.text = "after"});

  const auto all = read(logs, {});

  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1].text, "after");
}

TEST_F(SegmentLogsTest, KeepsNoMoreBytesThanItMay) {
  SegmentLogs logs(root_, loop_, workers_, loop_, {.segmentBytes = 100, .bytes = 1000});
  std::uintmax_t largest = 0;
  for (int i = 0; i < 40; ++i) {
    logs.append(logs.stream("1", "s", "f"), {.text = std::string(90, 'x') + std::to_string(i)});
    read(logs, {});
    std::uintmax_t bytes = 0;
    for (const auto& file : fs::directory_iterator(root_ / "1" / "s" / "f"))
      bytes += file.file_size();
    largest = std::max(largest, bytes);
  }

  EXPECT_GT(largest, 500u);
  EXPECT_LE(largest, 1000u + 300u);  // and the segment being written
  EXPECT_TRUE(read(logs, {}).back().text.ends_with("x39"));
}

TEST(LogSegment, DetectsDamage) {
  std::string bytes;
  encode(bytes, {.cursor = 1, .text = "good"});
  encode(bytes, {.cursor = 2, .text = "bad"});
  bytes.back() ^= 1;

  std::vector<LogRecord> seen;
  const auto unread = decode(bytes, [&](LogRecord record) {
    seen.push_back(std::move(record));
    return true;
  });

  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].text, "good");
  EXPECT_GT(unread, 0u);
}

}  // namespace
}  // namespace openfc::observe
