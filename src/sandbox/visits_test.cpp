// Further programs in sandboxes in which user code runs.
#include "sandbox/sandbox_world_test.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>

namespace openfc::sandbox {
namespace {

class VisitsTest : public SandboxTest {
protected:
  struct Visited {
    std::string output;
    std::string error;
    int status = -1;
  };

  static std::string contentOf(int fd) {
    std::string content;
    std::array<char, 4096> buffer;  // NOLINT: filled by read
    for (ssize_t size = 1; size > 0;) {
      size = ::read(fd, buffer.data(), buffer.size());
      if (size > 0) content.append(buffer.data(), static_cast<std::size_t>(size));
    }
    return content;
  }

  static Task<> visitInto(Sandbox* sandbox, VisitorProgram program, Visited* visited) {
    const auto visitor = co_await sandbox->visit(std::move(program));
    visitor->takeInput().reset();
    visited->status = co_await visitor->ended();
    const Fd output = visitor->takeOutput();
    const Fd error = visitor->takeError();
    visited->output = contentOf(output.get());
    if (error) visited->error = contentOf(error.get());
  }

  static Task<> keepInto(Sandbox* sandbox, VisitorProgram program,
                         std::unique_ptr<Visitor>* visitor) {
    *visitor = co_await sandbox->visit(std::move(program));
  }

  static Task<> endInto(Visitor* visitor, int* status) { *status = co_await visitor->ended(); }

  /// A sandbox in which a program waits.
  std::unique_ptr<Sandbox> inhabited() {
    auto sandbox = create();
    adopt(*sandbox, {.code = package({{"index.py", "the code\n"}})});
    sandbox->start({"/bin/sh", "-c", "echo mine > /tmp/mine; exec sleep 600"}, {}, "/");
    return sandbox;
  }

  Visited visit(Sandbox& sandbox, const std::string& script, bool terminal = false) {
    Visited visited;
    run(visitInto(&sandbox,
                  {.argv = {"/bin/sh", "-c", script},
                   .environment = {"PATH=/usr/bin:/bin", "A=b"},
                   .cwd = "/code",
                   .terminal = terminal},
                  &visited));
    return visited;
  }
};

TEST_F(VisitsTest, AProgramRunsBesideTheFirst) {
  const auto sandbox = inhabited();

  const Visited visited = visit(*sandbox, "cat index.py; echo $A $$ >&2; cat; exit 7");

  EXPECT_EQ(visited.output, "the code\n");
  EXPECT_EQ(visited.error.substr(0, 2), "b ");
  EXPECT_EQ(WEXITSTATUS(visited.status), 7);
}

TEST_F(VisitsTest, AVisitorSeesWhatTheFirstProgramSees) {
  const auto sandbox = inhabited();

  const Visited visited = visit(*sandbox, "ls /proc | grep -c '^1$'; id -u; cat /proc/1/comm");
  const std::string look =
      "for name in cgroup ipc mnt net pid uts; do test /proc/self/ns/$name -ef /proc/$(pgrep "
      "sleep)/ns/$name || echo $name; done; grep -E 'Seccomp:|NoNewPrivs|CapBnd' /proc/self/status";

  EXPECT_EQ(visited.output.substr(0, 2), "1\n");
  const std::string confinement = visit(*sandbox, look).output;
  EXPECT_EQ(confinement, "CapBnd:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\n");
}

TEST_F(VisitsTest, OnATerminalAllIsOne) {
  const auto sandbox = inhabited();

  const Visited visited = visit(*sandbox, "tty -s && echo yes; echo err >&2", true);

  EXPECT_EQ(visited.output, "yes\r\nerr\r\n");
}

TEST_F(VisitsTest, AProgramThatIsNotThereIsNamed) {
  const auto sandbox = inhabited();
  Visited visited;

  run(visitInto(sandbox.get(), {.argv = {"/no/such"}}, &visited));

  EXPECT_EQ(visited.error, "exec /no/such: no such file or directory (2)\n");
  EXPECT_EQ(WEXITSTATUS(visited.status), 127);
}

TEST_F(VisitsTest, AVisitorIsKilledWhenNobodyWantsItAnyMore) {
  const auto sandbox = inhabited();
  std::unique_ptr<Visitor> visitor;
  run(keepInto(sandbox.get(), {.argv = {"/bin/sh", "-c", "sleep 1234 & wait"}}, &visitor));

  visitor.reset();

  EXPECT_TRUE(eventually(
      [&] { return visit(*sandbox, "pgrep -f 'sleep 123[4]' || echo none").output == "none\n"; }));
}

TEST_F(VisitsTest, AVisitorEndsWithItsSandboxWhichItDoesNotHold) {
  auto sandbox = inhabited();
  std::unique_ptr<Visitor> visitor;
  run(keepInto(sandbox.get(), {.argv = {"/bin/sleep", "600"}}, &visitor));
  int status = -1;

  sandbox->kill();
  run(endInto(visitor.get(), &status));
  const Told told = tellEnd(*sandbox);

  EXPECT_EQ(WTERMSIG(status), SIGKILL);
  EXPECT_TRUE(WIFSIGNALED(told.exit.status));
}

TEST_F(VisitsTest, NobodyVisitsASandboxThatIsNobodys) {
  const auto sandbox = create();
  std::unique_ptr<Visitor> visitor;

  EXPECT_THROW(run(keepInto(sandbox.get(), {.argv = {"/bin/true"}}, &visitor)), std::runtime_error);
}

}  // namespace
}  // namespace openfc::sandbox
