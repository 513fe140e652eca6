#pragma once

#include "sandbox/launcher/defences.h"

#include <linux/filter.h>
#include <sys/resource.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>

/// What the launcher and a zygote tell each other (docs/launcher-protocol.md): packets of one
/// machine, between programs of one build.
namespace openfc::sandbox::zygote {

/// The launcher's first message, before any order: what is the same for all copies. The filter's
/// `filterLength` instructions follow.
struct Settings {
  launcher::Defences defences;
  rlim_t files = 0;
  std::uint32_t filterLength = 0;
};
constexpr std::size_t longestFilter = 4096;

/// Be copied into a sandbox. With it come descriptors: init's pidfd, the control socket, the output
/// pipe and the entrances of the sandbox's control groups.
struct CopyOrder {
  std::uint32_t id = 0;  // of the sandbox
  uid_t user = 0;
};
constexpr std::size_t descriptorsBeforeEntrances = 3;

enum class Said : std::uint32_t {
  ready,   // by the zygote: it waits for orders
  copied,  // by the zygote; with it comes the copy's pidfd
  placed,  // by the copy: it is in the sandbox, with nothing left of the zygote's
  failed,  // by either: `step` failed with `error`, and there is no copy
};

struct Report {
  Said said = Said::ready;
  std::uint32_t id = 0;  // of the sandbox
  pid_t process = 0;     // with Said::copied, the copy as the launcher sees it
  std::int32_t error = 0;
  char step[48] = {};  // ends with a zero byte
};

}  // namespace openfc::sandbox::zygote
