#include "base/time_text.h"

#include <fmt/core.h>
#include <time.h>

#include <array>
#include <charconv>

namespace openfc {
namespace {

using namespace std::chrono;  // NOLINT(google-build-using-namespace): chrono's names read as words

constexpr std::array<std::string_view, 7> weekdays = {"Sun", "Mon", "Tue", "Wed",
                                                      "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct Parts {
  year_month_day date;
  hh_mm_ss<milliseconds> time;
  unsigned weekday;
};

Parts partsOf(Time time) {
  // Not in nanoseconds: the beginning of the first day is before what they can hold.
  const auto instant = floor<milliseconds>(time);
  const auto day = floor<days>(instant);
  return {year_month_day(day), hh_mm_ss<milliseconds>(instant - day), weekday(day).c_encoding()};
}

/// Reads exactly `width` digits at `at`.
std::optional<int> digits(std::string_view text, std::size_t at, std::size_t width) {
  if (text.size() < at + width) return std::nullopt;
  int value = 0;
  for (char c : text.substr(at, width)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

std::optional<Time> timeOf(std::optional<int> y, std::optional<int> mon, std::optional<int> d,
                           std::string_view clock) {
  const auto h = digits(clock, 0, 2);
  const auto m = digits(clock, 3, 2);
  const auto s = digits(clock, 6, 2);
  if (!y || !mon || !d || !h || !m || !s || clock[2] != ':' || clock[5] != ':') return std::nullopt;
  const year_month_day date{year(*y), month(static_cast<unsigned>(*mon)),
                            day(static_cast<unsigned>(*d))};
  if (!date.ok() || *h > 23 || *m > 59 || *s > 60) return std::nullopt;
  const sys_seconds time = sys_days(date) + hours(*h) + minutes(*m) + seconds(*s);
  // A second is left at both ends: a fraction may be added.
  if (time <= ceil<seconds>(Time::min()) || time >= floor<seconds>(Time::max()))
    return std::nullopt;
  return time;
}

}  // namespace

std::string toIso(Time time) {
  const Parts p = partsOf(time);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", int(p.date.year()),
                     unsigned(p.date.month()), unsigned(p.date.day()), p.time.hours().count(),
                     p.time.minutes().count(), p.time.seconds().count());
}

std::string toIsoMillis(Time time) {
  const Parts p = partsOf(time);
  std::string text = toIso(time);
  text.pop_back();
  return text + fmt::format(".{:03}Z", p.time.subseconds().count());
}

std::optional<Time> fromIso(std::string_view text) {
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T') return std::nullopt;
  auto time =
      timeOf(digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2), text.substr(11, 8));
  std::string_view rest = text.substr(19);
  if (time && rest.starts_with('.')) {
    const auto millis = digits(rest, 1, 3);
    if (!millis) return std::nullopt;
    *time += milliseconds(*millis);
    rest.remove_prefix(4);
  }
  if (rest != "Z" && rest != "+0000") return std::nullopt;
  return time;
}

std::string toHttpDate(Time time) {
  const Parts p = partsOf(time);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", weekdays[p.weekday],
                     unsigned(p.date.day()), months[unsigned(p.date.month()) - 1],
                     int(p.date.year()), p.time.hours().count(), p.time.minutes().count(),
                     p.time.seconds().count());
}

std::optional<Time> fromHttpDate(std::string_view text) {
  if (text.size() != 29 || !text.ends_with(" GMT") || text[3] != ',') return std::nullopt;
  std::optional<int> month;
  for (std::size_t i = 0; i < months.size(); ++i) {
    if (text.substr(8, 3) == months[i]) month = static_cast<int>(i) + 1;
  }
  return timeOf(digits(text, 12, 4), month, digits(text, 5, 2), text.substr(17, 8));
}

}  // namespace openfc
