#include "package/packages.h"

#include "base/check.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/id.h"
#include "base/manual_loop.h"
#include "package/test_zip.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <thread>

namespace openfc::package {
namespace {

namespace fs = std::filesystem;

template <class T>
Task<> keep(Task<T> task, std::optional<T>* result, std::exception_ptr* failure) {
  try {
    *result = co_await task;
  } catch (...) {
    *failure = std::current_exception();
  }
}

Task<bool> answering(Task<> task) {
  co_await task;
  co_return true;
}

class PackageStore : public testing::Test {
public:
  ~PackageStore() override {
    packages_.reset();
    workers_.reset();
    fs::remove_all(root_);
  }

protected:
  PackageStore() : root_(fs::temp_directory_path() / ("openfc-packages-" + uuid())) { open(); }

  void open(Limits limits = {}) {
    workers_.emplace(2);
    packages_.emplace(root_, loop_, *workers_, std::move(limits));
  }
  void reopen() {
    packages_.reset();
    workers_.reset();
    open();
  }
  template <class T>
  T await(Task<T> task) {
    std::optional<T> result;
    std::exception_ptr failure;
    spawn(keep(std::move(task), &result, &failure), "test");
    while (!result && !failure) {
      loop_.run();
      std::this_thread::yield();
    }
    if (failure) std::rethrow_exception(failure);
    return *std::move(result);
  }
  Package put(std::string zip, Language language = Language::other) {
    return await(packages_->put(std::move(zip), language, "1"));
  }
  void prepare(const std::string& digest, Language language = Language::other) {
    await(answering(packages_->prepare(digest, language, "1")));
  }
  std::string failureOfPreparing(const std::string& digest) {
    try {
      prepare(digest);
    } catch (const std::runtime_error& failure) {
      return failure.what();
    }
    return "";
  }
  fs::path tree(const Package& package) { return root_ / "unpacked" / package.digest; }
  fs::path compiledTree(const Package& package) {
    return root_ / "unpacked" / (package.digest + ".compiled");
  }
  fs::path archive(const Package& package) {
    return root_ / "archives" / (package.digest + ".zip");
  }
  std::ptrdiff_t filesIn(const char* directory) {
    return std::distance(fs::directory_iterator(root_ / directory), fs::directory_iterator());
  }
  void age(const Package& package, std::chrono::hours hours) {
    fs::last_write_time(archive(package), fs::file_time_type::clock::now() - hours);
  }

