#pragma once

#include "api/context.h"
#include "schema/read.h"
#include "schema/shape.h"

#include <optional>
#include <string>
#include <string_view>

namespace openfc::api {

/// Where a function's code comes from: one of the two forms.
struct CodeInput {
  std::string zipFile;  // base64
  std::string ossBucketName;
  std::string ossObjectName;
};

const schema::Shape& shapeOf(const CodeInput*);

/// Whether either form is given, be it in part.
bool given(const CodeInput& code);
/// The rule of one form only.
void check(const CodeInput& code, schema::Problems& problems);

/// Fetches or decodes the code, compares it with the caller's checksum ("" = none), checks the ZIP
/// and stores it. Throws Error{invalidArgument, entityTooLarge}.
Task<package::Package> storeCode(Context context, CodeInput code, std::string checksum,
                                 std::string runtime);

}  // namespace openfc::api
