#include "auth/canonical.h"

#include "base/encoding.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace openfc::auth {
namespace {

constexpr std::string_view triggerPrefix = "/2016-08-15/proxy/";
constexpr std::string_view headerPrefix = "x-fc-";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool lowerLess(std::string_view a, std::string_view b) {
  return std::ranges::lexicographical_compare(a, b, [](char x, char y) {
    return static_cast<unsigned char>(lower(x)) < static_cast<unsigned char>(lower(y));
  });
}

bool isFcHeader(std::string_view name) {
  return name.size() >= headerPrefix.size() &&
         sameIgnoringCase(name.substr(0, headerPrefix.size()), headerPrefix);
}

void appendHeaderLines(std::string& out, std::vector<const http::Header*>& headers) {
  // Equal names by position: of a repeated name the first value is signed.
  std::ranges::sort(headers, [](const http::Header* a, const http::Header* b) {
    const std::string_view first = trimmed(a->name);
    const std::string_view second = trimmed(b->name);
    return lowerLess(first, second) || (!lowerLess(second, first) && a < b);
  });
  std::string_view last;
  for (const http::Header* header : headers) {
    const std::string_view name = trimmed(header->name);
    if (sameIgnoringCase(name, last)) continue;
    last = name;
    for (char c : name) out += lower(c);
    out += ':';
    out += header->value;
    out += '\n';
  }
}

/// Calls `use(key, value, hasValue)` for each parameter; empty pieces (`a=1&&b=2`) are none.
template <class Use>
void forEachParameter(std::string_view rawQuery, const Use& use) {
  while (!rawQuery.empty()) {
    const auto end = std::min(rawQuery.find('&'), rawQuery.size());
    const std::string_view piece = rawQuery.substr(0, end);
    rawQuery.remove_prefix(std::min(end + 1, rawQuery.size()));
    if (piece.empty()) continue;
    const auto equals = piece.find('=');
    if (equals == std::string_view::npos) {
      use(piece, std::string_view(), false);
    } else {
      use(piece.substr(0, equals), piece.substr(equals + 1), true);
    }
  }
}

/// The signed form of one parameter. Nothing: an invalid escape.
std::optional<std::string> lineOf(std::string_view key, std::string_view value, bool hasValue,
                                  BareKeys bareKeys) {
  std::optional<std::string> line = percentDecode(key, Plus::blank);
  if (!line) return std::nullopt;
  const bool exchange = value.empty() && bareKeys == BareKeys::exchanged;
  if (hasValue != exchange) *line += '=';
  const auto decoded = percentDecode(value, Plus::blank);
  if (!decoded) return std::nullopt;
  return std::move(*line) + *decoded;
}

bool isSignature(std::string_view key) {
  const auto decoded = percentDecode(key, Plus::blank);
  return decoded && *decoded == signatureParameter;
}

bool appendQueryLines(std::string& out, std::string_view rawQuery, Spelling spelling) {
  std::vector<std::string> lines;
  bool valid = true;
  forEachParameter(rawQuery, [&](std::string_view key, std::string_view value, bool hasValue) {
    if (spelling.query == Query::withoutSignature && isSignature(key)) return;
    auto line = lineOf(key, value, hasValue, spelling.bareKeys);
    valid = valid && line.has_value();
    if (line) lines.push_back(std::move(*line));
  });
  std::ranges::sort(lines);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out += '\n';
    out += lines[i];
  }
  return valid;
}

}  // namespace

Form formOf(std::string_view path) {
  return path.starts_with(triggerPrefix) ? Form::trigger : Form::ordinary;
}

void appendHead(std::string& out, const http::Request& request, std::string_view date) {
  std::string_view contentMd5;
  std::string_view contentType;
  std::vector<const http::Header*> fcHeaders;
  for (const http::Header& header : request.headers.all()) {
    const std::string_view name = trimmed(header.name);
    if (isFcHeader(name)) {
      fcHeaders.push_back(&header);
    } else if (contentMd5.empty() && sameIgnoringCase(name, "content-md5")) {
      contentMd5 = header.value;
    } else if (contentType.empty() && sameIgnoringCase(name, "content-type")) {
      contentType = header.value;
    }
  }
  for (const std::string_view line :
       {std::string_view(request.method), contentMd5, contentType, date}) {
    out += line;
    out += '\n';
  }
  appendHeaderLines(out, fcHeaders);
}

bool appendResource(std::string& out, const http::Request& request, Form form, Spelling spelling) {
  const std::string_view path = request.rawPath();
  if (spelling.path == PathSpelling::raw || path.find('%') == std::string_view::npos) {
    out += path;
  } else {
    const auto decoded = percentDecode(path, Plus::keep);
    if (!decoded) return false;
    out += *decoded;
  }
  if (form == Form::ordinary) return true;
  out += '\n';
  return appendQueryLines(out, request.rawQuery(), spelling);
}

std::string stringToSign(const http::Request& request, std::string_view date, Form form,
                         Spelling spelling) {
  std::string text;
  text.reserve(512);
  appendHead(text, request, date);
  if (!appendResource(text, request, form, spelling)) throw invalidEscape(request);
  return text;
}

std::string queryValue(std::string_view rawQuery, std::string_view name) {
  std::optional<std::string> found;
  forEachParameter(rawQuery, [&](std::string_view key, std::string_view value, bool) {
    if (!found && percentDecode(key, Plus::blank) == name)
      found = percentDecode(value, Plus::blank);
  });
  return found.value_or("");
}

Error invalidEscape(const http::Request& request) {
  return invalidArgument("the request target holds an invalid percent escape: '" +
                         request.target.substr(0, 256) + "'");
}

bool hasBareKeys(std::string_view rawQuery) {
  bool bare = false;
  forEachParameter(rawQuery, [&](std::string_view, std::string_view value, bool) {
    bare = bare || value.empty();
  });
  return bare;
}

}  // namespace openfc::auth
