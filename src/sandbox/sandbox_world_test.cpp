#include "sandbox/sandbox_world_test.h"

#include "base/check.h"
#include "base/encoding.h"
#include "base/id.h"
#include "sandbox/launcher/cgroup_worlds.h"
#include "sandbox/launcher/files.h"
#include "sandbox/start_message.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <filesystem>

namespace openfc::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr auto patience = std::chrono::seconds(20);

struct Progress {
  bool ended = false;
  std::exception_ptr failure;
};

Task<> follow(Task<> task, net::EventLoop& loop, std::shared_ptr<Progress> progress) {
  try {
    co_await task;
  } catch (...) {
    progress->failure = std::current_exception();
  }
  progress->ended = true;
  loop.stop();
}

Task<> readAll(net::EventLoop& loop, Fd pipe, std::string& into) {
  const auto stream = loop.adopt(std::move(pipe));
  std::array<char, 4096> buffer;
  while (const std::size_t size = co_await stream->read(buffer, SteadyTime::max()))
    into.append(buffer.data(), size);
}

Task<> tellOne(net::EventLoop& loop, Sandbox& sandbox, Told& told) {
  co_await readAll(loop, sandbox.takeOutput(), told.output);
  told.exit = co_await sandbox.ended();
}

Task<> createOne(launcher::Client& client, Shape shape, std::unique_ptr<Sandbox>& into) {
  into = co_await client.create(shape);
}

Task<> copyInto(Sandbox& sandbox, Program program, bool& copied) {
  copied = co_await sandbox.fork(std::move(program));
}

void writeText(const fs::path& path, const std::string& text) {
  const Fd file(static_cast<int>(
      check(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755), "create")));
  check(::write(file.get(), text.data(), text.size()), "write");
}

}  // namespace

std::string nameOf(Way way) { return way == Way::exec ? "Executed" : "Copied"; }

