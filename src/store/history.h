#pragma once

#include "store/documents.h"

#include <cstddef>
#include <optional>
#include <vector>

namespace openfc::store {

/// One call on one key as its client saw it, for the check of linearizability.
struct Call {
  enum class Kind { read, create, update, erase };
  Kind kind = Kind::read;
  Revision expected = 0;  // of update and erase
  bool accepted = true;   // false: the condition was not met
  Revision revision = 0;  // what a read saw (0 = absent) or an accepted write made
  std::size_t began = 0;  // places in the order of all events
  std::size_t ended = 0;
};

/// Whether one order of the calls exists that respects real time and in which each one answers as a
/// register with compare-and-swap would (the algorithm of Wing and Gong with Lowe's memory of
/// visited states).
bool linearizable(std::vector<Call> calls);

}  // namespace openfc::store