  fs::path root_;
  ManualLoop loop_;
  std::optional<Workers> workers_;
  std::optional<Packages> packages_;
};

std::string contentOf(const fs::path& file) {
  std::ostringstream out;
  out << std::ifstream(file).rdbuf();
  return out.str();
}

TEST_F(PackageStore, KeepsTheArchiveAndItsTree) {
  const std::string zip = honestZip({{.name = "index.js", .content = "exports.handler = 1"}});

  const Package package = put(zip);

  EXPECT_EQ(package.digest, toHex(sha256(zip)));
  EXPECT_EQ(package.size, zip.size());
  EXPECT_EQ(package.crc64, crc64(zip));
  EXPECT_EQ(contentOf(archive(package)), zip);
  EXPECT_EQ(contentOf(tree(package) / "index.js"), "exports.handler = 1");
  EXPECT_TRUE(packages_->prepared(package.digest));
  EXPECT_EQ(filesIn("incoming"), 0);

  std::string read(zip.size() + 1, '\0');
  EXPECT_EQ(::read(packages_->open(package.digest).get(), read.data(), read.size()),
            static_cast<long>(zip.size()));
}

TEST_F(PackageStore, LeavesNothingOfARefusedArchive) {
  EXPECT_THROW(put(rawZip("../x", "x")), Error);
  EXPECT_THROW(put("no zip"), Error);

  EXPECT_EQ(filesIn("archives") + filesIn("unpacked") + filesIn("incoming"), 0);
}

TEST_F(PackageStore, SharesTheWorkOfConcurrentPutsOfOneArchive) {
  const std::string zip = honestZip({{.name = "a", .content = std::string(100'000, 'a')}});
  std::vector<std::optional<Package>> results(8);
  std::vector<std::exception_ptr> failures(8);

  for (std::size_t i = 0; i < results.size(); ++i) {
    spawn(keep(packages_->put(zip, Language::python, "1"), &results[i], &failures[i]), "test");
  }
  while (!std::ranges::all_of(results, [](const auto& result) { return result.has_value(); }))
    loop_.run();

  EXPECT_EQ(filesIn("unpacked"), 2) << "the tree, and what it was compiled to";
  EXPECT_EQ(filesIn("incoming"), 0);
}

TEST_F(PackageStore, HoldsUpNoOtherPackageWhileOneIsCompiled) {
  const fs::path gate = root_ / "gate";
  const fs::path python = root_ / "python";
  std::ofstream(python) << "#!/bin/sh\nwhile [ ! -e " << gate.string()
                        << " ]; do /bin/sleep 0.01; done\n";
  fs::permissions(python, fs::perms::owner_all);
  packages_.reset();
  open({.python = python});
  std::optional<Package> slow;
  std::exception_ptr failure;
  spawn(keep(packages_->put(rawZip("slow.py", ""), Language::python, "1"), &slow, &failure),
        "test");

  put(rawZip("other", "x"));
  EXPECT_FALSE(slow);
  std::ofstream(gate) << "open";
  while (!slow && !failure) loop_.run();

  EXPECT_TRUE(slow);
}

TEST_F(PackageStore, PreparesAgainAfterARestart) {
  const Package package = put(rawZip("a", "1"));
  reopen();

  EXPECT_FALSE(packages_->prepared(package.digest));
  prepare(package.digest);
  EXPECT_TRUE(packages_->prepared(package.digest));
  EXPECT_EQ(contentOf(tree(package) / "a"), "1");
}

TEST_F(PackageStore, UnpacksAgainAfterAReboot) {
  const Package package = put(rawZip("a", "1"));
  std::ofstream(tree(package) / "a") << "torn by a power cut";
  std::ofstream(root_ / "boot") << "another boot";
  const Fd held(::open((root_ / "unpacked").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  reopen();

  prepare(package.digest);

  // The launcher holds the directory open: the tree must come up in that one.
  EXPECT_EQ(::faccessat(held.get(), package.digest.c_str(), F_OK, 0), 0);

  EXPECT_EQ(contentOf(tree(package) / "a"), "1");
}

TEST_F(PackageStore, RefusesADamagedArchive) {
  const Package package = put(rawZip("a", "some content"));
  std::string bytes = contentOf(archive(package));
  bytes[40] = static_cast<char>(bytes[40] ^ 1);
  std::ofstream(archive(package), std::ios::binary) << bytes;
  reopen();

  EXPECT_NE(failureOfPreparing(package.digest).find("damaged"), std::string::npos);
  EXPECT_FALSE(packages_->prepared(package.digest));

  put(rawZip("a", "some content"));
  EXPECT_EQ(failureOfPreparing(package.digest), "");
}

TEST_F(PackageStore, KnowsNoStrangeDigests) {
  EXPECT_NE(failureOfPreparing("../../etc"), "");
  EXPECT_NE(failureOfPreparing(std::string(64, 'a')), "");
  EXPECT_THROW(packages_->open("../boot"), SystemError);
}

TEST_F(PackageStore, CompilesPythonOnPublish) {
  const Package package =
      put(honestZip({{.name = "main.py", .content = "def handler(e, c):\n  return e\n"},
                     {.name = "bad.py", .content = "def ("},
                     {.name = "lib/deep.py", .content = "x = 1\n"}}),
          Language::python);

  std::vector<fs::path> compiled;
  for (const auto& entry : fs::recursive_directory_iterator(compiledTree(package))) {
    if (entry.path().extension() == ".pyc") compiled.push_back(entry.path());
  }
  ASSERT_EQ(compiled.size(), 2u);
  for (const fs::path& file : compiled) {
    EXPECT_EQ(contentOf(file).substr(4, 4), std::string("\1\0\0\0", 4)) << "an unchecked hash";
    EXPECT_EQ(contentOf(file).find(root_.string()), std::string::npos);
    EXPECT_EQ(fs::status(file).permissions(), fs::perms(0644));
  }
}

TEST_F(PackageStore, CompilesWhenPythonComesLater) {
  const std::string zip = honestZip({{.name = "main.py", .content = "x = 1\n"}});
  const Package package = put(zip);
  EXPECT_FALSE(fs::exists(compiledTree(package)));

  prepare(package.digest, Language::python);

  EXPECT_FALSE(fs::is_empty(compiledTree(package)));
  EXPECT_FALSE(fs::exists(tree(package) / "__pycache__"));
}

TEST_F(PackageStore, NeverRunsWhatItCompiles) {
  const fs::path canary = root_ / "canary";
  const std::string evil = "open('" + canary.string() + "', 'w')\n";

  const Package package = put(honestZip({{.name = "compileall.py", .content = evil},
                                         {.name = "sitecustomize.py", .content = evil},
                                         {.name = "__init__.py", .content = evil}}),
                              Language::python);

  EXPECT_FALSE(fs::is_empty(compiledTree(package)));
  EXPECT_FALSE(fs::exists(canary));
}

TEST_F(PackageStore, WorksWithoutAnInterpreter) {
  open({.python = "/nonexistent/python3"});

  const Package package =
      put(honestZip({{.name = "main.py", .content = "x = 1\n"}}), Language::python);

  EXPECT_TRUE(packages_->prepared(package.digest));
}

TEST_F(PackageStore, CollectsWhatNobodyNamesOrTouched) {
  const Package live = put(rawZip("a", "live"));
  const Package fresh = put(rawZip("a", "fresh"));
  const Package old = put(rawZip("a", "old"));
  const Package again = put(rawZip("a", "again"));
  for (const Package& package : {live, old, again}) age(package, std::chrono::hours(2));
  put(rawZip("a", "again"));

  EXPECT_EQ(await(packages_->collect({live.digest}, std::chrono::hours(1))), 1u);

  EXPECT_TRUE(fs::exists(archive(live)) && fs::exists(tree(live)));
  EXPECT_TRUE(fs::exists(archive(fresh)) && fs::exists(tree(fresh)));
  EXPECT_TRUE(fs::exists(archive(again)));
  EXPECT_FALSE(fs::exists(archive(old)) || fs::exists(tree(old)));
  EXPECT_FALSE(packages_->prepared(old.digest));
  EXPECT_EQ(filesIn("incoming"), 0);
}

TEST_F(PackageStore, RemovesLeftoversAtItsStart) {
  fs::create_directories(root_ / "incoming/half/tree");
  std::ofstream(root_ / "incoming/half.zip") << "x";
  reopen();

  await(packages_->collect({}, std::chrono::hours(1)));  // in the same lane, behind it

  EXPECT_EQ(filesIn("incoming"), 0);
}

}  // namespace
}  // namespace openfc::package
