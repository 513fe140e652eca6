#pragma once

#include "package/zip_directory.h"

#include <locale.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

struct archive;
struct archive_entry;

namespace openfc::package {

/// What libarchive says of the entry that was reached.
struct Header {
  unsigned mode = 0;  // type and permission bits
  bool hardLink = false;
  std::string target;  // of a symbolic link
};

/// The calling thread's characters are UTF-8 while this lives.
class Utf8Characters {
public:
  Utf8Characters();
  Utf8Characters(const Utf8Characters&) = delete;
  Utf8Characters& operator=(const Utf8Characters&) = delete;
  ~Utf8Characters();

private:
  locale_t utf8_;
  locale_t before_;
};

/// libarchive on a ZIP in memory, entry by entry. Failures throw Error{invalidArgument}; Stopped
/// once `stop` is requested. Used by one thread.
class ZipReader {
public:
  explicit ZipReader(std::string_view zip, std::stop_token stop = {});
  ZipReader(const ZipReader&) = delete;
  ZipReader& operator=(const ZipReader&) = delete;

  /// Nothing: the end. `name` is for messages.
  std::optional<Header> next(std::string_view name);
  /// The next bytes of the entry; empty: its end.
  std::string_view read(std::string_view name);

private:
  struct Free {
    void operator()(archive* reader) const;
  };
  // libarchive converts links' targets to the thread's locale; in UTF-8 that changes nothing.
  Utf8Characters characters_;
  std::stop_token stop_;
  std::unique_ptr<archive, Free> archive_;
};

}  // namespace openfc::package
