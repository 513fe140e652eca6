#include "server/house.h"

#include "api/test_api.h"
#include "auth/signer.h"
#include "package/test_zip.h"
#include "scheduler/fake_sandbox.h"
#include "store/test_directory.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>

namespace openfc::server {
namespace {

namespace fs = std::filesystem;

class HouseTest : public testing::Test {
protected:
  HouseTest() {
    Config config;
    config.poolSize = 0;
    fs::create_directories(files_.path() / "packages" / "unpacked");
    house_.emplace(config, files_.path(), 8016, loop_, sandboxes_);
  }

  static http::Request signedRequest(std::string target, std::string body) {
    http::Request request{.method = "POST", .target = std::move(target), .body = std::move(body)};
    const auth::AccessKey key = auth::developmentKey();
    auth::Signer(key.id, key.secret).sign(request, SystemClock().now());
    return request;
  }
  /// Keeps the answer's status.
  Task<> post(std::string target, std::string body, int* status) {
    api::FakeExchange exchange(signedRequest(std::move(target), std::move(body)));
    *status = (co_await house_->handleApi(exchange)).status;
  }
  void run(Task<> task) {
    loop_.post([&] { spawn(runThenStop(std::move(task)), "test"); });
    loop_.run();
  }
  /// Runs the loop until `done` says so.
  void runUntil(std::function<bool()> done) { run(wait(std::move(done))); }

  store::TestDirectory files_;
  scheduler::fake::World world_;
  scheduler::fake::Factory sandboxes_{world_};
  net::EventLoop loop_;
  std::optional<House> house_;

private:
  Task<> runThenStop(Task<> task) {
    co_await task;
    loop_.stop();
  }
  Task<> wait(std::function<bool()> done) {
    while (!done()) co_await sleepFor(loop_, std::chrono::milliseconds(1));
  }
};

std::string manyFiles() {
  constexpr int count = 30'000;
  std::vector<package::TestEntry> entries;
  entries.reserve(count);
  for (int i = 0; i < count; ++i) entries.push_back({.name = std::to_string(i), .content = "x"});
  return package::rawZip(entries);
}

/// Whether a package is being unpacked.
bool unpacking(const fs::path& data) {
  for (const auto& entry : fs::directory_iterator(data / "packages" / "incoming")) {
    if (entry.is_directory() && !fs::is_empty(entry.path())) return true;
  }
  return false;
}

TEST_F(HouseTest, EndsInTheMiddleOfAnUnpackBeforeItsPartsGo) {
  int service = 0;
  run(post("/2016-08-15/services", R"({"serviceName":"s"})", &service));
  ASSERT_EQ(service, 200);
  int function = 0;
  spawn(post("/2016-08-15/services/s/functions",
             R"({"functionName":"f","runtime":"custom","handler":"h","code":{"zipFile":")" +
                 toBase64(manyFiles()) + "\"}}",
             &function),
        "create a function");
  runUntil([this] { return unpacking(files_.path()); });

  run(house_->close());
  runUntil([&function] { return function != 0; });
  house_.reset();

  EXPECT_EQ(function, 500);
  EXPECT_TRUE(fs::is_empty(files_.path() / "packages" / "incoming"));
  EXPECT_TRUE(fs::is_empty(files_.path() / "packages" / "unpacked"));
}

}  // namespace
}  // namespace openfc::server
