#pragma once

#include "base/task.h"
#include "net/event_loop.h"
#include "sandbox/launcher_client.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace openfc::sandbox {

/// A directory that is gone with the object.
class TemporaryDirectory {
public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }

private:
  std::string path_;
};

/// What a program in a sandbox said and how it ended.
struct Told {
  std::string output;
  Exit exit;
};

/// How a program comes into a sandbox.
enum class Way { exec, copy };
std::string nameOf(Way way);

/// A launcher of its own with packages, on a loop; skips the test where there is no root.
class SandboxTest : public testing::Test {
protected:
  void SetUp() override;
  void TearDown() override;

  /// The directories that launchers and plain sandboxes use.
  void prepare();
  /// With one defence or several turned off.
  void startLauncher(const std::string& defencesOff = "");
  void stopLauncher();
  launcher::StartOptions options() const;
  /// Writes a package of these files and returns its digest.
  std::string package(const std::map<std::string, std::string>& files);
  /// Runs the task on the loop until it ends, for a bounded time.
  void run(Task<> task);
  std::unique_ptr<Sandbox> create(Shape shape = {});
  void adopt(Sandbox& sandbox, Adoption adoption);
  /// Starts a program and waits for its end; the control socket stays open meanwhile.
  Told tell(Sandbox& sandbox, const std::vector<std::string>& argv,
            const std::vector<std::string>& environment = {}, const std::string& cwd = "/");
  /// What a started program says until its end.
  Told tellEnd(Sandbox& sandbox);
  /// The same in a fresh sandbox with a shell script.
  Told script(const std::string& text, Way way = Way::exec);
  /// A zygote whose copies run the Python that they read from their control socket.
  static Program reader();
  /// Whether a copy of the reader is in the sandbox now; it runs `text`, and `control_` is its
  /// control socket.
  bool copy(Sandbox& sandbox, const std::string& text, const Program& program = reader());
  /// What such a copy in a fresh sandbox says.
  Told inCopy(const std::string& text);
  /// Waits until the file holds something for which `wanted` is true; at most a few seconds.
  static bool eventually(const std::function<bool()>& wanted);
  /// Directories of this test's control groups.
  std::vector<std::string> groups() const;

  /// Connects to port 9000 in the sandbox as soon as something listens, and says hello.
  static Task<> sayHello(net::EventLoop& loop, Sandbox& sandbox);

  TemporaryDirectory directory_;
  std::string scope_;
  std::vector<std::string> networkFlags_;
  std::vector<std::string> shares_;
  unsigned sharePatience_ = 5000;
  std::vector<Program> programs_ = {reader()};
  unsigned copies_ = 500;
  std::uint64_t memory_ = 0;  // of all sandboxes together; 0 = as much as there is
  Fd control_;
  net::EventLoop loop_;
  std::unique_ptr<launcher::Client> client_;
};

}  // namespace openfc::sandbox
