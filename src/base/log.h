#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

/// Structured logs: one JSON object a line on standard error. Thread-safe.
namespace openfc::log {

enum class Level { debug, info, warn, error };
enum class Format { json, text };

struct Field {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, double, bool> value;

  Field(std::string_view n, std::string_view v) : name(n), value(v) {}
  Field(std::string_view n, const char* v) : name(n), value(std::string_view(v)) {}
  Field(std::string_view n, const std::string& v) : name(n), value(std::string_view(v)) {}
  Field(std::string_view n, bool v) : name(n), value(v) {}
  Field(std::string_view n, double v) : name(n), value(v) {}
  template <class Integer>
    requires std::is_integral_v<Integer>
  Field(std::string_view n, Integer v) : name(n), value(static_cast<std::int64_t>(v)) {}
};

using Fields = std::initializer_list<Field>;

/// What is below `level` is dropped. Call before other threads log.
void setUp(Level level, Format format);
bool enabled(Level level);

void write(Level level, std::string_view message, Fields fields = {});
inline void debug(std::string_view message, Fields fields = {}) {
  write(Level::debug, message, fields);
}
inline void info(std::string_view message, Fields fields = {}) {
  write(Level::info, message, fields);
}
inline void warn(std::string_view message, Fields fields = {}) {
  write(Level::warn, message, fields);
}
inline void error(std::string_view message, Fields fields = {}) {
  write(Level::error, message, fields);
}

/// Appends `text` as a JSON string, quotes included; bytes that are not UTF-8 become U+FFFD.
void appendJson(std::string& out, std::string_view text);

}  // namespace openfc::log
