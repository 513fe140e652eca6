#include "sandbox/sandbox_world_test.h"

#include <sys/wait.h>

namespace openfc::sandbox {
namespace {

using LifecycleTest = SandboxTest;

TEST_F(LifecycleTest, AProgramRunsAndItsOutputAndStatusComeBack) {
  const auto told = script("echo hello; exit 7");

  EXPECT_EQ(told.output, "hello\n");
  EXPECT_EQ(WEXITSTATUS(told.exit.status), 7);
  EXPECT_FALSE(told.exit.oom);
}

TEST_F(LifecycleTest, AProgramThatCannotBeExecutedIsNamed) {
  const auto sandbox = create();
  adopt(*sandbox, {.code = package({{"bootstrap", "not a program"}})});

  const auto missing = tell(*sandbox, {"/code/missing"});

  EXPECT_EQ(missing.output, "exec /code/missing: no such file or directory (2)\n");
  EXPECT_EQ(WEXITSTATUS(missing.exit.status), 127);
}

TEST_F(LifecycleTest, CodeAndLayersAreMountedAfterCreation) {
  const auto sandbox = create();
  const auto low = package({{"a", "low a\n"}, {"b", "low b\n"}});
  const auto high = package({{"a", "high a\n"}});

  adopt(*sandbox, {.code = package({{"index.py", "the code\n"}}), .layers = {low, high}});
  const auto told =
      tell(*sandbox, {"/bin/sh", "-c", "cat index.py /opt/a /opt/b; pwd"}, {}, "/code");

  EXPECT_EQ(told.output, "the code\nhigh a\nlow b\n/code\n");
}

TEST_F(LifecycleTest, ASecondAdoptionIsRefused) {
  const auto sandbox = create();
  const auto digest = package({{"x", "y"}});
  adopt(*sandbox, {.code = digest});

  EXPECT_THROW(adopt(*sandbox, {.code = digest}), std::runtime_error);
}

}  // namespace
}  // namespace openfc::sandbox
