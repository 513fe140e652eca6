#include "observe/audit.h"

#include "base/encoding.h"
#include "base/id.h"
#include "base/manual_loop.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <sstream>
#include <thread>

namespace openfc::observe {
namespace {

namespace fs = std::filesystem;

std::string contentOf(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// No file of this process may grow beyond `bytes`: what a full disk is to a writer.
class FileSizeLimit {
public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

private:
  void (*handler_)(int);
  rlimit before_{};
};

class AuditTest : public testing::Test {
public:
  ~AuditTest() override { fs::remove_all(root_); }

protected:
  AuditTest() { fs::create_directories(root_); }

  static Task<> put(Audit* audit, AuditRecord record, int* ended) {
    co_await audit->write(std::move(record));
    ++*ended;
  }
  void write(Audit& audit, const std::vector<AuditRecord>& records) {
    int ended = 0;
    for (const AuditRecord& record : records) spawn(put(&audit, record, &ended), "write");
    while (ended < static_cast<int>(records.size())) {
      loop_.run();
      std::this_thread::yield();
    }
    loop_.run();
  }
  AuditRecord record(const std::string& id, bool known = true) const {
    return {.time = loop_.now(), .requestId = id, .operation = "UpdateService", .known = known};
  }
  fs::path file(const std::string& name) const { return root_ / "audit" / (name + ".jsonl"); }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(root_ / "audit")) {
      names.push_back(entry.path().stem());
    }
    std::ranges::sort(names);
    return names;
  }

  fs::path root_ = fs::temp_directory_path() / ("openfc-audit-" + toHex(randomBytes(8)));
  ManualLoop loop_;
  Metrics metrics_;
};

TEST_F(AuditTest, WritesALineThatSaysWhoDidWhatToWhat) {
  EXPECT_EQ(auditLine({.time = loop_.now(),
                       .requestId = "r",
                       .operation = "UpdateService",
                       .resource = "acs:fc:cn-hangzhou:1:services/\"s",
                       .known = true,
                       .accountId = "1",
                       .accessKeyId = "key",
                       .role = "acs:ram::1:role/writer",
                       .session = "s/f",
                       .sourceIp = "10.0.0.1",
                       .status = 200,
                       .document = "service/1/s",
                       .oldEtag = "old",
                       .newEtag = "new"}),
            R"({"time":"2022-03-01T08:00:00.000Z","requestId":"r","operation":"UpdateService",)"
            R"("resource":"acs:fc:cn-hangzhou:1:services/\"s","accountId":"1","accessKeyId":"key",)"
            R"("role":"acs:ram::1:role/writer","session":"s/f","sourceIp":"10.0.0.1","status":200,)"
            R"("document":"service/1/s","oldEtag":"old","newEtag":"new"})"
            "\n");
}

TEST_F(AuditTest, NeverCallsAClaimedKeyTheCallers) {
  const std::string line = auditLine(
      {.time = loop_.now(), .accessKeyId = "key", .status = 403, .errorCode = "AccessDenied"});

  EXPECT_NE(line.find(R"("claimedAccessKeyId":"key")"), std::string::npos) << line;
  EXPECT_NE(line.find(R"("errorCode":"AccessDenied")"), std::string::npos) << line;
}

TEST_F(AuditTest, KeepsLinesInFilesOfTheServersUserOnly) {
  Audit audit(root_ / "audit", loop_, metrics_);

  write(audit, {record("a"), record("b"), record("c", false)});

  EXPECT_EQ(files(), (std::vector<std::string>{"calls-0000000001", "strangers-0000000001"}));
  EXPECT_EQ(contentOf(file("calls-0000000001")), auditLine(record("a")) + auditLine(record("b")));
  EXPECT_EQ(contentOf(file("strangers-0000000001")), auditLine(record("c", false)));
  struct stat status{};
  ASSERT_EQ(::stat(file("calls-0000000001").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  ASSERT_EQ(::stat((root_ / "audit").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
}

TEST_F(AuditTest, GoesOnBehindATornLine) {
  fs::create_directories(root_ / "audit");
  std::ofstream(file("calls-0000000007")) << R"({"time":"20)";
  Audit audit(root_ / "audit", loop_, metrics_);

  write(audit, {record("a")});

  EXPECT_EQ(contentOf(file("calls-0000000007")), "{\"time\":\"20\n" + auditLine(record("a")));
}

TEST_F(AuditTest, RemovesTheOldestFilesAndNoneOfTheOtherKind) {
  const std::uint64_t size = auditLine(record("a")).size();
  Audit audit(root_ / "audit", loop_, metrics_,
              {.segmentBytes = size, .maxBytes = 3 * size, .strangersBytes = 4 * size});
  write(audit, {record("x")});

  for (int i = 0; i < 9; ++i) write(audit, {record("s", false)});
  EXPECT_EQ(files().front(), "calls-0000000001");
  EXPECT_EQ(files().size(), 1u + 4u);

  for (int i = 0; i < 4; ++i) write(audit, {record("a")});
  EXPECT_EQ(files().front(), "calls-0000000003");
  EXPECT_EQ(files().size(), 3u + 4u);
}

TEST_F(AuditTest, TellsHowManyLinesAreLost) {
  Audit audit(root_ / "audit", loop_, metrics_);
  write(audit, {record("a")});
  {
    const FileSizeLimit full(auditLine(record("a")).size() + 10);
    write(audit, {record("b")});
    write(audit, {record("c")});
  }
  EXPECT_EQ(contentOf(file("calls-0000000001")), auditLine(record("a")));
  EXPECT_NE(metrics_.render().find("fc_audit_lines_lost_total 2"), std::string::npos);

  write(audit, {record("d")});

  EXPECT_EQ(contentOf(file("calls-0000000001")),
            auditLine(record("a")) + "{\"lostLines\":2}\n" + auditLine(record("d")));
  EXPECT_NE(metrics_.render().find("fc_audit_lines_total 2"), std::string::npos);
}

TEST_F(AuditTest, RefusesADirectoryThatIsNone) {
  std::ofstream(root_ / "audit") << "a file";

  EXPECT_THROW(Audit(root_ / "audit", loop_, metrics_), std::system_error);
}

}  // namespace
}  // namespace openfc::observe
