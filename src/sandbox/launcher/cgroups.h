#pragma once

#include "base/fd.h"
#include "sandbox/launcher/birth.h"
#include "sandbox/launcher/cgroup_worlds.h"
#include "sandbox/launcher/defences.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace openfc::sandbox::launcher {

/// The control group of one sandbox, in every hierarchy that there is. The destructor kills what
/// lives in it and removes it; what the kernel does not yet let go stays for the next sweep.
class Group {
public:
  Group(const Layout& layout, std::string name, Defences defences);
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;
  ~Group();

  /// Writing "0" to all of these moves the writer into the group.
  Entrances entrances() const;
  /// Whoever is born in the group is there.
  void closeEntrances() { entrances_.clear(); }
  /// For one more. Throws SystemError.
  std::vector<Fd> openEntrances() const;
  /// `memory` in bytes, processes in proportion to it; processor time as what has `weight` bytes of
  /// memory gets it. Throws SystemError.
  void limit(std::uint64_t memory, std::uint64_t weight);
  /// Files for the server, without a descriptor where the world has none.
  Fd openFreeze() const;
  Fd openKill() const;
  Fd openUsage() const;
  Fd openPeak() const;
  /// Readable when the memory limit was hit and the kernel leaves it to us to kill the rest of the
  /// group; only v1.
  int oomEvent() const { return oomEvent_.get(); }
  /// Whether it was hit; makes oomEvent() unreadable.
  bool takeOomEvent();
  /// Whether the memory limit has killed a process of the group.
  bool outOfMemory();
  /// Bytes that are charged to it at this moment.
  std::uint64_t usage() const;
  /// The number of the process that was started last; 0 = there is none.
  pid_t lastProcess() const;
  /// Kills every process of the group, frozen or not. False: there is no way to.
  bool kill() const;
  /// Whether all its directories are gone.
  bool remove();

private:
  std::string in(const std::string& base, std::string_view file) const;
  void watchMemory();
  void limitProcesses(std::uint64_t memory);
  /// Whether it is this group that is out of memory, and not one above it: the kernel has killed a
  /// process of it, or is about to, because it is full.
  bool overflows() const;

  const Layout& layout_;
  std::string name_;
  Defences defences_;
  std::vector<std::string> directories_;
  std::vector<Fd> entrances_;
  Fd oomCounter_;
  Fd oomEvent_;
  bool oomSeen_ = false;
  std::uint64_t memory_ = 0;  // the limits that are set
  unsigned processes_ = 0;
};

/// The part of the control groups that one launcher owns. The destructor removes what remove() has
/// not.
class Cgroups {
public:
  /// Removes what launchers of this scope that are gone left behind, with all processes in it.
  /// `memory`: what all sandboxes may use together; 0 = as much as there is.
  Cgroups(const std::string& scope, std::uint64_t memory, Defences defences);
  ~Cgroups();
  Cgroups(const Cgroups&) = delete;
  Cgroups& operator=(const Cgroups&) = delete;

  /// Kills what is in them and removes them; gives up at the deadline, but tries once.
  void remove(std::chrono::steady_clock::time_point deadline);

  const Layout& layout() const { return layout_; }
  const std::vector<std::string>& shortcomings() const { return shortcomings_; }
  /// The first of them by which a function could take the machine; "" = none.
  const std::string& limitless() const { return limitless_; }

private:
  void makeBases(const std::string& scope);
  void noteShortcomings();
  void limitAll(std::uint64_t memory, Defences defences);

  Layout layout_;  // of the bases
  std::vector<std::string> bases_;
  std::vector<std::string> shortcomings_;
  std::string limitless_;
};

}  // namespace openfc::sandbox::launcher
