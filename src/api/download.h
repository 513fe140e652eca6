#pragma once

#include "api/context.h"
#include "api/functions.h"
#include "schema/shape.h"

#include <cstdint>
#include <optional>
#include <string>

/// GetFunctionCode and the signed URLs that it hands out.
namespace openfc::api {

struct FunctionCode {
  std::string url;
  std::string checksum;
};

struct DownloadCode {
  std::string digest;
  std::int64_t expires = 0;
  std::string checksum;
  std::string signature;
};

const schema::Shape& shapeOf(const FunctionCode*);
const schema::Shape& shapeOf(const DownloadCode*);

/// Where clients reach the server: as the operator says, else as this client has reached it. No
/// slash at its end.
std::string baseUrl(const Context& context);
/// A URL that gives the bytes of a package for a while to whoever holds it. `checksum` is sent
/// along with them.
std::string downloadUrl(const Context& context, const std::string& digest,
                        const std::string& checksum);

Task<FunctionCode> getFunctionCode(Context context, GetFunction input);
/// The bytes of a package for whoever holds a URL that has not expired.
Task<http::Response> downloadCode(Context context, DownloadCode input);

}  // namespace openfc::api
