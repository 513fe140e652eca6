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

  const auto entries = entriesOf(pack(directory.path(), {"*.txt"}).zip);

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

  EXPECT_EQ(pack(first.path(), {}).zip, pack(second.path(), {}).zip);
}

TEST(Pack, FollowsLinksInsideAndRefusesThoseThatLeave) {
  const TemporaryDirectory directory;
  directory.write("real", "x");
  fs::create_symlink("real", directory.path() / "inside");
  EXPECT_EQ(entriesOf(pack(directory.path(), {}).zip).size(), 2u);

  fs::create_symlink("/etc/hostname", directory.path() / "outside");

  EXPECT_THROW(pack(directory.path(), {}), UsageError);
}

TEST(Pack, RefusesAnEmptyDirectory) {
  EXPECT_THROW(pack(TemporaryDirectory().path(), {}), UsageError);
}

TEST(Pack, NeverTakesFilesOfEnvironments) {
  const TemporaryDirectory directory;
  for (const char* name : {"index.py", ".env", "lib/.env", ".env.local", "env.py"})
    directory.write(name, "x");

  EXPECT_EQ(pack(directory.path(), {}).files, (std::vector<std::string>{"env.py", "index.py"}));
}

TEST(Pack, LeavesOutWhatGitDoesButNotDependencies) {
  const TemporaryDirectory directory;
  directory.write(".gitignore", "node_modules\n*.log\n/build/\n");
  directory.write("lib/.gitignore", "!kept.log\n");
  for (const char* name :
       {"index.js", "node_modules/a/index.js", "a.log", "lib/kept.log", "build/x", "lib/build/y"})
    directory.write(name, "x");

  const Package package = pack(directory.path(), {});

  EXPECT_EQ(package.files, (std::vector<std::string>{"index.js", "lib/build/y", "lib/kept.log",
                                                     "node_modules/a/index.js"}));
  EXPECT_EQ(package.ignored, (std::vector<std::string>{"a.log", "build"}));
  EXPECT_EQ(package.ignoreFile, ".gitignore");
}

TEST(Pack, LeavesOutWhatItsOwnIgnoreFileSaysInstead) {
  const TemporaryDirectory directory;
  directory.write(".gitignore", "bootstrap\n");
  directory.write(".fcignore", "tests/\nnode_modules\n");
  for (const char* name : {"bootstrap", "tests/a", "node_modules/a"}) directory.write(name, "x");

  EXPECT_EQ(pack(directory.path(), {}).files, std::vector<std::string>{"bootstrap"});
}

TEST(Detect, TakesARuntimeForPromisesWhereTheHandlerIsAsync) {
  const std::pair<const char*, const char*> cases[] = {
      {"exports.handler = async (event, context) => event;", "nodejs20"},
      {"module.exports.handler = async function (event) {}", "nodejs20"},
      {"async function handler(event) {}\nexports.handler = handler;", "nodejs20"},
      {"module.exports = { async handler(event) {} };", "nodejs20"},
      {"exports.handler = (event, context, callback) => callback(null, event);", "nodejs14"},
      {"async function other() {}\nexports.handler = (e, c, callback) => callback();", "nodejs14"},
  };
  for (const auto& [code, runtime] : cases) {
    const TemporaryDirectory directory;
    directory.write("index.js", code);
    EXPECT_EQ(detect(directory.path()).runtime, runtime) << code;
  }
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
  ASSERT_EQ(requests.size(), 5u);
  EXPECT_EQ(requests[1].target, "/openfc/capabilities");
  EXPECT_EQ(requests[3].method + " " + requests[3].target, "POST /2016-08-15/services");
  EXPECT_EQ(requests[4].method + " " + requests[4].target,
            "POST /2016-08-15/services/svc/functions");
  json::object body = json::parse(requests[4].body).as_object();
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
  ASSERT_EQ(recorder_.requests().size(), 3u);
  EXPECT_EQ(recorder_.requests()[2].method, "PUT");
  EXPECT_EQ(json::parse(recorder_.requests()[2].body).as_object().size(), 1u);
  EXPECT_EQ(json::parse(ran.out).at("functionName").as_string(), "f");
}

TEST_F(DeployTest, ChangesTheRuntimeWhenTheFilesAreOfAnotherKind) {
  resources_["/2016-08-15/services/default/functions/fn"] = R"({"runtime":"nodejs14"})";

  deploy({"-f", "fn", "-q"});

  EXPECT_EQ(json::parse(recorder_.requests().at(2).body).at("runtime").as_string(), "python3");
}

