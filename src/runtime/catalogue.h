#pragma once

#include "runtime/worker.h"

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace openfc::runtime {

enum class Language { python, nodejs, java, php, dotnet, go, custom, container };

/// One runtime id of the API.
struct Row {
  std::string_view id;
  Language language;
  std::string_view version;                        // "12" of nodejs12; part of NODE_PATH
  std::span<const std::string_view> interpreters;  // absolute paths, best first
  std::string_view lack;     // why nothing can run it; "" = the first interpreter that exists does
  std::string_view package;  // of Debian, that brings an interpreter; "" = none does
};

std::span<const Row> rows();
const Row* findRow(std::string_view id);

/// Managed runtimes speak frames on fd 3 (ManagedWorker); the others are HTTP servers
/// (CustomWorker).
bool isManaged(std::string_view id);

using Environment = std::map<std::string, std::string>;

/// Everything that the function's process has in its environment: the platform's defaults and this
/// server's, the user's variables over them, and FC's own variables over all. Pure.
Environment environmentOf(const Configuration& configuration);

/// What a custom runtime's process is started with: the configured command, else the package's
/// bootstrap.
std::vector<std::string> commandOf(const Configuration& configuration);

/// Whether a user's variable differs from what the pre-warmed process was started with and has its
/// effect only at the start of a process (LD_*, NODE_OPTIONS, PYTHONHASHSEED …). Custom runtimes
/// always do. Pure.
bool needsOwnStart(std::string_view runtime, const Environment& user);

/// What Sandbox::start takes.
struct Start {
  std::vector<std::string> argv;
  std::vector<std::string> environment;
  std::string cwd;

  bool operator==(const Start&) const = default;
};

/// The runtimes of this machine. A value, cheap to copy; thread-safe.
class Catalogue {
public:
  using Exists = std::function<bool(const std::string& path)>;
  static constexpr const char* defaultDirectory = "/var/fc/runtime";

  /// `directory` is where the sandbox sees the folder runtimes/; `exists` says whether a program is
  /// installed; `platform` is what this server adds to the environment of every process.
  explicit Catalogue(std::string directory = defaultDirectory, Exists exists = isExecutable,
                     Environment platform = {});
  /// In sandboxes.
  explicit Catalogue(Environment platform)
      : Catalogue(defaultDirectory, isExecutable, std::move(platform)) {}

  /// For Configuration::platform.
  const Environment& platform() const { return platform_; }

  /// Why this runtime cannot be used here and what to do about it, for clients; nothing = it can.
  std::optional<std::string> unavailable(std::string_view id) const;
  /// The program that runs it; nothing: none is installed, or it is not managed.
  std::optional<std::string> interpreterOf(std::string_view id) const;
  /// Instances of functions with the same key may come from the same pre-warmed process; nothing =
  /// start directly.
  std::optional<std::string> poolKey(std::string_view id, const Environment& user) const;
  /// A process that has seen no function yet. Throws std::invalid_argument for an id that is not
  /// available or not managed.
  Start generic(std::string_view id) const;
  /// The generic processes that may be made as copies of prepared ones: their bootstrap forks when
  /// its environment has OPENFC_ZYGOTE. Each once.
  std::vector<Start> copyable() const;
  /// A process of its own for this function. Managed runtimes still need Worker::load afterwards;
  /// the process behaves exactly as a generic one would.
  Start own(const Configuration& configuration) const;

  static bool isExecutable(const std::string& path);

private:
  std::optional<std::string> interpreter(const Row& row) const;
  std::vector<std::string> command(std::string_view id) const;

  std::string directory_;
  Exists exists_;
  Environment platform_;
};

}  // namespace openfc::runtime
