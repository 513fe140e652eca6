#include "base/cron.h"

#include "base/encoding.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <vector>

namespace openfc {
namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::seconds;

constexpr std::string_view monthNames[] = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                           "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::string_view weekdayNames[] = {"MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"};

/// What one field may be.
struct FieldRule {
  std::string_view name;
  unsigned min;
  unsigned max;
  std::string_view specials;
  std::span<const std::string_view> names;  // of the values from min on
};
constexpr std::array<FieldRule, 6> fieldRules = {{
    {"seconds", 0, 59, "", {}},
    {"minutes", 0, 59, ",-*/", {}},
    {"hours", 0, 23, ",-*/", {}},
    {"day of month", 1, 31, ",-*?/", {}},
    {"month", 1, 12, ",-*/", monthNames},
    {"day of week", 1, 7, ",-*?", weekdayNames},
}};

/// The days that each month can have.
constexpr std::array<unsigned, 13> longest = {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

/// No expression waits longer: 29 February comes after eight years at most.
constexpr days horizon{366 * 9};

constexpr std::string_view zonePrefix = "CRON_TZ=";
constexpr std::string_view intervalPrefix = "@every";
constexpr std::chrono::hours longestInterval{24 * 3660};

bool has(std::uint64_t bits, std::int64_t value) { return (bits >> value & 1) != 0; }

std::uint64_t bitsOf(unsigned first, unsigned last, unsigned step) {
  std::uint64_t bits = 0;
  for (unsigned value = first; value <= last; value += step) bits |= std::uint64_t{1} << value;
  return bits;
}

std::optional<unsigned> digitsOf(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return {};
  return value;
}

std::vector<std::string_view> wordsOf(std::string_view text) {
  std::vector<std::string_view> words;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    if (text.empty()) return words;
    words.push_back(text.substr(0, text.find_first_of(" \t")));
    text.remove_prefix(words.back().size());
  }
}

}  // namespace

/// Takes an expression apart; ends with the first problem.
class CronParser {
public:
  std::expected<Cron, std::string> parse(std::string_view text) {
    text = trimmed(text);
    if (text.starts_with(zonePrefix) && !zone(text)) return std::unexpected(problem_);
    const bool sound = text.starts_with(intervalPrefix)
                           ? interval(text.substr(intervalPrefix.size()))
                           : fields(wordsOf(text));
    if (!sound) return std::unexpected(problem_);
    return cron_;
  }

private:
  bool refuse(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }

  bool zone(std::string_view& text) {
    text.remove_prefix(zonePrefix.size());
    const std::string_view name = text.substr(0, text.find_first_of(" \t"));
    text.remove_prefix(name.size());
    text = trimmed(text);
    const auto found = TimeZone::find(name);
    if (!found) return refuse(fmt::format("there is no time zone '{}'", name.substr(0, 64)));
    cron_.zone_ = *found;
    return true;
  }

  /// One or more numbers with a unit, e.g. 5m or 1h30m.
  bool interval(std::string_view text) {
    if (!text.starts_with(' ') && !text.starts_with('\t')) return badInterval(text);
    std::string_view rest = trimmed(text);
    if (rest.empty()) return badInterval(text);
    while (!rest.empty()) {
      const std::size_t length = std::min(rest.find_first_not_of("0123456789"), rest.size());
      const auto count = digitsOf(rest.substr(0, length));
      const auto unit = unitOf(rest.substr(length, 1));
      if (!count || !unit || *count > 1'000'000'000) return badInterval(text);
      cron_.interval_ += *count * *unit;
      if (cron_.interval_ > longestInterval) return badInterval(text);
      rest.remove_prefix(length + 1);
    }
    return cron_.interval_.count() > 0 || badInterval(text);
  }

  bool badInterval(std::string_view text) {
    return refuse(
        fmt::format("an interval must be like '@every 5m', with whole numbers of s, m, h or d and "
                    "between a second and ten years (actual: '@every{}')",
                    text.substr(0, 64)));
  }

  static std::optional<seconds> unitOf(std::string_view unit) {
    if (unit == "s") return seconds(1);
    if (unit == "m") return std::chrono::minutes(1);
    if (unit == "h") return std::chrono::hours(1);
    if (unit == "d") return days(1);
    return {};
  }

  bool fields(const std::vector<std::string_view>& words) {
    if (words.size() != fieldRules.size()) {
      return refuse(
          fmt::format("there must be 6 fields: seconds, minutes, hours, day of month, month, day "
                      "of week (actual: {})",
                      words.size()));
    }
    std::uint64_t* const targets[] = {&cron_.seconds_, &cron_.minutes_, &cron_.hours_,
                                      &cron_.days_,    &cron_.months_,  &cron_.weekdays_};
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (!field(fieldRules[i], words[i], *targets[i])) return false;
    }
    const auto any = [](std::string_view word) { return word == "*" || word == "?"; };
    cron_.everyHour_ = words[2] == "*";
    cron_.anyDay_ = any(words[3]);
    cron_.anyWeekday_ = any(words[5]);
    return anyDayExists();
  }

