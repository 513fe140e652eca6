#pragma once

#include "base/loop.h"

#include <memory>
#include <set>
#include <string>

namespace openfc::sandbox::plain {

/// Kills this user's processes that were started as, or by, one of these instances: their
/// environment names it.
void endProcessesOf(const std::set<std::string>& instances);

/// Ends what left the process group of an instance that has ended. Looking for it costs a walk
/// through /proc, so that one serves all instances of a moment. Belongs to the loop.
class Strays : public std::enable_shared_from_this<Strays> {
public:
  explicit Strays(Loop& loop) : loop_(loop) {}
  void lookFor(const std::string& instance);
  /// The factory goes, and looks itself.
  void end() { ended_ = true; }

private:
  Loop& loop_;
  bool ended_ = false;
  std::set<std::string> instances_;
};

}  // namespace openfc::sandbox::plain
