#pragma once

#include "api/operation.h"
#include "cli/command.h"
#include "schema/shape.h"

#include <boost/json/fwd.hpp>

#include <functional>
#include <string>
#include <vector>

/// What commands that stand for an operation of the API have in common: its input's fields as
/// flags.
namespace openfc::cli {

/// Calls `use` with each field that a client may set; a name once, that of the path first.
void forEachInput(const api::Operation& operation,
                  const std::function<void(const schema::Field&)>& use);

/// The flag for a field: its documentation, its rules and how it is written.
Option optionOf(const schema::Field& field);

/// What a flag says as the JSON that its field takes; structured values may come from @FILE. What
/// is none is left to the server to refuse. Throws UsageError.
boost::json::value valueOf(const Session& session, const schema::Field& field,
                           const std::string& text);

/// The request with these arguments. `body` holds members that are set already; arguments win over
/// them. Throws UsageError.
http::Request requestOf(const Session& session, const api::Operation& operation,
                        const Arguments& arguments, boost::json::object body);

}  // namespace openfc::cli