  bool field(const FieldRule& rule, std::string_view word, std::uint64_t& bits) {
    for (const char special : std::string_view(",-*?/")) {
      if (word.contains(special) && !rule.specials.contains(special)) {
        return refuse(fmt::format("{} must not hold '{}' (actual: '{}')", rule.name, special,
                                  word.substr(0, 64)));
      }
    }
    for (;;) {
      const std::string_view item = word.substr(0, word.find(','));
      if (!this->item(rule, item, bits)) return false;
      if (item.size() == word.size()) return true;
      word.remove_prefix(item.size() + 1);
    }
  }

  bool item(const FieldRule& rule, std::string_view text, std::uint64_t& bits) {
    const auto slash = text.find('/');
    const std::string_view range = text.substr(0, slash);
    unsigned step = 1;
    if (slash != std::string_view::npos) {
      const auto given = digitsOf(text.substr(slash + 1));
      if (!given || *given < 1 || *given > rule.max)
        return refuse(fmt::format("{} must have a step between 1 and {} (actual: '{}')", rule.name,
                                  rule.max, text.substr(0, 64)));
      step = *given;
    }
    unsigned first = rule.min;
    unsigned last = rule.max;
    if (range == "?" && step != 1) return outside(rule, text);
    if (range != "*" && range != "?") {
      const auto dash = range.find('-');
      const auto begin = value(rule, range.substr(0, dash));
      const auto end = dash == std::string_view::npos ? begin : value(rule, range.substr(dash + 1));
      if (!begin || !end || *begin > *end) return outside(rule, text);
      first = *begin;
      // n/m runs from n to the field's end.
      last = dash == std::string_view::npos && slash != std::string_view::npos ? rule.max : *end;
    }
    bits |= bitsOf(first, last, step);
    return true;
  }

  bool outside(const FieldRule& rule, std::string_view text) {
    return refuse(fmt::format("{} must be between {} and {} (actual: '{}')", rule.name, rule.min,
                              rule.max, text.substr(0, 64)));
  }

  static std::optional<unsigned> value(const FieldRule& rule, std::string_view text) {
    for (std::size_t i = 0; i < rule.names.size(); ++i) {
      if (sameIgnoringCase(text, rule.names[i])) return rule.min + static_cast<unsigned>(i);
    }
    const auto number = digitsOf(text);
    return number && *number >= rule.min && *number <= rule.max ? number : std::nullopt;
  }

  /// 30 February and its like would never come.
  bool anyDayExists() {
    if (cron_.anyDay_ || !cron_.anyWeekday_) return true;
    for (unsigned month = 1; month <= 12; ++month) {
      if (has(cron_.months_, month) && (cron_.days_ & bitsOf(1, longest[month], 1)) != 0)
        return true;
    }
    return refuse("none of its months has any of its days of month");
  }

  Cron cron_;
  std::string problem_;
};

namespace {

/// The first second of a day from `from` on whose hour, minute and second are set.
std::optional<seconds> firstTime(std::int64_t from, std::uint64_t hours, std::uint64_t minutes,
                                 std::uint64_t secondsOfMinute) {
  for (std::int64_t t = from; t < 86400;) {
    if (!has(hours, t / 3600)) {
      t = (t / 3600 + 1) * 3600;
    } else if (!has(minutes, t / 60 % 60)) {
      t = (t / 60 + 1) * 60;
    } else if (!has(secondsOfMinute, t % 60)) {
      ++t;
    } else {
      return seconds(t);
    }
  }
  return {};
}

std::optional<seconds> lastTime(std::int64_t from, std::uint64_t hours, std::uint64_t minutes,
                                std::uint64_t secondsOfMinute) {
  for (std::int64_t t = from; t >= 0;) {
    if (!has(hours, t / 3600)) {
      t = t / 3600 * 3600 - 1;
    } else if (!has(minutes, t / 60 % 60)) {
      t = t / 60 * 60 - 1;
    } else if (!has(secondsOfMinute, t % 60)) {
      --t;
    } else {
      return seconds(t);
    }
  }
  return {};
}

}  // namespace

std::expected<Cron, std::string> Cron::parse(std::string_view text) {
  return CronParser().parse(text);
}

