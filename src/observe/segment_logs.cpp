#include "observe/segment_logs.h"

#include "base/check.h"
#include "base/fd.h"
#include "base/log.h"
#include "observe/log_segment.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <ranges>

namespace openfc::observe {

namespace fs = std::filesystem;

class SegmentLogs::Stream {
public:
  std::string account;
  fs::path directory;
  std::uint64_t lastCursor = 0;
  std::uint64_t dropped = 0;
  std::string pending;       // encoded, not yet given to a worker
  std::size_t inFlight = 0;  // bytes that a worker is writing
  bool flushScheduled = false;
  std::string segment;  // file name being appended to
  std::size_t segmentSize = 0;
  std::vector<std::shared_ptr<OneShot<bool>>> readers;  // wait for the next append
  std::vector<std::shared_ptr<OneShot<bool>>> writers;  // wait for the write under way
};

namespace {

std::vector<fs::path> segmentsOf(const fs::path& directory) {
  std::vector<fs::path> found;
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator(directory, failure)) {
    if (entry.path().extension() == ".log") found.push_back(entry.path());
  }
  std::ranges::sort(found);
  return found;
}

void appendToFile(const fs::path& file, std::string_view bytes) {
  const Fd fd(
      static_cast<int>(check(::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600),
                             "open log segment " + file.string())));
  while (!bytes.empty()) {
    const auto written =
        check(::write(fd.get(), bytes.data(), bytes.size()), "write log segment " + file.string());
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string contentOf(const fs::path& file) {
  const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return {};  // removed by rotation in the meantime
  std::string bytes;
  char buffer[64 * 1024];
  ssize_t count = 0;
  while ((count = ::read(fd.get(), buffer, sizeof buffer)) > 0) {
    bytes.append(buffer, static_cast<std::size_t>(count));
  }
  return bytes;
}

/// Keeps the newest segments, as many as have `most` bytes together.
void removeOldest(const fs::path& directory, std::uintmax_t most) {
  std::uintmax_t kept = 0;
  for (const fs::path& segment : std::views::reverse(segmentsOf(directory))) {
    kept += fs::file_size(segment);
    if (kept > most) fs::remove(segment);
  }
}

/// For one more segment.
void makeRoom(const fs::path& directory, std::uintmax_t most) {
  fs::create_directories(directory);
  removeOldest(directory, most);
}

bool wanted(const LogQuery& query, const LogRecord& record) {
  return record.cursor > query.after && record.time >= query.since &&
         (!query.requestId || record.requestId == *query.requestId) &&
         (!query.versionId || record.versionId == *query.versionId) &&
         (!query.contains || record.text.find(*query.contains) != std::string::npos);
}

std::vector<LogRecord> search(const fs::path& directory, const LogQuery& query) {
  std::vector<LogRecord> found;
  const auto segments = segmentsOf(directory);
  for (std::size_t i = 0; i < segments.size() && found.size() < query.limit; ++i) {
    // A segment whose successor starts at or before the cursor holds nothing new.
    if (i + 1 < segments.size() &&
        std::strtoull(segments[i + 1].stem().c_str(), nullptr, 10) <= query.after) {
      continue;
    }
    const std::size_t unread = decode(contentOf(segments[i]), [&](LogRecord record) {
      if (wanted(query, record)) found.push_back(std::move(record));
      return found.size() < query.limit;
    });
    if (unread > 0 && i + 1 < segments.size()) {
      log::warn("log segment is damaged at its end",
                {{"segment", segments[i].string()}, {"bytes", unread}});
    }
  }
  return found;
}

}  // namespace

SegmentLogs::SegmentLogs(fs::path root, Loop& loop, Workers& workers, const Clock& clock,
                         LogLimits limits)
    : root_(std::move(root)), loop_(loop), workers_(workers), clock_(clock), limits_(limits) {}

SegmentLogs::~SegmentLogs() = default;

SegmentLogs::Stream& SegmentLogs::stream(const std::string& accountId,
                                         const std::string& serviceName,
                                         const std::string& functionName) {
  auto& place = streams_[{accountId, serviceName, functionName}];
  if (!place) {
    place = std::make_unique<Stream>();
    place->account = accountId;
    place->directory = root_ / accountId / serviceName / functionName;
  }
  return *place;
}

void SegmentLogs::append(Stream& stream, LogRecord record) {
  if (stream.pending.size() + stream.inFlight > limits_.bufferBytes) {
    ++stream.dropped;
    return;
  }
  if (record.time == Time{}) record.time = clock_.now();
  // Microseconds of the clock, but always ahead of the last: grows over restarts without reading
  // the files.
  const auto clockCursor = static_cast<std::uint64_t>(
      std::chrono::floor<std::chrono::microseconds>(record.time.time_since_epoch()).count());
  record.cursor = stream.lastCursor = std::max(stream.lastCursor + 1, clockCursor);
  encode(stream.pending, record);
  if (stream.dropped > 0) {
    const std::uint64_t dropped = std::exchange(stream.dropped, 0);
    append(stream, {.text = fmt::format("openfc: {} lines were dropped here", dropped)});
  }
  for (auto& reader : std::exchange(stream.readers, {})) {
    loop_.post([reader] { reader->give(true); });
  }
  if (!stream.flushScheduled) scheduleFlush(stream);
}

void SegmentLogs::scheduleFlush(Stream& stream) {
  stream.flushScheduled = true;
  loop_.after(limits_.flushDelay, [this, &stream] {
    stream.flushScheduled = false;
    if (!stream.pending.empty()) spawn(flushStream(stream), "write function log");
  });
}

Task<> SegmentLogs::flushStream(Stream& stream) {
  while (stream.inFlight > 0) {
    auto turn = std::make_shared<OneShot<bool>>();
    stream.writers.push_back(turn);
    co_await *turn;
  }
  if (!stream.pending.empty()) co_await writeOut(stream);
}

Task<> SegmentLogs::writeOut(Stream& stream) {
  std::string bytes = std::exchange(stream.pending, {});
  stream.inFlight = bytes.size();
  const bool fresh = stream.segment.empty() || stream.segmentSize > limits_.segmentBytes;
  if (fresh) {
    stream.segment = fmt::format("{:020}.log", stream.lastCursor);
    stream.segmentSize = 0;
  }
  stream.segmentSize += bytes.size();
  try {
    co_await workers_.run(Lane::logs, stream.account, loop_,
                          [bytes = std::move(bytes), directory = stream.directory,
                           file = stream.directory / stream.segment, fresh, most = limits_.bytes] {
                            if (fresh) makeRoom(directory, most);
                            appendToFile(file, bytes);
                          });
  } catch (const std::exception& failure) {
    log::error("function log lines are lost", {{"reason", failure.what()}});
  }
  stream.inFlight = 0;
  for (auto& writer : std::exchange(stream.writers, {})) writer->give(true);
}

Task<bool> SegmentLogs::news(Stream& stream, Duration wait) {
  auto reader = std::make_shared<OneShot<bool>>();
  stream.readers.push_back(reader);
  const auto timer = loop_.after(wait, [reader] { reader->give(false); });
  const bool arrived = co_await *reader;
  loop_.cancel(timer);
  std::erase(stream.readers, reader);
  co_return arrived;
}

Task<std::vector<LogRecord>> SegmentLogs::read(LogQuery query) {
  Stream& found = stream(query.accountId, query.serviceName, query.functionName);
  const SteadyTime end = clock_.steady() + query.wait;
  while (true) {
    co_await flushStream(found);
    auto records = co_await workers_.run(
        Lane::logs, found.account, loop_,
        [directory = found.directory, query] { return search(directory, query); });
    const SteadyTime now = clock_.steady();
    if (!records.empty() || now >= end) co_return records;
    if (!found.pending.empty()) continue;  // something came while the files were read
    if (!co_await news(found, end - now)) co_return records;
  }
}

Task<> SegmentLogs::flush() {
  for (auto& [key, stream] : streams_) co_await flushStream(*stream);
}

}  // namespace openfc::observe