TemporaryDirectory::TemporaryDirectory()
    : path_(fs::temp_directory_path() / ("openfc-test-" + uuid())) {
  fs::create_directories(path_);
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void SandboxTest::SetUp() {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  prepare();
}

void SandboxTest::prepare() {
  scope_ = "t" + uuid().substr(0, 8);
  fs::create_directories(directory_.path() + "/packages");
  fs::create_directories(directory_.path() + "/runtimes/python");
  writeText(directory_.path() + "/runtimes/python/bootstrap", "a bootstrap\n");
}

void SandboxTest::TearDown() {
  stopLauncher();
  if (scope_.empty() || groups().empty()) return;
  // A test killed its launcher: the next one sweeps.
  startLauncher();
  stopLauncher();
}

launcher::StartOptions SandboxTest::options() const {
  return {.program = OPENFC_LIB_DIR "/openfc-sandbox",
          .init = OPENFC_LIB_DIR "/openfc-init",
          .packages = directory_.path() + "/packages",
          .runtimes = directory_.path() + "/runtimes",
          .scope = scope_,
          .uidCount = 64,
          .memory = memory_,
          .withoutLimits = true,
          .zygoteLibrary = OPENFC_LIB_DIR "/openfc-zygote.so",
          .programs = programs_,
          .copies = copies_,
          .shares = shares_,
          .sharePatience = sharePatience_,
          .networkFlags = networkFlags_};
}

void SandboxTest::startLauncher(const std::string& defencesOff) {
  ::setenv("OPENFC_DEFENCES_OFF", defencesOff.c_str(), 1);
  client_ = std::make_unique<launcher::Client>(loop_, launcher::start(options()));
  ::unsetenv("OPENFC_DEFENCES_OFF");
}

void SandboxTest::stopLauncher() {
  if (!client_) return;
  client_.reset();
  // The coroutine that reads from the launcher sees its end.
  loop_.after(std::chrono::milliseconds(1), [this] { loop_.stop(); });
  loop_.run();
}

std::string SandboxTest::package(const std::map<std::string, std::string>& files) {
  std::string all;
  for (const auto& [name, text] : files)
    all.append(name).append(1, '\0').append(text).append(1, '\0');
  const std::string digest = toHex(sha256(all));
  const fs::path root = fs::path(directory_.path()) / "packages" / digest;
  for (const auto& [name, text] : files) {
    fs::create_directories((root / name).parent_path());
    writeText(root / name, text);
  }
  return digest;
}

void SandboxTest::run(Task<> task) {
  const auto progress = std::make_shared<Progress>();
  loop_.post([this, progress, task = std::move(task)]() mutable {
    spawn(follow(std::move(task), loop_, progress), "a test's task");
  });
  const auto timer = loop_.after(patience, [this] { loop_.stop(); });
  loop_.run();
  loop_.cancel(timer);
  if (progress->failure) std::rethrow_exception(progress->failure);
  if (!progress->ended) throw std::runtime_error("the test's task does not end");
}

std::unique_ptr<Sandbox> SandboxTest::create(Shape shape) {
  if (!client_) startLauncher();
  std::unique_ptr<Sandbox> sandbox;
  run(createOne(*client_, shape, sandbox));
  return sandbox;
}

void SandboxTest::adopt(Sandbox& sandbox, Adoption adoption) {
  run(sandbox.adopt(std::move(adoption)));
}

Told SandboxTest::tell(Sandbox& sandbox, const std::vector<std::string>& argv,
                       const std::vector<std::string>& environment, const std::string& cwd) {
  sandbox.start(argv, environment, cwd);
  return tellEnd(sandbox);
}

Told SandboxTest::tellEnd(Sandbox& sandbox) {
  Told told;
  run(tellOne(loop_, sandbox, told));
  return told;
}

Told SandboxTest::script(const std::string& text, Way way) {
  if (way == Way::copy) {
    const auto quoted = toHex(text);
    return inCopy(fmt::format(
        "os.execve('/bin/sh', ['/bin/sh', '-c', bytes.fromhex('{}')], {{'PATH': '/usr/bin:/bin'}})",
        quoted));
  }
  const auto sandbox = create();
  return tell(*sandbox, {"/bin/sh", "-c", text}, {"PATH=/usr/bin:/bin"});
}

Program SandboxTest::reader() {
  return {.argv = {"/usr/bin/python3", "-S", "-c",
                   "import os, sys\n"
                   "os.environ.pop('OPENFC_ZYGOTE')\n"
                   "if os.fork(): os._exit(1)\n"
                   "exec(b''.join(iter(lambda: os.read(3, 1), b'\\0')).decode())\n"},
          .environment = {"GREETING=hello"}};
}

bool SandboxTest::copy(Sandbox& sandbox, const std::string& text, const Program& program) {
  bool copied = false;
  run(copyInto(sandbox, program, copied));
  if (!copied) return false;
  control_ = sandbox.takeControl();
  writeAll(control_.get(), text + '\0');
  return true;
}

Told SandboxTest::inCopy(const std::string& text) {
  const auto sandbox = create();
  if (!copy(*sandbox, text)) return {.output = "there is no copy", .exit = {}};
  return tellEnd(*sandbox);
}

Task<> SandboxTest::sayHello(net::EventLoop& loop, Sandbox& sandbox) {
  for (;;) {
    Fd socket = co_await sandbox.socket();
    bool connected = true;
    try {
      co_await loop.connectLocal(socket.get(), 9000, SteadyTime::max());
    } catch (const SystemError&) {
      connected = false;
    }
    if (!connected) {
      co_await sleepFor(loop, std::chrono::milliseconds(1));
      continue;
    }
    const auto stream = loop.adopt(std::move(socket));
    const std::array<std::string_view, 1> parts{"hello"};
    co_await stream->write(parts, SteadyTime::max());
    co_return;
  }
}

bool SandboxTest::eventually(const std::function<bool()>& wanted) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!wanted()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    ::poll(nullptr, 0, 2);
  }
  return true;
}

std::vector<std::string> SandboxTest::groups() const {
  std::vector<std::string> found;
  const auto layout = launcher::layoutOf(launcher::readFile("/proc/self/mountinfo"),
                                         launcher::readFile("/proc/self/cgroup"));
  for (const std::string& parent : layout.directories()) {
    for (const auto& entry : fs::directory_iterator(parent)) {
      const std::string name = entry.path().filename();
      if (name.starts_with("openfc-" + scope_ + ".")) found.push_back(entry.path());
    }
  }
  return found;
}

}  // namespace openfc::sandbox
