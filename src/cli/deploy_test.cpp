#include "base/encoding.h"
#include "cli/code_archive.h"
#include "cli/command.h"
#include "cli/recorder.h"
#include "cli/runner.h"

#include <boost/json.hpp>

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include <map>

namespace openfc::cli {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

/// Name → permissions of a ZIP's entries.
std::map<std::string, int> entriesOf(const std::string& zip) {
  std::map<std::string, int> entries;
  archive* reader = archive_read_new();
  archive_read_support_format_zip_seekable(reader);
  EXPECT_EQ(archive_read_open_memory(reader, zip.data(), zip.size()), ARCHIVE_OK);
  archive_entry* entry = nullptr;
  while (archive_read_next_header(reader, &entry) == ARCHIVE_OK) {
    entries[archive_entry_pathname(entry)] = static_cast<int>(archive_entry_perm(entry));
  }
  archive_read_free(reader);
  return entries;
}

TEST(Pack, TakesTheFilesAndNotWhatIsLeftOut) {
  const TemporaryDirectory directory;
  for (const char* name :
       {"index.py", "lib/a.py", "lib/a.txt", ".git/config", "__pycache__/x.pyc", "bootstrap"}) {
    directory.write(name, name);
  }

  const auto entries = entriesOf(pack(directory.path(), {"*.txt"}));

  EXPECT_EQ(entries, (std::map<std::string, int>{
                         {"index.py", 0644}, {"lib/a.py", 0644}, {"bootstrap", 0755}}));
}

TEST(Pack, GivesEqualBytesForEqualFiles) {
  const TemporaryDirectory first;
  const TemporaryDirectory second;
  for (const char* name : {"b", "a", "c/d"}) first.write(name, std::string(100'000, name[0]));
  for (const char* name : {"c/d", "a", "b"}) second.write(name, std::string(100'000, name[0]));
  fs::last_write_time(second.path() / "a",
                      fs::file_time_type::clock::now() - std::chrono::hours(1000));

  EXPECT_EQ(pack(first.path(), {}), pack(second.path(), {}));
}

TEST(Pack, FollowsLinksInsideAndRefusesThoseThatLeave) {
  const TemporaryDirectory directory;
  directory.write("real", "x");
  fs::create_symlink("real", directory.path() / "inside");
  EXPECT_EQ(entriesOf(pack(directory.path(), {})).size(), 2u);

  fs::create_symlink("/etc/hostname", directory.path() / "outside");

  EXPECT_THROW(pack(directory.path(), {}), UsageError);
}

TEST(Pack, RefusesAnEmptyDirectory) {
  EXPECT_THROW(pack(TemporaryDirectory().path(), {}), UsageError);
}

TEST(Detect, KnowsTheRuntimeByItsFile) {
  const std::pair<const char*, const char*> cases[] = {
      {"index.py", "python3"}, {"index.js", "nodejs14"}, {"bootstrap", "custom"}};
  for (const auto& [file, runtime] : cases) {
    const TemporaryDirectory directory;
    directory.write(file, "");
    EXPECT_EQ(detect(directory.path()).runtime, runtime);
  }
  EXPECT_THROW(detect(TemporaryDirectory().path()), UsageError);
}

/// A server that holds what was created, by path.
class DeployTest : public testing::Test {
protected:
  TemporaryDirectory directory_;
  std::map<std::string, std::string> resources_;
  Recorder recorder_{[this](const http::Request& request) { return answer(request); }};

  http::Response answer(const http::Request& request) {
    if (request.method == "GET") {
      const auto found = resources_.find(request.target);
      if (found != resources_.end()) return {.body = found->second};
      return {.status = 404, .body = R"({"ErrorCode":"NotFound","ErrorMessage":"none"})"};
    }
    return {.body = R"({"functionName":"f","runtime":"python3"})"};
  }
  Ran deploy(std::vector<std::string> more) {
    directory_.write("index.py", "def handler(event, context): return event\n");
    std::vector<std::string> arguments = {"deploy", directory_.path().string(), "--endpoint",
                                          recorder_.endpoint()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return runCommand(arguments, {});
  }
};

TEST_F(DeployTest, CreatesServiceAndFunctionThatAreNotThere) {
  const Ran ran = deploy({"-s", "svc", "-f", "fn", "-e", "A=1=2", "-m", "256", "-t", "5"});

  ASSERT_EQ(ran.status, 0) << ran.err;
  const auto& requests = recorder_.requests();
  ASSERT_EQ(requests.size(), 4u);
  EXPECT_EQ(requests[2].method + " " + requests[2].target, "POST /2016-08-15/services");
  EXPECT_EQ(requests[3].method + " " + requests[3].target,
            "POST /2016-08-15/services/svc/functions");
  json::object body = json::parse(requests[3].body).as_object();
  const auto zip = fromBase64(body.at("code").at("zipFile").as_string());
  EXPECT_EQ(entriesOf(zip.value_or("")).count("index.py"), 1u);
  body.erase("code");
  EXPECT_EQ(
      json::value(body),
      json::parse(
          R"({"functionName":"fn","runtime":"python3","handler":"index.handler","memorySize":256,
                            "timeout":5,"environmentVariables":{"A":"1=2"}})"));
  EXPECT_NE(ran.err.find("openfc invoke --endpoint " + recorder_.endpoint() + " svc/fn --event"),
            std::string::npos)
      << ran.err;
}

TEST_F(DeployTest, ChangesOnlyTheCodeOfAFunctionThatRunsTheSameKindOfFiles) {
  resources_["/2016-08-15/services/default/functions/fn"] = R"({"runtime":"python3.10"})";

  const Ran ran = deploy({"-f", "fn", "-o", "json"});

  ASSERT_EQ(ran.status, 0) << ran.err;
  ASSERT_EQ(recorder_.requests().size(), 2u);
  EXPECT_EQ(recorder_.requests()[1].method, "PUT");
  EXPECT_EQ(json::parse(recorder_.requests()[1].body).as_object().size(), 1u);
  EXPECT_EQ(json::parse(ran.out).at("functionName").as_string(), "f");
}

TEST_F(DeployTest, ChangesTheRuntimeWhenTheFilesAreOfAnotherKind) {
  resources_["/2016-08-15/services/default/functions/fn"] = R"({"runtime":"nodejs14"})";

  deploy({"-f", "fn", "-q"});

  EXPECT_EQ(json::parse(recorder_.requests().at(1).body).at("runtime").as_string(), "python3");
}

}  // namespace
}  // namespace openfc::cli
