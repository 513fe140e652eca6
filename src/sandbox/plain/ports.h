#pragma once

#include <set>

namespace openfc::sandbox::plain {

/// All instances share the machine's ports: each gets the one that it wants while it is free, and
/// else another.
class Ports {
public:
  /// A port on which nobody listens, to be given back. Throws SystemError.
  int take(int wanted);
  void giveBack(int port) { taken_.erase(port); }

private:
  std::set<int> taken_;
};

}  // namespace openfc::sandbox::plain
