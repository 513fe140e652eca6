#pragma once

#include "base/check.h"
#include "base/fd.h"
#include "base/task.h"
#include "net/event_loop.h"
#include "runtime/catalogue.h"
#include "runtime/managed_worker.h"

#include <boost/json.hpp>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

/// A runtime process without a sandbox, for tests: control socket on fd 3, output in a pipe.
namespace openfc::runtime::testing {

inline std::string sourcePath(const std::string& path) {
  return std::string(OPENFC_SOURCE_DIR) + "/" + path;
}

/// The runtimes of this machine, with the bootstraps of the source tree.
inline Catalogue machine() { return Catalogue(sourcePath("runtimes")); }

/// A function of tests/functions/runtime.
inline Configuration function(std::string runtime, std::string handler) {
  Configuration configuration;
  configuration.runtime = std::move(runtime);
  configuration.handler = std::move(handler);
  configuration.instanceId = "c-test";
  configuration.accountId = "1234567890";
  configuration.region = "cn-hangzhou";
  configuration.serviceName = "svc";
  configuration.functionName = "fn";
  configuration.codePath = sourcePath("tests/functions/runtime");
  return configuration;
}

inline Call call(std::string event = "", std::string requestId = "request-1") {
  Call result;
  result.requestId = std::move(requestId);
  result.event = std::move(event);
  return result;
}

enum class Way { pooled, copied, own };

/// The generic Python with a fork that is as a zygote's: it comes back in the copy only.
inline Start copied(Start generic) {
  const std::string bootstrap = generic.argv.back();
  generic.argv.back() = "-c";
  generic.argv.push_back(
      "import os, sys\n"
      "fork = os.fork\n"
      "def copy():\n"
      "  os.fork = fork\n"
      "  child = fork()\n"
      "  if child == 0: return 0\n"
      "  for fd in range(4): os.close(fd)\n"
      "  os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 0xff)\n"
      "os.fork = copy\n"
      "__file__ = '" +
      bootstrap +
      "'\n"
      "sys.path[0] = os.path.dirname(__file__)\n"
      "exec(open(__file__).read())\n");
  generic.environment.emplace_back("OPENFC_ZYGOTE=1");
  return generic;
}

inline Start startOf(const Catalogue& catalogue, const Configuration& configuration, Way way) {
  if (way == Way::own) return catalogue.own(configuration);
  Start generic = catalogue.generic(configuration.runtime);
  return way == Way::copied ? copied(std::move(generic)) : generic;
}

class Spawned {
public:
  explicit Spawned(const Start& start) {
    int sockets[2];
    int pipes[2];
    check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), "make a control socket");
    control_ = Fd(sockets[0]);
    const Fd theirs(sockets[1]);
    check(::pipe2(pipes, O_CLOEXEC), "make an output pipe");
    output_ = Fd(pipes[0]);
    const Fd writing(pipes[1]);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addchdir_np(&actions, start.cwd.c_str());
    ::posix_spawn_file_actions_adddup2(&actions, writing.get(), 1);
    ::posix_spawn_file_actions_adddup2(&actions, writing.get(), 2);
    ::posix_spawn_file_actions_adddup2(&actions, theirs.get(), 3);
    ::posix_spawn_file_actions_addclosefrom_np(&actions, 4);
    const int error =
        ::posix_spawn(&pid_, start.argv[0].c_str(), &actions, nullptr, pointers(start.argv).data(),
                      pointers(start.environment).data());
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0) throw SystemError(error, "start " + start.argv[0]);
  }
  ~Spawned() {
    ::kill(pid_, SIGKILL);
    if (!ended_) ::waitpid(pid_, nullptr, 0);
  }
  Spawned(const Spawned&) = delete;
  Spawned& operator=(const Spawned&) = delete;

  Fd takeControl() { return std::move(control_); }
  pid_t pid() const { return pid_; }
  void kill() const { ::kill(pid_, SIGKILL); }
  /// The wait status; waits for the end.
  int status() {
    int status = 0;
    check(::waitpid(pid_, &status, 0), "wait for the process");
    ended_ = true;
    return status;
  }
  /// What the process has printed and nobody has read yet, without waiting.
  std::string printed() const {
    std::string result(1 << 16, '\0');
    ::fcntl(output_.get(), F_SETFL, O_NONBLOCK);
    const auto count = ::read(output_.get(), result.data(), result.size());
    result.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return result;
  }

