#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace openfc {

/// Lower-case hex, two digits a byte.
std::string toHex(std::string_view bytes);
std::optional<std::string> fromHex(std::string_view text);

/// Standard base64 with padding. Decoding is strict: no blanks, no missing padding.
std::string toBase64(std::string_view bytes);
std::optional<std::string> fromBase64(std::string_view text);
/// The same where the text stands; returns how many bytes there are. The text is gone whatever
/// comes of it.
std::optional<std::size_t> decodeBase64(std::span<char> text);

/// Percent-decodes once; `+` becomes a blank only in `Plus::blank` (query parts). Nothing: an
/// invalid escape.
enum class Plus { keep, blank };
std::optional<std::string> percentDecode(std::string_view text, Plus plus);
/// Escapes all but unreserved characters and those in `keep`.
std::string percentEncode(std::string_view text, std::string_view keep = "");

/// Whether the two texts are equal but for the case of ASCII letters.
bool sameIgnoringCase(std::string_view a, std::string_view b);
std::string toLower(std::string_view text);
std::string_view trimmed(std::string_view text);

/// Digests as raw bytes.
std::string sha256(std::string_view bytes);
std::string hmacSha256(std::string_view key, std::string_view bytes);
/// Only for OSS, whose first signature is made of it.
std::string hmacSha1(std::string_view key, std::string_view bytes);
std::string md5(std::string_view bytes);

/// Compares without an early exit: the time tells nothing but the lengths.
bool sameInConstantTime(std::string_view a, std::string_view b);

}  // namespace openfc
