#include "package/buckets.h"

#include "base/check.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/id.h"
#include "base/manual_loop.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <thread>

namespace openfc::package {
namespace {

namespace fs = std::filesystem;

/// Answers one request with `answer` and keeps what it was asked.
class RecordingServer {
public:
  explicit RecordingServer(std::string answer)
      : answer_(std::move(answer)), socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    check(socket_.get(), "make a socket");
    EXPECT_EQ(bind(socket_.get(), generic, size), 0);
    EXPECT_EQ(listen(socket_.get(), 4), 0);
    getsockname(socket_.get(), generic, &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  RecordingServer(const RecordingServer&) = delete;
  RecordingServer& operator=(const RecordingServer&) = delete;
  ~RecordingServer() {
    shutdown(socket_.get(), SHUT_RDWR);
    thread_.join();
  }
  int port() const { return port_; }
  const std::string& asked() const { return asked_; }  // once the answer has come

private:
  void serve() {
    const Fd connection(accept(socket_.get(), nullptr, nullptr));
    if (!connection) return;
    char byte = 0;
    while (!asked_.ends_with("\r\n\r\n") && read(connection.get(), &byte, 1) == 1) asked_ += byte;
    EXPECT_EQ(write(connection.get(), answer_.data(), answer_.size()),
              static_cast<long>(answer_.size()));
  }

  std::string answer_;
  std::string asked_;
  Fd socket_;
  int port_ = 0;
  std::thread thread_;
};

Task<> keep(Task<std::string> task, std::string* result, std::exception_ptr* failure, bool* ended) {
  try {
    *result = co_await task;
  } catch (...) {
    *failure = std::current_exception();
  }
  *ended = true;
}

Task<> count(Task<std::size_t> task, std::size_t* result, bool* ended) {
  *result = co_await task;
  *ended = true;
}

class BucketTest : public testing::Test {
public:
  ~BucketTest() override { fs::remove_all(root_); }

protected:
  BucketTest() : root_(fs::temp_directory_path() / ("openfc-buckets-" + uuid())) {
    fs::create_directories(root_ / "bucket/dir");
    std::ofstream(root_ / "bucket/dir/code.zip") << "PK-bytes";
    std::ofstream(root_ / "secret") << "secret";
  }

  std::string fetch(const std::string& object, std::uint64_t limit = 1000,
                    const std::string& bucket = "code", const std::string& account = "1000") {
    const http::Outbound outbound(policy_);
    const Buckets buckets(sources_, root_ / "temporary", outbound, loop_, loop_, workers_);
    std::string result;
    std::exception_ptr failure;
    bool ended = false;
    spawn(keep(buckets.fetch(account, bucket, object, limit), &result, &failure, &ended), "test");
    while (!ended) {
      loop_.run();
      std::this_thread::yield();
    }
    if (failure) std::rethrow_exception(failure);
    return result;
  }
  /// "Code: message" of the Error.
  std::string failure(const std::function<void()>& work) {
    try {
      work();
    } catch (const Error& error) {
      return std::string(error.name()) + ": " + error.message();
    }
    return "(none)";
  }
  std::string failureOf(const std::string& object) {
    return failure([&] { fetch(object); });
  }
  void serveFrom(const RecordingServer& server) {
    policy_.allowed = {"127.0.0.1:" + std::to_string(server.port())};
    sources_["code"].source =
        RemoteBucket{.endpoint = "http://127.0.0.1:" + std::to_string(server.port()),
                     .region = "cn-hangzhou",
                     .credentials = {"KEYID", "SECRET"}};
  }

