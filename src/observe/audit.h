#pragma once

#include "base/clock.h"
#include "base/workers.h"
#include "observe/audit_file.h"
#include "observe/metrics.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace openfc::observe {

/// One call that changed something, or was meant to. Holds no secret, and nothing that a body or a
/// query said.
struct AuditRecord {
  Time time;
  std::string requestId;
  std::string operation;    // "UpdateService"
  std::string resource;     // its ARN
  bool known = false;       // whether the caller proved to be who it says
  std::string accountId;    // "" = not known
  std::string accessKeyId;  // of somebody who is not known: what the request claimed
  std::string role;         // ARN of the role that temporary credentials carry; "" = none
  std::string session;      // of the same
  std::string sourceIp;
  int status = 0;
  std::string errorCode;  // "" = it succeeded
  std::string document;   // what was written, as the store names it; "" = nothing
  std::string oldEtag;    // "" = it was not there
  std::string newEtag;    // "" = it is gone
};

/// One JSON object and a line end.
std::string auditLine(const AuditRecord& record);

struct AuditLimits {
  std::uint64_t segmentBytes = 16u << 20;
  std::uint64_t maxBytes = 1u << 30;         // of calls whose caller is known
  std::uint64_t strangersBytes = 64u << 20;  // of the others: strangers cannot push out the former
};

/// The audit log: <directory>/calls-<number>.jsonl, and strangers-<number>.jsonl with the calls of
/// those who did not prove who they are. Lines that wait together are written and synchronized
/// together. Belongs to the loop.
class Audit {
public:
  /// Makes the directory. Throws SystemError when it cannot be written to.
  Audit(const std::filesystem::path& directory, Loop& loop, Metrics& metrics,
        AuditLimits limits = {});

  /// Resumes when the line is on disk, or lost: that is logged, counted
  /// (fc_audit_lines_lost_total), and told by a line of its own as soon as writing works again.
  Task<> write(AuditRecord record);

private:
  struct Stream {
    explicit Stream(AuditFile f) : file(std::move(f)) {}
    AuditFile file;  // the worker's while `writing`
    bool writing = false;
    std::string pending;
    std::vector<std::shared_ptr<OneShot<bool>>> waiters;  // one a line of `pending`
    std::uint64_t lost = 0;                               // since the last line that was written
  };

  Task<> writeOut(Stream& stream);
  Task<std::string> append(Stream& stream, std::string lines);
  void note(Stream& stream, std::size_t lines, const std::string& failure);

  Loop& loop_;
  Stream calls_;
  Stream strangers_;
  Counter& lines_;
  Counter& lost_;
  Workers worker_{1};  // of its own: answers wait for it; ends before what it writes to
};

}  // namespace openfc::observe
