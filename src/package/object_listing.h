#pragma once

#include "package/object_files.h"

#include <sys/stat.h>

/// What object_files.cpp needs of files and directories; not for other rooms.
namespace openfc::package {

Time modifiedOf(const struct stat& status);

/// What a file tells of its object: what stamp() has left, if the file is as it was then.
ObjectState stateOf(int file);
/// Leaves MD5 (hex), checksum and headers with a file. Throws ObjectError{noMetadata} when the file
/// system keeps none and there are headers to keep.
ObjectState stamp(int file, std::string md5, std::uint64_t crc64, ObjectHeaders headers);

/// The names in a directory, without `.` and `..`. Throws SystemError.
std::vector<std::string> namesIn(int directory);
void listObjects(int directory, const ObjectQuery& query, ObjectPage& page);

}  // namespace openfc::package