TEST_F(DeployTest, RefusesBeforeItSendsAnything) {
  resources_["/2016-08-15/services/default/functions/fn"] = R"({"runtime":"python3"})";
  const std::pair<std::vector<std::string>, const char*> cases[] = {
      {{"--runtime", "pyhton3"}, "there is no runtime 'pyhton3', did you mean 'python3'?"},
      {{"--runtime", "python3", "--handler", "handler"}, "the handler 'handler' is not FILE.FUNC"},
      {{"-f", "fn", "--initializer", "init"}, "the handler 'init' is not FILE.FUNC"},
      {{"--runtime", "python3", "--handler", "app.main"}, "needs a file app.py"},
      {{"--runtime", "java11", "--handler", "a.b"}, "is not PACKAGE.CLASS::METHOD"},
  };
  for (const auto& [more, told] : cases) {
    const Ran ran = deploy(more);

    EXPECT_EQ(ran.status, 2) << told;
    EXPECT_NE(ran.err.find(told), std::string::npos) << ran.err;
  }
  for (const http::Request& request : recorder_.requests()) EXPECT_EQ(request.method, "GET");
}

TEST_F(DeployTest, RefusesToLeaveOutWhatTheFunctionNeeds) {
  directory_.write(".gitignore", "index.py\n");
  directory_.write("other.txt", "");

  EXPECT_NE(deploy({}).err.find(".gitignore leaves out index.py, which the function needs"),
            std::string::npos);
}

TEST_F(DeployTest, SaysWhatItDoesFromTheFirstSecond) {
  directory_.write(".gitignore", "*.log\n");
  directory_.write("a.log", "");

  const Ran ran = deploy({"-f", "fn"});

  EXPECT_TRUE(ran.err.starts_with("packing " + directory_.path().string() +
                                  "\nleft out by .gitignore: a.log\nuploading less than 0.1 MB\n"))
      << ran.err;
  EXPECT_NE(ran.err.find("(python3, less than 0.1 MB)"), std::string::npos) << ran.err;
}

TEST_F(DeployTest, WarnsOfARuntimeThatCannotRunThere) {
  resources_["/openfc/capabilities"] =
      R"({"runtimes":[{"runtime":"python3","available":true,"note":""},
                      {"runtime":"java11","available":false,"note":"openfc runtime install java11"}]})";

  const Ran java = deploy({"-f", "fn", "--runtime", "java11", "--handler", "a.B::c"});

  EXPECT_EQ(java.status, 0);
  EXPECT_NE(java.err.find("warning: java11 cannot run on the server's machine: openfc runtime "
                          "install java11\n"),
            std::string::npos)
      << java.err;
  EXPECT_EQ(deploy({"-f", "fn"}).err.find("warning"), std::string::npos);
  resources_["/openfc/capabilities"] = R"({"fields":[]})";  // an older server
  EXPECT_EQ(deploy({"-f", "fn"}).status, 0);
}

TEST_F(DeployTest, TellsHowLargeThePackageIsAndMayBe) {
  resources_["/2016-08-15/accountConfigs"] =
      R"({"CodeSizeLimit":"2097152","EnhancedCodeSizeLimit":"4194304"})";
  std::string noise;  // does not shrink
  for (std::uint64_t state = 1; noise.size() < (3u << 20);) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    noise += static_cast<char>(state >> 56);
  }
  directory_.write("noise", noise);

  const Ran inRequest = deploy({"-f", "fn"});
  const Ran inBucket = deploy({"-f", "fn", "--bucket", "code"});

  EXPECT_EQ(inRequest.status, 2);
  EXPECT_NE(inRequest.err.find("3.0 MB; the limit is 2.0 MB; use --bucket BUCKET"),
            std::string::npos)
      << inRequest.err;
  EXPECT_EQ(inBucket.status, 0) << inBucket.err;
  const http::Request put = recorder_.requests().at(recorder_.requests().size() - 4);
  EXPECT_EQ(put.method + " " + put.target, "PUT /code/default/fn.zip");
  EXPECT_TRUE(put.body.starts_with("PK"));
  EXPECT_EQ(json::parse(recorder_.requests().back().body).at("code"),
            json::parse(R"({"ossBucketName":"code","ossObjectName":"default/fn.zip"})"));
}

TEST_F(DeployTest, MovesAnAsyncHandlerToARuntimeInWhichItWorks) {
  resources_["/2016-08-15/services/default/functions/fn"] =
      R"({"runtime":"nodejs14","handler":"index.handler"})";
  const TemporaryDirectory directory;
  directory.write("index.js", "exports.handler = async (event) => event;\n");
  const auto run = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"deploy",     directory.path().string(), "-f", "fn",
                                          "--endpoint", recorder_.endpoint()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return runCommand(arguments, {});
  };

  const Ran moved = run({});
  const Ran kept = run({"--runtime", "nodejs14"});

  EXPECT_EQ(json::parse(recorder_.requests().at(2).body).at("runtime").as_string(), "nodejs20");
  EXPECT_EQ(moved.err.find("warning"), std::string::npos) << moved.err;
  EXPECT_NE(kept.err.find("nodejs14 ignores a returned promise"), std::string::npos) << kept.err;
}

}  // namespace
}  // namespace openfc::cli
