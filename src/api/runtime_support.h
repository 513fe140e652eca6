#pragma once

#include "runtime/catalogue.h"
#include "schema/shape.h"

#include <set>
#include <string>
#include <vector>

/// Which runtimes run on this machine, for those who make functions of others.
namespace openfc::api {

/// One runtime, as programs that deploy want to know it.
struct RuntimeState {
  std::string runtime;
  bool available = false;
  std::string note;  // why not, and what to do about it; "" = it runs
};

const schema::Shape& shapeOf(const RuntimeState*);

/// Functions of any runtime of the API are taken; who makes one that cannot run here is told, or
/// refused where the operator wants that. Belongs to the loop.
class RuntimeSupport {
public:
  enum class Unavailable { warned, refused };

  /// The catalogue outlives it.
  RuntimeSupport(const runtime::Catalogue& catalogue, Unavailable unavailable)
      : catalogue_(catalogue), unavailable_(unavailable) {}

  /// Throws Error{invalidArgument} for a runtime that cannot run here where such are refused.
  void check(const std::string& runtime) const;
  /// What the answer to a function's creation or change warns of; "" = nothing. The server's log
  /// has it once for each runtime.
  std::string warning(const std::string& runtime);
  /// All runtimes of the API, in the catalogue's order.
  std::vector<RuntimeState> states() const;

private:
  const runtime::Catalogue& catalogue_;
  Unavailable unavailable_;
  std::set<std::string> logged_;
};

}  // namespace openfc::api
