#pragma once

#include "api/context.h"

#include <string>

namespace openfc::api {

/// Writes the line of a call that changes something, or was refused to, to the audit log and
/// resumes when it is on disk. `etag` is the answer's. Does nothing for other calls.
Task<> audit(Context context, int status, std::string etag);

}  // namespace openfc::api
