#pragma once

#include "package/entry_names.h"
#include "package/packages.h"

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace openfc::package {

/// One entry that may be unpacked.
struct Entry {
  std::string path;  // below the package's root; "" = the root itself
  Kind kind = Kind::file;
  bool executable = false;
  std::string target;  // of a link
};

/// Reads the whole archive, unpacking everything to nowhere, and checks every rule of names, kinds,
/// sizes and counts. In the order of the archive. Throws Error{invalidArgument} "code.zip: …".
/// Touches no file. Here and below: Stopped once `stop` is requested.
std::vector<Entry> checkZip(std::string_view zip, const Limits& limits, std::stop_token stop = {});

/// Unpacks into the empty directory of this descriptor, which nobody else writes to; `entries` are
/// what checkZip() said of the same bytes. Files get mode 0644 or 0755 and directories 0755,
/// whatever the umask. Throws SystemError or std::runtime_error.
void unpackZip(std::string_view zip, const std::vector<Entry>& entries, int directory,
               std::stop_token stop = {});

}  // namespace openfc::package
