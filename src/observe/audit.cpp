#include "observe/audit.h"

#include "base/check.h"
#include "base/log.h"
#include "base/time_text.h"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace openfc::observe {
namespace {

/// Names of callers and resources come from requests: longer ones only cost space.
constexpr std::size_t maxText = 2048;

void add(std::string& line, std::string_view name, std::string_view value) {
  line += line.empty() ? '{' : ',';
  log::appendJson(line, name);
  line += ':';
  log::appendJson(line, value.substr(0, maxText));
}

void addUnlessEmpty(std::string& line, std::string_view name, std::string_view value) {
  if (!value.empty()) add(line, name, value);
}

/// The directory itself, so that it is known at the start that lines can be kept.
std::filesystem::path made(std::filesystem::path directory) {
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    throw SystemError(errno, "make directory " + directory.string());
  }
  check(::access(directory.c_str(), W_OK | X_OK), "write to directory " + directory.string());
  return directory;
}

}  // namespace

std::string auditLine(const AuditRecord& record) {
  std::string line;
  add(line, "time", toIsoMillis(record.time));
  add(line, "requestId", record.requestId);
  add(line, "operation", record.operation);
  add(line, "resource", record.resource);
  addUnlessEmpty(line, "accountId", record.accountId);
  addUnlessEmpty(line, record.known ? "accessKeyId" : "claimedAccessKeyId", record.accessKeyId);
  addUnlessEmpty(line, "role", record.role);
  addUnlessEmpty(line, "session", record.session);
  add(line, "sourceIp", record.sourceIp);
  line += fmt::format(R"(,"status":{})", record.status);
  addUnlessEmpty(line, "errorCode", record.errorCode);
  addUnlessEmpty(line, "document", record.document);
  addUnlessEmpty(line, "oldEtag", record.oldEtag);
  addUnlessEmpty(line, "newEtag", record.newEtag);
  return line + "}\n";
}

Audit::Audit(const std::filesystem::path& directory, Loop& loop, Metrics& metrics,
             AuditLimits limits)
    : loop_(loop),
      calls_(AuditFile(made(directory), "calls", {limits.segmentBytes, limits.maxBytes})),
      strangers_(AuditFile(
          directory, "strangers",
          {std::min(limits.segmentBytes, limits.strangersBytes / 4), limits.strangersBytes})),
      lines_(metrics.counter("fc_audit_lines_total", "Lines written to the audit log.")),
      lost_(metrics.counter("fc_audit_lines_lost_total",
                            "Lines that the audit log should hold and does not.")) {}

Task<> Audit::write(AuditRecord record) {
  Stream& stream = record.known ? calls_ : strangers_;
  auto written = std::make_shared<OneShot<bool>>();
  stream.pending += auditLine(record);
  stream.waiters.push_back(written);
  if (!stream.writing) spawn(writeOut(stream), "write audit log");
  co_await *written;
}

Task<> Audit::writeOut(Stream& stream) {
  stream.writing = true;
  while (!stream.pending.empty()) {
    std::string lines = std::exchange(stream.pending, {});
    const auto waiters = std::exchange(stream.waiters, {});
    if (stream.lost > 0) lines.insert(0, fmt::format("{{\"lostLines\":{}}}\n", stream.lost));
    const std::string failure = co_await append(stream, std::move(lines));
    note(stream, waiters.size(), failure);
    for (const auto& waiter : waiters) loop_.post([waiter] { waiter->give(true); });
  }
  stream.writing = false;
}

/// What went wrong; "" = nothing.
Task<std::string> Audit::append(Stream& stream, std::string lines) {
  try {
    co_await worker_.run(Lane::logs, "", loop_, [&stream, &lines] { stream.file.append(lines); });
  } catch (const std::exception& error) {
    co_return error.what();
  }
  co_return std::string();
}

/// Keeps count, and tells the operator when losing begins and ends.
void Audit::note(Stream& stream, std::size_t lines, const std::string& failure) {
  if (failure.empty()) {
    lines_.add(lines);
    const auto lost = std::exchange(stream.lost, 0);
    if (lost > 0) log::warn("the audit log is written again", {{"lostLines", lost}});
    return;
  }
  if (stream.lost == 0) log::error("audit log lines are lost", {{"reason", failure}});
  stream.lost += lines;
  lost_.add(lines);
}

}  // namespace openfc::observe
