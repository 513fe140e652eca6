#include "package/object_files.h"

#include "base/check.h"
#include "base/encoding.h"
#include "base/id.h"
#include "package/object_names.h"
#include "package/packages.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <algorithm>
#include <fstream>

namespace openfc::package {
namespace {

namespace fs = std::filesystem;
using Problem = ObjectError::Problem;

class ObjectFilesTest : public testing::Test {
public:
  ~ObjectFilesTest() override { fs::remove_all(root_); }

protected:
  ObjectFilesTest() : root_(fs::temp_directory_path() / ("openfc-objects-" + uuid())) {
    fs::create_directories(root_);
  }

  static ObjectState put(const ObjectFiles& files, const std::string& name,
                         const std::string& bytes, ObjectHeaders headers = {},
                         ObjectUpload::Existing existing = ObjectUpload::Existing::replace) {
    ObjectUpload upload(files);
    upload.add(bytes);
    return upload.commit(name, upload.finish(), std::move(headers), existing).state;
  }
  std::optional<Problem> problemOf(const std::string& name,
                                   ObjectUpload::Existing existing = {}) const {
    try {
      put(files(), name, "x", {}, existing);
    } catch (const ObjectError& error) {
      return error.problem();
    }
    return std::nullopt;
  }
  ObjectFiles files() const { return ObjectFiles(root_); }
  /// "object object | prefix prefix | last" of a page, with "…" when there is more.
  std::string listed(const ObjectQuery& query) const {
    const ObjectPage page = files().list(query);
    std::string text;
    for (const ListedObject& object : page.objects) text += object.name + " ";
    text += "|";
    for (const std::string& prefix : page.commonPrefixes) text += " " + prefix;
    return page.truncated ? text + " ... " + page.last : text;
  }
  std::size_t entries() const {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(root_))
      count += entry.exists() ? 1 : 0;
    return count;
  }

  fs::path root_;
};

TEST_F(ObjectFilesTest, ADirectoryThatBecameALinkIsNotOpened) {
  const fs::path moved = root_.string() + "-moved";
  fs::rename(root_, moved);
  fs::create_directory_symlink(moved, root_);

  EXPECT_THROW(files(), SystemError);
  EXPECT_THROW(ObjectFiles(root_, ObjectFiles::Missing::make), SystemError);

  fs::remove(root_);
  fs::rename(moved, root_);
}

TEST_F(ObjectFilesTest, KeepsBytesChecksumsAndHeaders) {
  const ObjectHeaders headers = {{"content-type", "text/x"}, {"x-oss-meta-a", "b:c"}};

  const ObjectState put = this->put(files(), "a/b/c", "123456789", headers);
  const auto opened = files().open("a/b/c");

  ASSERT_TRUE(opened);
  for (const ObjectState& state : {put, opened->state}) {
    EXPECT_EQ(state.size, 9U);
    EXPECT_EQ(state.etag, "25F9E794323B453885F5181F1B624D0B");
    EXPECT_EQ(state.crc64, 11051210869376104954U);
    EXPECT_EQ(state.headers, headers);
    EXPECT_EQ(state.modified, put.modified);
  }
}

TEST_F(ObjectFilesTest, ForgetsWhatItKnewOfAFileThatWasChanged) {
  put(files(), "a", "one", {{"content-type", "text/x"}});
  std::ofstream(root_ / "a") << "other";
  std::ofstream(root_ / "foreign") << "x";

  for (const char* name : {"a", "foreign"}) {
    const auto opened = files().open(name);
    ASSERT_TRUE(opened);
    EXPECT_FALSE(opened->state.crc64);
    EXPECT_TRUE(opened->state.etag.ends_with("-0"));
    EXPECT_TRUE(opened->state.headers.empty());
  }
}

TEST_F(ObjectFilesTest, LeavesNothingOfAnUploadThatDoesNotEnd) {
  const ObjectFiles bucket = files();
  {
    ObjectUpload upload(bucket);
    upload.add("half");
    EXPECT_EQ(entries(), 1U);
  }
  EXPECT_EQ(entries(), 0U);
}

TEST_F(ObjectFilesTest, RefusesNamesInTheWayAndKeepsTheOldObject) {
  put(files(), "a", "old");
  put(files(), "d/x", "old");

  EXPECT_EQ(problemOf("a/b"), Problem::inTheWay);
  EXPECT_EQ(problemOf("d"), Problem::inTheWay);
  EXPECT_EQ(problemOf("a", ObjectUpload::Existing::keep), Problem::exists);
  EXPECT_EQ(files().open("a")->state.size, 3U);
  EXPECT_EQ(entries(), 3U);
}

TEST_F(ObjectFilesTest, NeverFollowsLinks) {
  fs::create_directories(root_ / "bucket/in");
  std::ofstream(root_ / "secret") << "secret";
  fs::create_symlink("../secret", root_ / "bucket/link");
  fs::create_directory_symlink("..", root_ / "bucket/up");
  fs::create_directory_symlink("in", root_ / "bucket/inside");
  const ObjectFiles bucket(root_ / "bucket");

  EXPECT_FALSE(bucket.open("link"));
  EXPECT_FALSE(bucket.open("up/secret"));
  EXPECT_THROW(put(bucket, "up/new", "x"), ObjectError);
  EXPECT_THROW(put(bucket, "inside/new", "x"), ObjectError);
  put(bucket, "link", "x");  // replaces the link itself
  bucket.remove("up/secret");
  EXPECT_TRUE(bucket.list({}).objects.size() == 1);

  std::ifstream secret(root_ / "secret");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(secret), {}), "secret");
}

