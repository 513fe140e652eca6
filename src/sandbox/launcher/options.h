#pragma once

#include "sandbox/launcher/network.h"
#include "sandbox/launcher/zygote.h"

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace openfc::sandbox::launcher {

/// What whoever starts the launcher decides; all of it is trusted.
struct Options {
  int socket = 3;        // to the server
  std::string packages;  // holds one directory per digest
  std::string runtimes;  // bootstraps
  std::string init;      // the program openfc-init
  std::string scope = "default";
  uid_t uidBase = 950'000'000;
  unsigned uidCount = 4096;              // also the most sandboxes at a time
  unsigned reserve = 4;                  // sandboxes built ahead of requests
  std::uint64_t memory = 0;              // bytes of all sandboxes; 0 = as much as there is
  bool withoutLimits = false;            // goes on where control groups cannot be had
  std::string zygoteLibrary;             // the library openfc-zygote.so
  unsigned zygoteCopies = 500;           // until another one takes a zygote's place
  std::vector<ZygoteProgram> zygotes;    // by number
  std::string trusted;                   // a certificate (PEM) that programs in sandboxes trust
  std::vector<std::string> shares;       // directories that functions may mount, by number
  unsigned sharePatience = 5000;         // milliseconds until one that does not answer is refused
  std::optional<NetworkConfig> network;  // nothing: sandboxes have loopback only
};

/// Throws std::runtime_error naming the argument.
Options parseOptions(std::span<const char* const> arguments);

/// Letters, digits, '-', '_' and '.', at most 32: it becomes a part of names of control groups and
/// links.
bool validScope(const std::string& scope);

}  // namespace openfc::sandbox::launcher