  fs::path root_;
  ManualLoop loop_;
  Workers workers_{1};
  http::OutboundPolicy policy_;
  std::map<std::string, Bucket> sources_ = {
      {"code", {.source = DirectoryBucket{root_ / "bucket"}, .accounts = {"1000", "3000"}}}};
};

TEST_F(BucketTest, ReadsAFileOfADirectory) {
  EXPECT_EQ(fetch("dir/code.zip"), "PK-bytes");
  EXPECT_EQ(fetch("dir/code.zip", 8), "PK-bytes");
}

TEST_F(BucketTest, NamesWhatIsMissing) {
  EXPECT_EQ(failureOf("dir/nothing.zip"),
            "InvalidArgument: object 'dir/nothing.zip' does not exist in bucket 'code'");
  EXPECT_EQ(failureOf("dir"), "InvalidArgument: object 'dir' does not exist in bucket 'code'");
  EXPECT_EQ(failure([this] { fetch("a", 1, "other"); }),
            "InvalidArgument: ossBucketName 'other' is not a bucket of this account");
}

TEST_F(BucketTest, BelongsToItsAccounts) {
  fs::create_directories(root_ / "temporary/1000/1000");
  std::ofstream(root_ / "temporary/1000/1000/up") << "uploaded";

  EXPECT_EQ(fetch("dir/code.zip", 1000, "code", "3000"), "PK-bytes");
  EXPECT_EQ(fetch("1000/up", 1000, "openfc-code-1000", "1000"), "uploaded");
  EXPECT_EQ(failure([this] { fetch("dir/code.zip", 1000, "code", "2000"); }),
            "InvalidArgument: ossBucketName 'code' is not a bucket of this account");
  EXPECT_EQ(failure([this] { fetch("1000/up", 1000, "openfc-code-1000", "2000"); }),
            "InvalidArgument: ossBucketName 'openfc-code-1000' is not a bucket of this account");
  EXPECT_EQ(failure([this] { fetch("1000/up", 1000, "openfc-code-2000", "2000"); }),
            "InvalidArgument: object '1000/up' does not exist in bucket 'openfc-code-2000'");
}

TEST_F(BucketTest, CollectsOldUploadsOfAllAccounts) {
  fs::create_directories(root_ / "temporary/1000/1000");
  fs::create_directories(root_ / "temporary/2000");
  for (const char* name : {"temporary/1000/1000/old", "temporary/1000/young", "temporary/2000/old",
                           "bucket/.openfc-incoming-1", "bucket/old"}) {
    std::ofstream(root_ / name) << "x";
    const bool young = std::string_view(name).ends_with("young");
    const auto age = young ? std::chrono::hours(1) : std::chrono::hours(3);
    const auto then = std::chrono::file_clock::from_sys(loop_.now() - age);
    fs::last_write_time(root_ / name,
                        std::chrono::time_point_cast<fs::file_time_type::duration>(then));
  }
  const http::Outbound outbound(policy_);
  const Buckets buckets(sources_, root_ / "temporary", outbound, loop_, loop_, workers_);

  std::size_t removed = 0;
  bool ended = false;
  spawn(count(buckets.collect(std::chrono::hours(2)), &removed, &ended), "test");
  while (!ended) {
    loop_.run();
    std::this_thread::yield();
  }

  EXPECT_EQ(removed, 2U);
  EXPECT_FALSE(fs::exists(root_ / "temporary/1000/1000/old"));
  EXPECT_TRUE(fs::exists(root_ / "temporary/1000/young"));
  EXPECT_FALSE(fs::exists(root_ / "bucket/.openfc-incoming-1"));
  EXPECT_TRUE(fs::exists(root_ / "bucket/old"));
}

TEST_F(BucketTest, RefusesNamesThatLeaveTheBucket) {
  fs::create_symlink("../../secret", root_ / "bucket/dir/link");
  fs::create_symlink(root_ / "secret", root_ / "bucket/dir/absolute");
  fs::create_symlink("code.zip", root_ / "bucket/dir/inside");

  for (const char* object :
       {"../secret", "dir/../../secret", "/etc/passwd", "", "./dir/code.zip", "\\x"}) {
    EXPECT_TRUE(failureOf(object).starts_with("InvalidArgument: ossObjectName '")) << object;
  }
  for (const char* object : {"dir/link", "dir/absolute"}) {
    EXPECT_TRUE(failureOf(object).ends_with("does not exist in bucket 'code'")) << object;
  }
  EXPECT_EQ(fetch("dir/inside"), "PK-bytes");
}

TEST_F(BucketTest, DoesNotWaitForAFifo) {
  ASSERT_EQ(mkfifo((root_ / "bucket/fifo").c_str(), 0600), 0);

  EXPECT_TRUE(failureOf("fifo").ends_with("does not exist in bucket 'code'"));
}

TEST_F(BucketTest, RefusesWhatIsTooLarge) {
  EXPECT_TRUE(failure([this] {
                fetch("dir/code.zip", 7);
              }).ends_with("object 'dir/code.zip' has more than 7 bytes"));
}

TEST_F(BucketTest, GetsASignedObjectOfAnEndpoint) {
  RecordingServer server("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
  serveFrom(server);

  EXPECT_EQ(fetch("dir/my code+\xe4\xbd\xa0.zip"), "hello");

  const std::string& asked = server.asked();
  EXPECT_TRUE(asked.starts_with("GET /code/dir/my%20code%2B%E4%BD%A0.zip HTTP/1.1\r\n")) << asked;
  const SignableRequest expected = {
      .method = "GET",
      .path = "/code/dir/my%20code%2B%E4%BD%A0.zip",
      .query = "",
      .headers = {{"host", "127.0.0.1:" + std::to_string(server.port())},
                  {"x-amz-content-sha256",
                   "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
                  {"x-amz-date", toAmzDate(loop_.now())}},
      .payloadHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"};
  EXPECT_NE(asked.find("Authorization: " + signV4(expected, {"KEYID", "SECRET"}, "cn-hangzhou")),
            std::string::npos)
      << asked;
}

TEST_F(BucketTest, TellsWhatAnEndpointAnswered) {
  {
    const RecordingServer server(
        "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    serveFrom(server);
    EXPECT_EQ(failureOf("a"), "InvalidArgument: object 'a' does not exist in bucket 'code'");
  }
  {
    const RecordingServer server(
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    serveFrom(server);
    EXPECT_EQ(failureOf("a"), "InvalidArgument: bucket 'code' refuses access to object 'a'");
  }
  {
    const RecordingServer server(
        "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    serveFrom(server);
    EXPECT_THROW(fetch("a"), std::runtime_error);
  }
}

}  // namespace
}  // namespace openfc::package