TEST_F(ObjectFilesTest, TellsWhatAnObjectReplaces) {
  const ObjectFiles bucket = files();
  const std::string etag = put(bucket, "a/b", "old").etag;
  ObjectUpload first(bucket);
  ObjectUpload second(bucket);

  const auto fresh = first.commit("a/c", first.finish(), {}, ObjectUpload::Existing::keep);
  const auto replaced = second.commit("a/b", second.finish(), {}, ObjectUpload::Existing::replace);

  EXPECT_FALSE(fresh.before);
  EXPECT_EQ(replaced.before.value().etag, etag);
  EXPECT_NE(replaced.state.etag, etag);
}

TEST_F(ObjectFilesTest, RemovesAnObjectAndTheDirectoriesThatItLeavesEmpty) {
  const std::string etag = put(files(), "a/b/c", "x").etag;
  put(files(), "a/d", "x");

  EXPECT_EQ(files().remove("a/b/c").value().etag, etag);
  EXPECT_FALSE(files().remove("a/b/c"));
  EXPECT_FALSE(files().remove("a"));
  EXPECT_EQ(listed({}), "a/d |");
  EXPECT_FALSE(fs::exists(root_ / "a/b"));
  files().remove("a/d");

  EXPECT_EQ(entries(), 0U);
}

TEST_F(ObjectFilesTest, ListsInTheOrderOfNames) {
  for (const char* name : {"b/1", "a.txt", "a/2", "a/1", "a0", "b/c/d", "z"})
    put(files(), name, "x");

  EXPECT_EQ(listed({}), "a.txt a/1 a/2 a0 b/1 b/c/d z |");
  EXPECT_EQ(listed({.prefix = "a"}), "a.txt a/1 a/2 a0 |");
  EXPECT_EQ(listed({.prefix = "b/c"}), "b/c/d |");
  EXPECT_EQ(listed({.delimiter = "/"}), "a.txt a0 z | a/ b/");
  EXPECT_EQ(listed({.prefix = "b/", .delimiter = "/"}), "b/1 | b/c/");
  EXPECT_EQ(listed({.delimiter = "a"}), "b/1 b/c/d z | a");
  EXPECT_EQ(listed({.after = "a/1"}), "a/2 a0 b/1 b/c/d z |");
  EXPECT_EQ(listed({.delimiter = "/", .after = "a/"}), "a0 z | b/");
  EXPECT_EQ(listed({.limit = 2}), "a.txt a/1 | ... a/1");
  EXPECT_EQ(listed({.delimiter = "/", .limit = 2}), "a.txt | a/ ... a/");
  EXPECT_EQ(listed({.limit = 7}), "a.txt a/1 a/2 a0 b/1 b/c/d z |");
  EXPECT_EQ(listed({.limit = 0}), "|");
}

TEST_F(ObjectFilesTest, PagesHoldEveryNameOnce) {
  std::vector<std::string> names;
  for (int i = 0; i < 40; ++i) {
    names.push_back((i % 3 == 0 ? "d" + std::to_string(i % 4) + "/" : "") + std::to_string(i));
    put(files(), names.back(), "x");
  }
  std::ranges::sort(names);

  for (const std::size_t limit : {1U, 3U, 7U}) {
    std::vector<std::string> seen;
    ObjectQuery query{.limit = limit};
    while (true) {
      const ObjectPage page = files().list(query);
      for (const ListedObject& object : page.objects) seen.push_back(object.name);
      if (!page.truncated) break;
      query.after = page.last;
    }
    EXPECT_EQ(seen, names);
  }
}

TEST_F(ObjectFilesTest, CollectsWhatIsOld) {
  put(files(), "old/x", "x");
  put(files(), "young", "x");
  std::ofstream(root_ / ".openfc-incoming-1") << "x";
  for (const char* name : {"old/x", ".openfc-incoming-1"}) {
    const timeval times[2] = {{1000, 0}, {1000, 0}};
    ASSERT_EQ(utimes((root_ / name).c_str(), times), 0);
  }
  const ObjectFiles bucket = files();
  ObjectUpload running(bucket);
  const Time before(std::chrono::seconds(2000));

  files().dropUnfinished(before);

  EXPECT_EQ(files().removeOlder(before), 1U);
  EXPECT_EQ(listed({}), "young |");
  EXPECT_EQ(entries(), 2U);
}

TEST(ObjectNames, AreOnePathEach) {
  const std::string deep = std::string(200, 'a') + "/" + std::string(200, 'b');
  for (const std::string& name : {std::string("a"), std::string("a/b"), std::string("a b+%"), deep,
                                  std::string("\xe4\xbd\xa0"), std::string("..a/.b/c..")}) {
    EXPECT_FALSE(fileNameProblem(name)) << name;
  }
  for (const std::string& name :
       {std::string(), std::string("/a"), std::string("a/../b"), std::string(".."),
        std::string("a/."), std::string("a//b"), std::string("a/"), std::string("a\0b", 3),
        std::string("a\nb"), std::string("\xff"), std::string(256, 'a'), std::string(1024, 'a'),
        std::string(".openfc-incoming-1"), std::string("\\a")}) {
    EXPECT_TRUE(fileNameProblem(name)) << name;
  }
}

}  // namespace
}  // namespace openfc::package
