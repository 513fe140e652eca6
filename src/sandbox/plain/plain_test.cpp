#include "sandbox/plain/factory.h"
#include "sandbox/plain/places.h"
#include "sandbox/sandbox_world_test.h"

#include <signal.h>
#include <sys/wait.h>

#include <filesystem>

namespace openfc::sandbox::plain {
namespace {

TEST(PlainPlaces, AreReplacedAsWholeComponents) {
  const std::vector<Place> places{{"/code", "/t/code"}, {"/tmp", "/t/tmp"}};
  const std::pair<const char*, const char*> cases[] = {
      {"/code", "/t/code"},
      {"/code/index.py", "/t/code/index.py"},
      {"/codes", "/codes"},
      {"HOME=/tmp", "HOME=/t/tmp"},
      {"PYTHONPATH=/x:/code/lib:/code", "PYTHONPATH=/x:/t/code/lib:/t/code"},
      {"see /code", "see /code"},
  };

  for (const auto& [text, wanted] : cases) EXPECT_EQ(translated(text, places), wanted);
}

class PlainTest : public SandboxTest {
protected:
  void SetUp() override { prepare(); }

  std::unique_ptr<Sandbox> make() {
    std::unique_ptr<Sandbox> sandbox;
    run(makeOne(*factory_, sandbox));
    return sandbox;
  }

  static Task<> makeOne(sandbox::Factory& factory, std::unique_ptr<Sandbox>& into) {
    into = co_await factory.create({});
  }

  std::unique_ptr<Factory> factory_ = std::make_unique<Factory>(
      loop_, Options{directory_.path() + "/packages", directory_.path() + "/runtimes",
                     directory_.path() + "/instances"});
};

TEST_F(PlainTest, RunsAProgramOfThePackageAndTellsItsStatus) {
  const auto sandbox = make();
  adopt(*sandbox, {.code = package({{"run", "#!/bin/sh\ncat text; echo $HOME; exit 3\n"},
                                    {"text", "hello\n"}})});

  const auto told = tell(*sandbox, {"/code/run"}, {"PATH=/usr/bin:/bin", "HOME=/tmp"}, "/code");

  EXPECT_EQ(told.output.substr(0, 6), "hello\n");
  EXPECT_TRUE(told.output.ends_with("/tmp\n"));
  EXPECT_EQ(WEXITSTATUS(told.exit.status), 3);
}

TEST_F(PlainTest, KillEndsTheWholeGroup) {
  const auto sandbox = make();
  sandbox->start({"/bin/sh", "-c", "sleep 1000 & sleep 1000"}, {"PATH=/usr/bin:/bin"}, "/");

  sandbox->kill();
  const auto told = tellEnd(*sandbox);

  EXPECT_EQ(WEXITSTATUS(told.exit.status), 128 + SIGKILL);
}

TEST_F(PlainTest, EachCustomRuntimeHasAPortOfItsOwn) {
  const std::vector<std::string> environment = {"FC_CUSTOM_LISTEN_PORT=9417",
                                                "FC_SERVER_PORT=9417"};
  const auto first = make();
  const auto second = make();
  second->start({"/bin/true"}, {"PATH=/bin"}, "/");
  EXPECT_EQ(second->port(9417), 9417) << "a managed runtime has none";

  const auto told = tell(*first, {"/bin/sh", "-c", "echo $FC_SERVER_PORT"}, environment);
  const auto third = make();
  const auto other =
      tell(*third, {"/bin/sh", "-c", "echo $FC_SERVER_PORT $FC_CUSTOM_LISTEN_PORT"}, environment);

  EXPECT_EQ(told.output, std::to_string(first->port(9417)) + "\n");
  const std::string port = std::to_string(third->port(9417));
  EXPECT_NE(first->port(9417), third->port(9417));
  EXPECT_EQ(other.output, port + " " + port + "\n");
}

TEST_F(PlainTest, SeveralLayersAreOneTreeAndTheLastOneWins) {
  const std::string low = package({{"a", "low\n"}, {"sub/b", "below\n"}});
  const std::string high = package({{"a", "high\n"}, {"sub/c", "beside\n"}});
  const auto sandbox = make();
  adopt(*sandbox, {.layers = {low, high}});

  const auto told = tell(*sandbox, {"/bin/sh", "-c", "cat \"$L\"/a \"$L\"/sub/b \"$L\"/sub/c"},
                         {"PATH=/bin:/usr/bin", "L=/opt"});

  EXPECT_EQ(told.output, "high\nbelow\nbeside\n");
}

TEST_F(PlainTest, TheNextStartEndsWhatACrashLeft) {
  auto sandbox = make();
  sandbox->start({"/bin/sleep", "1000"}, {"PATH=/bin", "FC_INSTANCE_ID=" + sandbox->id()}, "/");

  const Factory next(loop_,
                     Options{directory_.path() + "/packages", directory_.path() + "/runtimes",
                             directory_.path() + "/instances"});

  EXPECT_EQ(WEXITSTATUS(tellEnd(*sandbox).exit.status), 128 + SIGKILL);
  EXPECT_FALSE(std::filesystem::exists(directory_.path() + "/instances/" + sandbox->id()));
}

TEST_F(PlainTest, AProgramThatIsMissingIsNamed) {
  const auto sandbox = make();

  const auto told = tell(*sandbox, {"/code/none"});

  EXPECT_EQ(WEXITSTATUS(told.exit.status), 127);
  EXPECT_EQ(told.output, "exec /code/none: No such file or directory (2)\n");
}

}  // namespace
}  // namespace openfc::sandbox::plain
