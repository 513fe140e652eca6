#pragma once

#include "sandbox/mailbox.h"
#include "sandbox/plain/factory.h"
#include "sandbox/plain/places.h"

#include <signal.h>
#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace openfc::sandbox::plain {

/// A directory of its own and, once started, a process group.
class Process final : public Sandbox {
public:
  /// The directory beside those of the instances that stands for code and layers until adoption. It
  /// has a `lib`: the loader looks once at the start whether directories of libraries exist.
  static constexpr const char* nothing = "nothing";

  Process(net::EventLoop& loop, const Options& options, std::shared_ptr<Ports> ports,
          std::shared_ptr<Strays> strays);
  ~Process() override;

  const std::string& id() const override { return id_; }
  std::string seen(std::string_view text) const override { return translated(text, places_); }
  int port(int wanted) const override { return port_ == 0 ? wanted : port_; }
  void start(const std::vector<std::string>& argv, const std::vector<std::string>& environment,
             const std::string& cwd) override;
  Task<bool> fork(Program) override { co_return false; }
  Fd takeControl() override { return std::move(control_); }
  Fd takeOutput() override { return std::move(output_); }
  Task<> adopt(Adoption adoption) override;
  Task<Fd> socket() override;
  Task<std::unique_ptr<Visitor>> visit(VisitorProgram program) override;
  bool freeze() override { return signalGroup(SIGSTOP); }
  void thaw() override { signalGroup(SIGCONT); }
  void kill() override;
  Task<Exit> ended() override;
  std::uint64_t memory() const override;
  std::uint64_t peakMemory() const override;
  void resetPeak() override;

private:
  bool signalGroup(int signal) const;
  std::vector<std::string> variablesOf(const std::vector<std::string>& environment);
  std::uint64_t statusNumber(const char* key) const;
  static Task<> reap(net::EventLoop& loop, Fd pidfd, std::shared_ptr<Mailbox<Exit>> end,
                     std::shared_ptr<bool> running, std::function<void()> ended);

  net::EventLoop& loop_;
  Options options_;
  std::string id_;
  std::string directory_;
  std::vector<Place> places_;
  std::shared_ptr<Ports> ports_;
  std::shared_ptr<Strays> strays_;
  int port_ = 0;  // on which a custom runtime listens
  Fd control_;
  Fd output_;
  Fd innerControl_;
  Fd innerOutput_;
  pid_t process_ = 0;
  bool adopted_ = false;
  std::shared_ptr<bool> running_ = std::make_shared<bool>(false);
  std::shared_ptr<Mailbox<Exit>> end_ = std::make_shared<Mailbox<Exit>>();
};

}  // namespace openfc::sandbox::plain