private:
  static std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> result;
    result.reserve(texts.size() + 1);
    for (const std::string& text : texts) result.push_back(const_cast<char*>(text.c_str()));
    result.push_back(nullptr);
    return result;
  }

  Fd control_;
  Fd output_;
  pid_t pid_ = -1;
  bool ended_ = false;
};

template <class T>
Task<> keep(Task<T> task, std::optional<T>* result, std::exception_ptr* failure,
            net::EventLoop* loop) {
  try {
    *result = co_await task;
  } catch (...) {
    *failure = std::current_exception();
  }
  loop->stop();
}

/// Runs the loop until the task has ended.
template <class T>
T await(net::EventLoop& loop, Task<T> task) {
  std::optional<T> result;
  std::exception_ptr failure;
  bool late = false;
  const auto timer = loop.after(std::chrono::seconds(60), [&] {
    late = true;
    loop.stop();
  });
  spawn(keep(std::move(task), &result, &failure, &loop), "test");
  while (!result && !failure && !late) loop.run();
  loop.cancel(timer);
  if (late) throw std::runtime_error("nothing came within 60 s");
  if (failure || !result) std::rethrow_exception(failure);
  return std::move(*result);
}

/// Runs what the loop has been given up to now, so that tasks which were told to end do so before
/// it goes.
inline void settle(net::EventLoop& loop) {
  loop.post([&loop] { loop.post([&loop] { loop.stop(); }); });
  loop.run();
}

inline std::string bodyOf(const Reply& reply) {
  if (const auto* success = std::get_if<Success>(&reply)) return success->body;
  if (const auto* failure = std::get_if<Failure>(&reply)) return "failure: " + failure->body;
  return "gone: " + std::get<Gone>(reply).reason;
}

/// Invokes on its own and keeps the answer.
inline Task<> invokeInto(Worker* worker, Call one, Reply* reply, OneShot<bool>* done) {
  *reply = co_await worker->invoke(std::move(one));
  done->give(true);
}

/// Two calls, "first" and "second", under way at the same time.
inline Task<std::pair<std::string, std::string>> both(Worker* worker, std::string event = "") {
  Reply first;
  OneShot<bool> done;
  spawn(invokeInto(worker, call(event, "first"), &first, &done), "first call");
  const Reply second = co_await worker->invoke(call(event, "second"));
  co_await done;
  co_return std::pair(bodyOf(first), bodyOf(second));
}

/// A managed runtime's process and the worker that speaks with it.
class Guest {
public:
  explicit Guest(Configuration configuration, Way way = Way::pooled)
      : configuration_(std::move(configuration)),
        process_(startOf(machine(), configuration_, way)),
        worker_(std::make_unique<ManagedWorker>(loop_.adopt(process_.takeControl()))) {}

  ~Guest() {
    worker_.reset();
    settle(loop_);
  }
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;

  Reply load() { return await(loop_, worker_->load(configuration_)); }
  Reply initialize(Call one) { return await(loop_, worker_->initialize(std::move(one))); }
  Reply invoke(Call one) { return await(loop_, worker_->invoke(std::move(one))); }
  /// Loads, and answers one event.
  Reply answer(std::string event) {
    Reply loaded = load();
    return std::holds_alternative<Success>(loaded) ? invoke(call(std::move(event))) : loaded;
  }
  std::pair<std::string, std::string> invokeBoth() { return await(loop_, both(worker_.get())); }
  net::EventLoop& loop() { return loop_; }
  ManagedWorker& worker() { return *worker_; }
  Spawned& process() { return process_; }

private:
  net::EventLoop loop_;
  Configuration configuration_;
  Spawned process_;
  std::unique_ptr<ManagedWorker> worker_;
};

/// The answer of a fresh instance of `handler` to one event.
inline std::string answerOf(const std::string& runtime, const std::string& handler,
                            std::string event = "") {
  Guest guest(function(runtime, handler));
  return bodyOf(guest.answer(std::move(event)));
}

/// The error JSON of a failed answer, read.
inline boost::json::object errorOf(const Reply& reply) {
  return boost::json::parse(std::get<Failure>(reply).body).as_object();
}

}  // namespace openfc::runtime::testing
