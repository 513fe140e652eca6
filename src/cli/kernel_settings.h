#pragma once

#include "cli/machine.h"

#include <filesystem>
#include <vector>

namespace openfc::cli {

/// What of the kernel's settings matters to whoever runs functions of several tenants: tables that
/// all processes share, and ways in which tenants learn from each other. `proc` and `sys`: where
/// these file systems are.
std::vector<Finding> examineKernelSettings(const std::filesystem::path& proc,
                                           const std::filesystem::path& sys);

}  // namespace openfc::cli