bool Cron::dueOn(local_days day) const {
  const std::chrono::year_month_day date(day);
  if (!has(months_, static_cast<unsigned>(date.month()))) return false;
  const bool byDay = has(days_, static_cast<unsigned>(date.day()));
  const bool byWeekday = has(weekdays_, std::chrono::weekday(day).iso_encoding());
  if (anyDay_) return byWeekday;
  return anyWeekday_ ? byDay : byDay || byWeekday;
}

/// The first due local time in [from, end).
std::optional<Cron::Local> Cron::firstFrom(Local from, Local end) const {
  auto day = std::chrono::floor<days>(from);
  std::int64_t second = (from - day).count();
  for (; day < end; day += days(1), second = 0) {
    if (!dueOn(day)) continue;
    const auto time = firstTime(second, hours_, minutes_, seconds_);
    if (time) return day + *time < end ? std::optional(day + *time) : std::nullopt;
  }
  return {};
}

/// The last due local time in [begin, to].
std::optional<Cron::Local> Cron::lastUpTo(Local to, Local begin) const {
  auto day = std::chrono::floor<days>(to);
  std::int64_t second = (to - day).count();
  for (; day + days(1) > begin; day -= days(1), second = 86399) {
    if (!dueOn(day)) continue;
    const auto time = lastTime(second, hours_, minutes_, seconds_);
    if (time) return day + *time >= begin ? std::optional(day + *time) : std::nullopt;
  }
  return {};
}

/// How far the clocks were set forward (negative: back) when this period began.
TimeZone::Seconds Cron::jumpAt(const TimeZone::Period& period) const {
  if (period.begin == Moment::min()) return {};
  return period.offset - zone_.at(period.begin - seconds(1)).offset;
}

/// Whether a time of fixed hours was left out when this period began.
bool Cron::dueInGap(const TimeZone::Period& period, TimeZone::Seconds jump) const {
  if (everyHour_ || jump.count() <= 0) return false;
  const Local end(period.begin.time_since_epoch() + period.offset);
  return firstFrom(end - jump, end).has_value();
}

std::optional<Cron::Moment> Cron::nextMoment(Moment from) const {
  const Moment limit = from + horizon;
  for (;;) {
    const TimeZone::Period period = zone_.at(from);
    const seconds jump = jumpAt(period);
    if (from == period.begin && dueInGap(period, jump)) return from;
    // Local times that the clocks show for the second time are done.
    const seconds repeated = !everyHour_ && jump.count() < 0 ? -jump : seconds(0);
    const Moment begin = repeated.count() > 0 ? std::max(from, period.begin + repeated) : from;
    const Moment end = std::min(period.end, limit);
    const auto found = firstFrom(Local(begin.time_since_epoch() + period.offset),
                                 Local(end.time_since_epoch() + period.offset));
    if (found) return Moment(found->time_since_epoch() - period.offset);
    if (period.end >= limit) return {};
    from = period.end;
  }
}

std::optional<Cron::Moment> Cron::previousMoment(Moment to) const {
  const Moment limit = to - horizon;
  for (;;) {
    const TimeZone::Period period = zone_.at(to);
    const seconds jump = jumpAt(period);
    const seconds repeated = !everyHour_ && jump.count() < 0 ? -jump : seconds(0);
    const Moment begin = std::max(period.begin + repeated, limit);
    const auto found = lastUpTo(Local(to.time_since_epoch() + period.offset),
                                Local(begin.time_since_epoch() + period.offset));
    if (found) return Moment(found->time_since_epoch() - period.offset);
    if (dueInGap(period, jump)) return period.begin;
    if (period.begin <= limit) return {};
    to = period.begin - seconds(1);
  }
}

std::optional<Time> Cron::next(Time after, Time since) const {
  if (interval_.count() > 0) {
    if (after < since) return since + interval_;
    return since + ((after - since) / interval_ + 1) * interval_;
  }
  const auto found = nextMoment(std::chrono::floor<seconds>(after) + seconds(1));
  constexpr auto last = std::chrono::floor<seconds>(Time::max());
  return found && *found <= last ? std::optional<Time>(*found) : std::nullopt;
}

std::optional<Time> Cron::previous(Time atOrBefore, Time since) const {
  if (interval_.count() > 0) {
    if (atOrBefore < since + interval_) return {};
    return since + ((atOrBefore - since) / interval_) * interval_;
  }
  const auto found = previousMoment(std::chrono::floor<seconds>(atOrBefore));
  constexpr auto first = std::chrono::ceil<seconds>(Time::min());
  return found && *found >= first ? std::optional<Time>(*found) : std::nullopt;
}

}  // namespace openfc
