#pragma once

#include "sandbox/conversation.h"
#include "sandbox/sandbox.h"

#include <array>

namespace openfc::sandbox::launcher {

/// A sandbox of the launcher. What it does often goes to the kernel directly, by descriptors of
/// cgroup files.
class LaunchedSandbox final : public Sandbox {
public:
  using Files = std::array<Fd, fileCount>;
  /// `programs`: those that the launcher holds ready, by number.
  LaunchedSandbox(std::shared_ptr<Conversation> conversation, const Created& created, Files files,
                  std::shared_ptr<const std::vector<Program>> programs);
  ~LaunchedSandbox() override;

  const std::string& id() const override { return id_; }
  void start(const std::vector<std::string>& argv, const std::vector<std::string>& environment,
             const std::string& cwd) override;
  Task<bool> fork(Program program) override;
  Fd takeControl() override;
  Fd takeOutput() override;
  Task<> adopt(Adoption adoption) override;
  Task<Fd> socket() override;
  Task<std::unique_ptr<Visitor>> visit(VisitorProgram program) override;
  bool freeze() override;
  void thaw() override;
  void kill() override;
  Task<Exit> ended() override;
  std::uint64_t memory() const override;
  std::uint64_t peakMemory() const override;
  void resetPeak() override;
  std::uint64_t sharedMemory() const override { return shared_; }

private:
  int file(File which) const { return files_[static_cast<std::size_t>(which)].get(); }
  Fd take(File which) { return std::move(files_[static_cast<std::size_t>(which)]); }

  std::shared_ptr<Conversation> conversation_;
  std::uint32_t number_;
  std::string id_;
  Files files_;
  // Shared with the client, which may end first.
  std::shared_ptr<const std::vector<Program>> programs_;
  bool started_ = false;
  std::uint64_t shared_ = 0;
  std::shared_ptr<Mailbox<Exit>> end_;
};

}  // namespace openfc::sandbox::launcher
