#include "package/zip_reader.h"

#include "base/error.h"
#include "base/workers.h"
#include "package/entry_names.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/core.h>

namespace openfc::package {
namespace {

[[noreturn]] void refuse(archive* reader, std::string_view name) {
  const char* reason = archive_error_string(reader);
  refuseEntry(name, fmt::format("cannot be unpacked: {}", reason != nullptr ? reason : "damaged"));
}

}  // namespace

void ZipReader::Free::operator()(archive* reader) const { archive_read_free(reader); }

Utf8Characters::Utf8Characters()
    : utf8_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)), before_(uselocale(utf8_)) {}

Utf8Characters::~Utf8Characters() {
  uselocale(before_);
  if (utf8_ != nullptr) freelocale(utf8_);
}

ZipReader::ZipReader(std::string_view zip, std::stop_token stop)
    : stop_(std::move(stop)), archive_(archive_read_new()) {
  archive_read_support_format_zip_seekable(archive_.get());
  if (archive_read_open_memory(archive_.get(), zip.data(), zip.size()) != ARCHIVE_OK) {
    throw invalidArgument("code.zip: not a valid ZIP archive");
  }
}

std::optional<Header> ZipReader::next(std::string_view name) {
  if (stop_.stop_requested()) throw Stopped();
  archive_entry* entry = nullptr;
  const int result = archive_read_next_header(archive_.get(), &entry);
  if (result == ARCHIVE_EOF) return std::nullopt;
  if (result != ARCHIVE_OK) refuse(archive_.get(), name);
  const char* target = archive_entry_symlink(entry);
  return Header{.mode = archive_entry_mode(entry),
                .hardLink = archive_entry_hardlink(entry) != nullptr,
                .target = target != nullptr ? target : ""};
}

std::string_view ZipReader::read(std::string_view name) {
  while (true) {
    if (stop_.stop_requested()) throw Stopped();
    const void* bytes = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    const int result = archive_read_data_block(archive_.get(), &bytes, &size, &offset);
    if (result == ARCHIVE_EOF) return {};
    if (result != ARCHIVE_OK) refuse(archive_.get(), name);
    if (size > 0) return {static_cast<const char*>(bytes), size};
  }
}

}  // namespace openfc::package
