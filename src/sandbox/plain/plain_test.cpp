#include "sandbox/plain/factory.h"
#include "sandbox/plain/places.h"
#include "sandbox/sandbox_world_test.h"

#include <sys/wait.h>

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
      loop_, Options{directory_.path() + "/packages", directory_.path() + "/runtimes"});
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

TEST_F(PlainTest, AProgramThatIsMissingIsNamed) {
  const auto sandbox = make();

  const auto told = tell(*sandbox, {"/code/none"});

  EXPECT_EQ(WEXITSTATUS(told.exit.status), 127);
  EXPECT_EQ(told.output, "exec /code/none: No such file or directory (2)\n");
}

}  // namespace
}  // namespace openfc::sandbox::plain
