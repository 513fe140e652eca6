#pragma once

#include <stdexcept>

namespace openfc::sandbox::launcher {

/// What a function asks for cannot be had: its owner is told, and nothing is wrong with the
/// launcher.
class Refusal : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

}  // namespace openfc::sandbox::launcher
