#pragma once

#include "base/clock.h"

#include <map>
#include <string>
#include <string_view>

namespace openfc::package {

/// What an S3-compatible service signs of a request, in the forms in which it signs it.
struct SignableRequest {
  std::string method;
  std::string path;                            // percent-encoded, as sent
  std::string query;                           // encoded and sorted; "" = none
  std::map<std::string, std::string> headers;  // lower-case names: at least host and x-amz-date
  std::string payloadHash;                     // hex SHA-256 of the body
};

struct Credentials {
  std::string accessKeyId;
  std::string accessKeySecret;
};

/// "20130524T000000Z", the form of x-amz-date.
std::string toAmzDate(Time time);

/// The Authorization header of AWS Signature Version 4 for the service `s3`. Pure.
std::string signV4(const SignableRequest& request, const Credentials& credentials,
                   std::string_view region);

}  // namespace openfc::package
