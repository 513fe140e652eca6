#include "runtime/frame.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace openfc::runtime {
namespace {

std::string bytesOf(FrameType type, std::uint32_t stream, const std::string& payload,
                    char flags = 0) {
  const auto header = frameHeader(type, stream, payload.size());
  std::string bytes(header.begin(), header.end());
  bytes[5] = flags;
  return bytes + payload;
}

struct Read {
  std::vector<Frame> frames;
  std::string error;
};

/// Feeds the bytes in pieces of at most `step`.
Read readAll(const std::string& bytes, std::size_t step, std::size_t limit) {
  FrameReader reader(limit);
  Read result;
  for (std::size_t at = 0; at < bytes.size();) {
    const auto space = reader.space();
    EXPECT_FALSE(space.empty());
    const std::size_t count = std::min({space.size(), step, bytes.size() - at});
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), count, space.begin());
    reader.received(count);
    at += count;
    while (true) {
      auto next = reader.next();
      if (!next) return result.error = next.error(), result;
      std::optional<Frame>& frame = *next;
      if (!frame) break;
      result.frames.push_back(std::move(*frame));
    }
  }
  return result;
}

TEST(FrameReader, PutsFramesTogetherWhateverPiecesTheyArriveIn) {
  const std::string big(100'000, 'b');
  const std::string bytes =
      bytesOf(FrameType::ready, 0, "") + bytesOf(FrameType::result, 1, "one") +
      bytesOf(FrameType::failure, 2, "{}", handledFlag) + bytesOf(FrameType::result, 3, big) +
      bytesOf(FrameType::result, 4, "") + bytesOf(FrameType::result, 0xffffffff, "last");

  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{5000}, bytes.size()}) {
    const Read read = readAll(bytes, step, 1 << 20);
    ASSERT_EQ(read.error, "");
    ASSERT_EQ(read.frames.size(), 6U) << step;
    EXPECT_EQ(read.frames[0].type, FrameType::ready);
    EXPECT_EQ(read.frames[1].payload, "one");
    EXPECT_EQ(read.frames[2].flags, handledFlag);
    EXPECT_EQ(read.frames[3].payload, big);
    EXPECT_EQ(read.frames[4].payload, "");
    EXPECT_EQ(read.frames[5].stream, 0xffffffff);
    EXPECT_EQ(read.frames[5].payload, "last");
  }
}

TEST(FrameReader, RefusesWhatARuntimeProcessMustNotSend) {
  struct Case {
    std::string bytes;
    std::string error;
  };
  std::string reserved = bytesOf(FrameType::result, 1, "");
  reserved[7] = 1;
  std::string unknown = bytesOf(FrameType::result, 1, "");
  unknown[4] = static_cast<char>(200);
  const Case cases[] = {
      {bytesOf(FrameType::invoke, 1, ""), "frame of type 3"},
      {unknown, "frame of type 200"},
      {reserved, "frame of type 17 with reserved bits"},
      {bytesOf(FrameType::result, 1, "", 1), "frame of type 17 with reserved bits"},
      {bytesOf(FrameType::failure, 1, "", 4), "frame of type 18 with reserved bits"},
      {bytesOf(FrameType::result, 0, ""), "frame of type 17 on stream 0"},
      {bytesOf(FrameType::ready, 1, ""), "frame of type 16 on stream 1"},
      {bytesOf(FrameType::ready, 0, "x"), "frame of type 16 on stream 0"},
      {bytesOf(FrameType::result, 1, std::string(101, 'x')), "frame of 101 bytes, 100 are allowed"},
  };

  for (const Case& one : cases)
    EXPECT_EQ(readAll(one.bytes, one.bytes.size(), 100).error, one.error);
}

TEST(FrameReader, AcceptsAPayloadOfExactlyTheLimit) {
  const Read read = readAll(bytesOf(FrameType::result, 1, std::string(70'000, 'x')), 4096, 70'000);

  ASSERT_EQ(read.frames.size(), 1U);
}

TEST(FrameReader, DoesNotReserveWhatHasOnlyBeenAnnounced) {
  FrameReader reader(1U << 30);
  const auto header = frameHeader(FrameType::result, 1, 1U << 30);

  std::ranges::copy(header, reader.space().begin());
  reader.received(header.size());
  ASSERT_TRUE(reader.next().has_value());

  EXPECT_LE(reader.space().size(), 64U * 1024);
}

/// Reads in pieces what a process sends.
void feed(FrameReader& reader, std::string_view bytes, std::vector<Frame>& frames) {
  while (!bytes.empty()) {
    const auto space = reader.space();
    const std::size_t count = bytes.copy(space.data(), space.size());
    bytes.remove_prefix(count);
    reader.received(count);
    for (auto next = reader.next(); next && *next; next = reader.next())
      frames.push_back(std::move(**next));
  }
}

TEST(FrameReader, CountsALargePayloadAndThrowsAwayWhatHasNoRoom) {
  ByteBudget budget({.total = 100'000, .account = 100'000});
  const auto share = budget.share("a");
  FrameReader reader(1u << 20, [&](std::uint32_t) { return share; });
  std::vector<Frame> frames;

  feed(reader, bytesOf(FrameType::result, 1, std::string(80'000, 'x')), frames);
  const std::uint64_t counted = budget.used();
  feed(reader,
       bytesOf(FrameType::result, 2, std::string(80'000, 'y')) +
           bytesOf(FrameType::result, 3, "small"),
       frames);

  ASSERT_EQ(frames.size(), 3u);
  EXPECT_EQ(frames[0].payload.size(), 80'000u);
  EXPECT_EQ(counted, 80'000u);
  EXPECT_EQ(frames[1].payload, "");
  ASSERT_TRUE(frames[1].refused);
  EXPECT_EQ(frames[1].refused->code(), Code::resourceExhausted);
  EXPECT_EQ(budget.used(), 80'000u);
  EXPECT_EQ(frames[2].payload, "small");
  EXPECT_FALSE(frames[2].refused);
}

}  // namespace
}  // namespace openfc::runtime
