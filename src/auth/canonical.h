#pragma once

#include "base/error.h"
#include "http/message.h"

#include <string>
#include <string_view>

/// The text that a request's signature is computed over (api-spec 1.5). Pure functions.
namespace openfc::auth {

/// HTTP-trigger requests sign their query too.
enum class Form { ordinary, trigger };

/// The form that clients use for this path: trigger below /2016-08-15/proxy/. On a custom domain it
/// is trigger too, whatever the path, which only the caller knows.
Form formOf(std::string_view path);

/// Clients disagree about two details, so a signature is good when one of the spellings fits
/// (wire-contract 1.3, 2.4).
enum class PathSpelling { decoded, raw };
enum class BareKeys {
  asSent,
  exchanged
};  // exchanged: `key` signs as `key=` and the other way round
enum class Query { whole, withoutSignature };

struct Spelling {
  PathSpelling path = PathSpelling::decoded;
  BareKeys bareKeys = BareKeys::asSent;
  Query query = Query::whole;  // withoutSignature: pre-signed URLs leave x-fc-signature out
};

/// Names of the query parameters that replace the headers in a pre-signed URL.
inline constexpr std::string_view accessKeyParameter = "x-fc-access-key-id";
inline constexpr std::string_view expiresParameter = "x-fc-expires";
inline constexpr std::string_view signatureParameter = "x-fc-signature";
inline constexpr std::string_view tokenParameter = "x-fc-security-token";

/// Appends METHOD, Content-MD5, Content-Type, `date` and the x-fc-* headers, each with its line
/// end.
void appendHead(std::string& out, const http::Request& request, std::string_view date);

/// Appends the canonicalized resource. False: the target holds an invalid escape, and `out` ends
/// anywhere.
[[nodiscard]] bool appendResource(std::string& out, const http::Request& request, Form form,
                                  Spelling spelling);

/// Head and resource. Throws Error{invalidArgument} for an invalid escape.
std::string stringToSign(const http::Request& request, std::string_view date, Form form,
                         Spelling spelling = {});

/// First decoded value of a query parameter; "" = absent, empty or not decodable.
std::string queryValue(std::string_view rawQuery, std::string_view name);

/// The error for a target with an invalid escape.
Error invalidEscape(const http::Request& request);

/// Whether some parameter has no value, so that exchanging the forms of bare keys makes a
/// difference.
bool hasBareKeys(std::string_view rawQuery);

}  // namespace openfc::auth
