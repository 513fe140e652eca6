#pragma once

#include <exception>
#include <string>
#include <string_view>

namespace openfc::oss {

/// A code of object storage, its status, and its message unless another is given.
struct ErrorRow {
  std::string_view code;
  int status;
  std::string_view message;
};

inline constexpr ErrorRow accessDenied{"AccessDenied", 403, "You are not authorized to do this."};
inline constexpr ErrorRow invalidAccessKeyId{
    "InvalidAccessKeyId", 403, "The OSS Access Key Id you provided does not exist in our records."};
inline constexpr ErrorRow signatureDoesNotMatch{
    "SignatureDoesNotMatch", 403,
    "The request signature we calculated does not match the signature you provided. Check your key "
    "and signing method."};
inline constexpr ErrorRow requestTimeTooSkewed{
    "RequestTimeTooSkewed", 403,
    "The difference between the request time and the current time is too large."};
inline constexpr ErrorRow noSuchBucket{"NoSuchBucket", 404, "The specified bucket does not exist."};
inline constexpr ErrorRow noSuchKey{"NoSuchKey", 404, "The specified key does not exist."};
inline constexpr ErrorRow invalidArgument{"InvalidArgument", 400, "An argument is not valid."};
inline constexpr ErrorRow invalidObjectName{"InvalidObjectName", 400,
                                            "The specified object is not valid."};
inline constexpr ErrorRow invalidDigest{
    "InvalidDigest", 400, "The Content-MD5 you specified did not match what we received."};
inline constexpr ErrorRow entityTooLarge{
    "EntityTooLarge", 400, "Your proposed upload exceeds the maximum allowed object size."};
inline constexpr ErrorRow fileAlreadyExists{
    "FileAlreadyExists", 409,
    "The object you specified already exists and can not be overwritten."};
inline constexpr ErrorRow invalidRange{"InvalidRange", 416,
                                       "The requested range cannot be satisfied."};
inline constexpr ErrorRow preconditionFailed{
    "PreconditionFailed", 412, "At least one of the pre-conditions you specified did not hold."};
inline constexpr ErrorRow methodNotAllowed{
    "MethodNotAllowed", 405, "The specified method is not allowed against this resource."};
inline constexpr ErrorRow slowDown{"SlowDown", 503, "Please reduce your request rate."};
inline constexpr ErrorRow notImplemented{"NotImplemented", 501,
                                         "You asked for something that is not implemented here."};
inline constexpr ErrorRow internalError{"InternalError", 500,
                                        "The server has encountered an internal error."};

/// Ends a request; the message is shown to the client.
class Error : public std::exception {
public:
  explicit Error(const ErrorRow& row) : Error(row, std::string(row.message)) {}
  Error(const ErrorRow& row, std::string message) : row_(row), message_(std::move(message)) {}
  const ErrorRow& row() const { return row_; }
  const std::string& message() const { return message_; }
  const char* what() const noexcept override { return message_.c_str(); }

private:
  ErrorRow row_;
  std::string message_;
};

}  // namespace openfc::oss
