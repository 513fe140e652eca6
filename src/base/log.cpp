#include "base/log.h"

#include "base/time_text.h"

#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>

namespace openfc::log {
namespace {

constexpr std::array<std::string_view, 4> levelNames = {"debug", "info", "warn", "error"};

std::atomic<Level> lowest{Level::info};
std::atomic<Format> chosen{Format::json};

/// Length of the valid UTF-8 sequence at the start of `text`; 0 = none.
std::size_t sequenceLength(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 && first < 0xf5   ? 4
                             : first >= 0xe0 && first < 0xf0 ? 3
                             : first >= 0xc2 && first < 0xe0 ? 2
                                                             : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  if (first == 0xe0 && byte(1) < 0xa0) return 0;   // overlong
  if (first == 0xed && byte(1) >= 0xa0) return 0;  // surrogate
  if (first == 0xf0 && byte(1) < 0x90) return 0;   // overlong
  if (first == 0xf4 && byte(1) >= 0x90) return 0;  // beyond U+10FFFF
  return length;
}

void appendCharacter(std::string& out, char c) {
  if (c == '"' || c == '\\') {
    out += '\\';
    out += c;
  } else if (c == '\n') {
    out += "\\n";
  } else if (c == '\t') {
    out += "\\t";
  } else if (c == '\r') {
    out += "\\r";
  } else if (static_cast<unsigned char>(c) < 0x20) {
    out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
  } else {
    out += c;
  }
}

void appendValue(std::string& out, const Field& field) {
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    appendJson(out, *text);
  } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
    out += std::to_string(*number);
  } else if (const auto* real = std::get_if<double>(&field.value)) {
    out += fmt::format("{:.3f}", *real);
  } else {
    out += std::get<bool>(field.value) ? "true" : "false";
  }
}

std::string jsonLine(Level level, std::string_view message, Fields fields) {
  std::string line = fmt::format(R"({{"ts":"{}","level":"{}","msg":)",
                                 toIsoMillis(std::chrono::system_clock::now()),
                                 levelNames[static_cast<std::size_t>(level)]);
  appendJson(line, message);
  for (const Field& field : fields) {
    line += ',';
    appendJson(line, field.name);
    line += ':';
    appendValue(line, field);
  }
  return line + "}\n";
}

std::string textLine(Level level, std::string_view message, Fields fields) {
  std::string line = fmt::format("{} {:5} {}", toIsoMillis(std::chrono::system_clock::now()),
                                 levelNames[static_cast<std::size_t>(level)], message);
  for (const Field& field : fields) {
    line += fmt::format(" {}=", field.name);
    appendValue(line, field);
  }
  return line + '\n';
}

}  // namespace

void setUp(Level level, Format format) {
  lowest = level;
  chosen = format;
}

bool enabled(Level level) { return level >= lowest.load(std::memory_order_relaxed); }

void write(Level level, std::string_view message, Fields fields) {
  if (!enabled(level)) return;
  const std::string line = chosen.load(std::memory_order_relaxed) == Format::json
                               ? jsonLine(level, message, fields)
                               : textLine(level, message, fields);
  // One write a line: lines of several threads and processes do not mix. A full or closed pipe
  // loses the line, which is the reader's choice.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

void appendJson(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t length = sequenceLength(text);
    if (length == 0) {
      out += "\xef\xbf\xbd";
      text.remove_prefix(1);
    } else if (length == 1) {
      appendCharacter(out, text[0]);
      text.remove_prefix(1);
    } else {
      out += text.substr(0, length);
      text.remove_prefix(length);
    }
  }
  out += '"';
}

}  // namespace openfc::log
