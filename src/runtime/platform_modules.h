#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace openfc::runtime {

/// A module that the public image of a runtime carries, and that functions use without packing it.
struct PlatformModule {
  std::string_view name;
  std::string_view version;  // that of the image; "" = any
  bool compiled = false;     // of use only when somebody built it for this interpreter
};

/// What a managed runtime's image carries beside the interpreter; empty: nothing.
std::vector<PlatformModule> platformModulesOf(std::string_view runtime);

/// Where a runtime's modules stand below the folder runtimes/. Node.js finds them in node_modules
/// there, Python in lib/python3.x/site-packages: functions see nothing else of the machine's
/// modules.
std::filesystem::path modulesDirectory(const std::filesystem::path& runtimes,
                                       std::string_view runtime);

/// One that is there, as `openfc runtime modules install` noted it.
struct InstalledModule {
  std::string name;
  std::string version;
};

/// Those of a runtime, by name; empty: none were installed.
std::vector<InstalledModule> installedModules(const std::filesystem::path& runtimes,
                                              std::string_view runtime);
/// Notes that this one is there now. Throws std::runtime_error.
void noteInstalled(const std::filesystem::path& runtimes, std::string_view runtime,
                   const InstalledModule& module);

}  // namespace openfc::runtime
