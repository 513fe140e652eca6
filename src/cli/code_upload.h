#pragma once

#include "cli/command.h"

#include <boost/json/fwd.hpp>

#include <cstdint>
#include <string>

namespace openfc::cli {

/// "12.3 MB"
std::string megabytes(std::uint64_t bytes);

/// Refuses a package that the server would not take: more than its limit for code in a request, or,
/// where `inBucket`, in a bucket. A server that does not tell its limits refuses for itself. Throws
/// UsageError that says how large it is and may be.
void checkSize(const Session& session, std::uint64_t size, bool inBucket);

/// Puts the package into a bucket of the server and returns the member `code` that names it.
boost::json::object putIntoBucket(const Session& session, const std::string& bucket,
                                  const std::string& object, const std::string& zip);

/// Shows how much of a request has gone.
Client::Progress uploadProgress(const Session& session);

}  // namespace openfc::cli
