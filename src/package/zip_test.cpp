#include "package/zip.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/id.h"
#include "package/test_zip.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace openfc::package {
namespace {

namespace fs = std::filesystem;

std::string refusalOf(const std::string& zip, const Limits& limits = {}) {
  try {
    checkZip(zip, limits);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::invalidArgument);
    EXPECT_TRUE(error.message().starts_with("code.zip: ")) << error.message();
    return error.message();
  }
  return "(accepted)";
}

testing::AssertionResult mentions(const std::string& text, std::string_view part) {
  if (text.find(part) != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "'" << text << "' does not mention '" << part << "'";
}

class Unpacking : public testing::Test {
public:
  ~Unpacking() override { fs::remove_all(root_); }

protected:
  Unpacking() : root_(fs::temp_directory_path() / ("openfc-zip-" + uuid())) {
    fs::create_directory(root_);
  }

  void unpack(const std::string& zip) {
    const Fd directory(open(root_.c_str(), O_RDONLY | O_DIRECTORY));
    unpackZip(zip, checkZip(zip, {}), directory.get());
  }
  std::string content(const char* name) {
    std::ostringstream out;
    out << std::ifstream(root_ / name).rdbuf();
    return out.str();
  }
  unsigned mode(const char* name) {
    struct stat status = {};
    EXPECT_EQ(lstat((root_ / name).c_str(), &status), 0) << name;
    return status.st_mode & 07777u;
  }

  fs::path root_;
};

struct NameCase {
  std::string name;
  std::string_view rule;
};

TEST(Zip, RefusesNamesThatLeaveTheDirectoryOrMeanSomethingElsewhere) {
  const NameCase cases[] = {
      {"../x", "entry '../x' leaves the directory"},
      {"a/../../x", "leaves the directory"},
      {"a/..", "leaves the directory"},
      {"..", "leaves the directory"},
      {"/etc/passwd", "entry '/etc/passwd' has an absolute name"},
      {"a\\b", "backslash"},
      {"..\\x", "backslash"},
      {"C:/x", "drive letter"},
      {"c:x", "drive letter"},
      {std::string("a\0b", 3), "entry 'a\\x00b' has a NUL byte"},
      {std::string("ok.py\0/../../x", 14), "NUL byte"},
      {"", "has no name"},
      {"\xc0\xae\xc0\xae/x", "not valid UTF-8"},
      {"\xe0\x80\xae./x", "not valid UTF-8"},
      {"\xed\xa0\x80", "not valid UTF-8"},
      {"\xf4\x90\x80\x80", "not valid UTF-8"},
      {"\xff", "entry '\\xff' has a name that is not valid UTF-8"},
      {"a\xe4\xbd", "not valid UTF-8"},
      {std::string(256, 'a'), "more than 255 bytes"},
      {std::string(300, '/') + "a", "absolute"},
  };
  for (const NameCase& each : cases)
    EXPECT_TRUE(mentions(refusalOf(rawZip(each.name, "x")), each.rule));

  std::string deep;
  for (int i = 0; i < 101; ++i) deep += "d/";
  EXPECT_TRUE(mentions(refusalOf(rawZip(deep + "f", "x")), "nested deeper"));
  std::string longName;
  for (int i = 0; i < 20; ++i) longName += std::string(200, 'd') + "/";
  EXPECT_TRUE(mentions(refusalOf(rawZip(longName + "f", "x")), "more than 2048 bytes"));
}

TEST(Zip, RefusesNamesThatMeetOthers) {
  using Entries = std::vector<TestEntry>;
  EXPECT_TRUE(
      mentions(refusalOf(rawZip(Entries{{"a", "1"}, {"a", "2"}})), "entry 'a' occurs twice"));
  EXPECT_TRUE(mentions(refusalOf(rawZip(Entries{{"a", "1"}, {"./a", "2"}})), "occurs twice"));
  EXPECT_TRUE(mentions(refusalOf(rawZip(Entries{{"a", "1"}, {"a/", "", 040755}})), "occurs twice"));
  EXPECT_TRUE(mentions(refusalOf(rawZip(Entries{{"a/", "", 040755}, {"a", "1"}})), "occurs twice"));
  EXPECT_TRUE(mentions(refusalOf(rawZip(Entries{{"a/", "", 040755}, {"a//", "", 040755}})),
                       "occurs twice"));
  EXPECT_TRUE(mentions(refusalOf(rawZip(Entries{{"a", "1"}, {"a/b/c", "2"}})),
                       "entry 'a/b/c' lies below 'a'"));
  EXPECT_TRUE(mentions(refusalOf(rawZip(Entries{{"a/b", "1"}, {"a", "2"}})),
                       "entry 'a' is not a directory"));
  EXPECT_TRUE(mentions(refusalOf(rawZip(Entries{{"l", "d", 0120777}, {"d/x", "1"}, {"l/y", "2"}})),
                       "lies below 'l'"));
  EXPECT_EQ(refusalOf(rawZip(Entries{{"a/b", "1"}, {"a/", "", 040755}, {"A/b", "2"}})),
            "(accepted)");
}

TEST(Zip, RefusesLinksThatLeaveTheDirectory) {
  const auto linkTo = [](std::string target) { return rawZip("d/l", std::move(target), 0120777); };

  EXPECT_TRUE(mentions(refusalOf(linkTo("/etc/passwd")), "absolute path"));
  EXPECT_TRUE(mentions(refusalOf(linkTo("../../x")), "leaves the directory"));
  EXPECT_TRUE(mentions(refusalOf(linkTo("x/../../../y")), "'..' behind a name"));
  EXPECT_TRUE(mentions(refusalOf(linkTo("")), "link to nothing"));
  EXPECT_TRUE(mentions(refusalOf(linkTo("\xff")), "not valid UTF-8"));
  EXPECT_TRUE(mentions(refusalOf(linkTo(std::string("a\0/../../x", 10))), "code.zip"));
  EXPECT_EQ(refusalOf(linkTo("../x")), "(accepted)");
  EXPECT_EQ(refusalOf(linkTo("./d/../x")),
            "code.zip: entry 'd/l' is a symbolic link with '..' behind a name");
}

TEST(Zip, RefusesWhatIsNoFileDirectoryOrLink) {
  for (const unsigned mode : {0010644u, 0020644u, 0060644u, 0140644u}) {
    EXPECT_TRUE(mentions(refusalOf(rawZip("dev", "", mode)), "neither a file nor a directory"))
        << mode;
  }
}

TEST(Zip, RefusesEncryptedEntries) {
  EXPECT_TRUE(mentions(
      refusalOf(rawZip(std::vector<TestEntry>{{.name = "s", .content = "secret", .flags = 1}})),
      "entry 's' is encrypted"));
}

TEST(Zip, RefusesOtherCompressionThanDeflate) {
  // An LZMA stream whose dictionary wants 4 GB.
  const std::string lzma("\x09\x04\x05\x00\x5d\xff\xff\xff\xff\x00\x18\x8c\xa9", 13);

  static constexpr std::uint16_t methods[] = {1, 6, 9, 12, 14, 20, 93, 95, 96, 97, 98, 99, 0xffff};
  for (const std::uint16_t method : methods) {
    const std::string refused = "code.zip: entry 'f' is compressed in another way than by deflate";
    const auto zip = [&](std::uint16_t central, std::uint16_t local) {
      return rawZip(std::vector<TestEntry>{
          {.name = "f", .content = lzma, .method = central, .localMethod = local}});
    };

    EXPECT_EQ(refusalOf(zip(method, method)), refused) << method;
    EXPECT_EQ(refusalOf(zip(method, 0)), refused) << method;
    EXPECT_EQ(refusalOf(zip(0, method)), refused) << method;
    EXPECT_EQ(refusalOf(zip(8, method)), refused) << method;
  }
}

TEST(Zip, RefusesContentThatIsNotAsDeclared) {
  EXPECT_TRUE(mentions(
      refusalOf(rawZip(std::vector<TestEntry>{{.name = "f", .content = "abc", .declared = 2}})),
      "'f'"));
  EXPECT_TRUE(mentions(
      refusalOf(rawZip(std::vector<TestEntry>{{.name = "f", .content = "abc", .declared = 9}})),
      "'f'"));
  EXPECT_TRUE(mentions(
      refusalOf(rawZip(std::vector<TestEntry>{{.name = "f", .content = "abc", .crc = 1}})), "'f'"));
  EXPECT_TRUE(mentions(refusalOf(rawZip("d/", "content", 040755)), "'d/'"));
}

TEST(Zip, RefusesOverlappingEntries) {
  const std::vector<TestEntry> entries = {{.name = "a", .content = std::string(100, 'a')},
                                          {.name = "b", .content = "b", .begin = 0}};

  EXPECT_TRUE(mentions(refusalOf(rawZip(entries)), "overlaps the entry"));
}

TEST(Zip, EnforcesTheLimits) {
  const std::string zeros = honestZip({{.name = "zeros", .content = std::string(20 << 20, '\0')}});
  const std::string text =
      rawZip(std::vector<TestEntry>{{"a", "12345"}, {"b", "12345"}, {"d/e/f/g", "1"}});

  EXPECT_TRUE(mentions(refusalOf(zeros), "more than 200 times its size"));
  EXPECT_EQ(refusalOf(zeros, {.maxRatio = 100'000}), "(accepted)");
  EXPECT_TRUE(mentions(refusalOf(text, {.maxArchive = 100}), "more than the 100 allowed"));
  EXPECT_TRUE(mentions(refusalOf(text, {.maxUnpacked = 10}), "at entry 'd/e/f/g'"));
  EXPECT_TRUE(mentions(refusalOf(text, {.maxEntries = 2}), "holds 3 entries"));
  EXPECT_TRUE(mentions(refusalOf(text, {.maxEntries = 4}), "more than 4 files and directories"));
  EXPECT_EQ(refusalOf(text, {.maxEntries = 6}), "(accepted)");
}

TEST(Zip, RefusesEveryTruncation) {
  const std::string zip =
      honestZip({{.name = "a.py", .content = "print(1)\n"}, {.name = "d/b.py", .content = "x"}});

  for (std::size_t size = 0; size < zip.size(); ++size) {
    EXPECT_NE(refusalOf(zip.substr(0, size)), "(accepted)") << size;
  }
  EXPECT_EQ(refusalOf(zip), "(accepted)");
}

TEST(Zip, SurvivesEveryChangedByte) {
  const std::string zip = honestZip({{.name = "a.py", .content = "print(1)\n"},
                                     {.name = "l", .content = "a.py", .mode = 0120777}});

  for (std::size_t i = 0; i < zip.size(); ++i) {
    std::string damaged = zip;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x41);
    refusalOf(damaged);
  }
}

TEST(Zip, RefusesWhatIsNoZip) {
  EXPECT_TRUE(mentions(refusalOf(""), "not a valid ZIP archive"));
  EXPECT_TRUE(mentions(refusalOf("hello"), "not a valid ZIP archive"));
  EXPECT_TRUE(mentions(refusalOf(std::string(100'000, 'P')), "not a valid ZIP archive"));
  EXPECT_TRUE(mentions(refusalOf(rawZip({})), "no entries"));
}

TEST_F(Unpacking, KeepsContentsAndExecutableBitsOnly) {
  unpack(honestZip({{.name = "handler.py", .content = "def handler(e, c): pass\n"},
                    {.name = "bin/run", .content = "#!/bin/sh\n", .mode = 0100750},
                    {.name = "bin/root", .content = "#!/bin/sh\n", .mode = 0106755},
                    {.name = "private", .content = "x", .mode = 0100600},
                    {.name = "empty/", .content = "", .mode = 040700},
                    {.name = "lib/link", .content = "../bin/run", .mode = 0120777},
                    {.name = "\xe4\xbd\xa0.txt", .content = "ni"}}));

  EXPECT_EQ(content("handler.py"), "def handler(e, c): pass\n");
  EXPECT_EQ(mode("handler.py"), 0644u);
  EXPECT_EQ(mode("bin"), 0755u);
  EXPECT_EQ(mode("bin/run"), 0755u);
  EXPECT_EQ(mode("bin/root"), 0755u);
  EXPECT_EQ(mode("private"), 0644u);
  EXPECT_EQ(mode("empty"), 0755u);
  EXPECT_EQ(fs::read_symlink(root_ / "lib/link"), "../bin/run");
  EXPECT_EQ(content("lib/link"), "#!/bin/sh\n");
  EXPECT_EQ(content("\xe4\xbd\xa0.txt"), "ni");
}

TEST_F(Unpacking, TakesNamesFromTheCentralDirectoryOnly) {
  unpack(rawZip(
      std::vector<TestEntry>{{.name = "inside", .content = "x", .localName = "../../outside"}}));

  EXPECT_EQ(content("inside"), "x");
}

TEST_F(Unpacking, ReadsZip64AndArchivesBehindOtherData) {
  unpack(rawZip(std::vector<TestEntry>{{.name = "big", .content = "64", .zip64 = true}}));
  unpack(std::string(1000, '#') + rawZip("behind", "data"));

  EXPECT_EQ(content("big"), "64");
  EXPECT_EQ(content("behind"), "data");
}

TEST_F(Unpacking, AcceptsDotsAndDoubledSlashes) {
  unpack(rawZip(
      std::vector<TestEntry>{{"./", "", 040755}, {"./a//b", "x"}, {"a/..b", "y"}, {"...", "z"}}));

  EXPECT_EQ(content("a/b"), "x");
  EXPECT_EQ(content("a/..b"), "y");
  EXPECT_EQ(content("..."), "z");
}

}  // namespace
}  // namespace openfc::package
