#pragma once

#include "api/context.h"

#include <string>

namespace openfc::api {

/// Whether the call has a line in the audit log: it changes something, or was refused to.
bool audited(const Context& context);
/// Writes that line and resumes when it is on disk. `etag` is the answer's.
Task<> audit(Context context, int status, std::string etag);

}  // namespace openfc::api
