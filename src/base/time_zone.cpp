#include "base/time_zone.h"

#include "base/fd.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace openfc {
namespace {

constexpr std::string_view databaseRoot = "/usr/share/zoneinfo/";
constexpr std::size_t maxFile = 1u << 20;

bool isZoneName(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
  const auto allowed = [&letter](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '/' || c == '_' || c == '-' || c == '+';
  };
  // Zones begin with a capital; what does not is the database's own (posix/, right/, localtime).
  return !name.empty() && name.size() <= 64 && name[0] >= 'A' && name[0] <= 'Z' &&
         std::ranges::all_of(name, allowed);
}

/// The bytes of a file of the database; nothing when there is none or it is no such file.
std::optional<std::string> readZone(const std::string& path) {
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status{};
  if (!fd || fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  if (status.st_size > static_cast<off_t>(maxFile)) return {};
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = read(fd.get(), bytes.data() + filled, bytes.size() - filled);
    if (got <= 0) return {};
    filled += static_cast<std::size_t>(got);
  }
  return bytes;
}

/// The text of a POSIX TZ rule, taken from the front. Every function answers nothing when the text
/// is not as it should be.
class RuleText {
public:
  explicit RuleText(std::string_view text) : text_(text) {}

  bool done() const { return text_.empty(); }
  char next() const { return text_.empty() ? '\0' : text_.front(); }

  bool take(char c) {
    if (next() != c) return false;
    text_.remove_prefix(1);
    return true;
  }

  bool skipName() {
    if (take('<')) {
      const auto end = text_.find('>');
      if (end == std::string_view::npos) return false;
      text_.remove_prefix(end + 1);
      return true;
    }
    const auto end = text_.find_first_of("+-0123456789,");
    const std::size_t length = std::min(end, text_.size());
    text_.remove_prefix(length);
    return length >= 3;
  }

  std::optional<unsigned> number() {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    if (error != std::errc() || value > 1000) return {};
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    return value;
  }

  /// [+-]hh[:mm[:ss]]
  std::optional<std::chrono::seconds> time() {
    const bool negative = take('-');
    if (!negative) take('+');
    std::chrono::seconds total{0};
    std::chrono::seconds unit = std::chrono::hours(1);
    do {
      const auto part = number();
      if (!part) return {};
      total += *part * unit;
      unit /= 60;
    } while (unit.count() > 0 && take(':'));
    return negative ? -total : total;
  }

private:
  std::string_view text_;
};

}  // namespace

/// Reads what RFC 8536 describes: the 64-bit block and the footer.
class TzifReader {
public:
  explicit TzifReader(std::string_view bytes) : bytes_(bytes) {}

  std::optional<TimeZone> read() {
    const auto old = header();
    if (!old || old->version < '2') return {};
    skip(old->size(4));
    const auto counts = header();
    if (!counts || counts->types == 0 || bytes_.size() < counts->size(8)) return {};
    TimeZone zone;
    if (!changes(*counts, zone)) return {};
    skip(counts->characters + counts->leaps * 12 + counts->standards + counts->universals);
    if (!footer(zone)) return {};
    return zone;
  }

private:
  struct Counts {
    char version = 0;
    std::size_t universals = 0;
    std::size_t standards = 0;
    std::size_t leaps = 0;
    std::size_t times = 0;
    std::size_t types = 0;
    std::size_t characters = 0;

    std::size_t size(std::size_t timeSize) const {
      return times * (timeSize + 1) + types * 6 + characters + leaps * (timeSize + 4) + standards +
             universals;
    }
  };

  void skip(std::size_t length) { bytes_.remove_prefix(std::min(length, bytes_.size())); }

  /// A big-endian number; the caller has seen that it is there.
  template <class Number>
  Number take() {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(Number); ++i) {
      value = value << 8 | static_cast<unsigned char>(bytes_[i]);
    }
    skip(sizeof(Number));
    return static_cast<Number>(value);
  }

  std::optional<Counts> header() {
    constexpr std::size_t size = 44;
    if (bytes_.size() < size || !bytes_.starts_with("TZif")) return {};
    Counts counts;
    counts.version = bytes_[4];
    skip(20);
    for (std::size_t* count : {&counts.universals, &counts.standards, &counts.leaps, &counts.times,
                               &counts.types, &counts.characters}) {
      *count = take<std::uint32_t>();
      if (*count > maxFile) return {};
    }
    return counts;
  }

  bool changes(const Counts& counts, TimeZone& zone) {
    std::vector<TimeZone::Moment> times;
    times.reserve(counts.times);
    for (std::size_t i = 0; i < counts.times; ++i) {
      times.emplace_back(TimeZone::Seconds(take<std::int64_t>()));
    }
    if (!std::ranges::is_sorted(times)) return false;
    std::vector<std::uint8_t> typeOf;
    typeOf.reserve(counts.times);
    for (std::size_t i = 0; i < counts.times; ++i) typeOf.push_back(take<std::uint8_t>());
    std::vector<TimeZone::Seconds> offsets;
    for (std::size_t i = 0; i < counts.types; ++i) {
      offsets.emplace_back(take<std::int32_t>());
      skip(2);
    }
    zone.first_ = offsets[0];
    for (std::size_t i = 0; i < times.size(); ++i) {
      if (typeOf[i] >= offsets.size()) return false;
      const TimeZone::Seconds before = i == 0 ? zone.first_ : offsets[typeOf[i - 1]];
      const TimeZone::Seconds offset = offsets[typeOf[i]];
      if (offset != before) zone.changes_.push_back({times[i], offset});
    }
    return true;
  }

  bool footer(TimeZone& zone) {
    if (!bytes_.starts_with('\n')) return false;
    bytes_.remove_prefix(1);
    const auto end = bytes_.find('\n');
    if (end == std::string_view::npos) return false;
    RuleText text(bytes_.substr(0, end));
    if (text.done()) return true;
    const auto rule = ruleOf(text);
    if (!rule) return false;
    if (rule->standard != rule->summer) zone.rule_ = *rule;
    return true;
  }

  static std::optional<TimeZone::Rule> ruleOf(RuleText& text) {
    TimeZone::Rule rule;
    if (!text.skipName()) return {};
    const auto west = text.time();  // POSIX counts westwards
    if (!west) return {};
    rule.standard = rule.summer = -*west;
    if (text.done()) return rule;
    if (!text.skipName()) return {};
    rule.summer = rule.standard + std::chrono::hours(1);
    if (text.next() != ',') {
      const auto summer = text.time();
      if (!summer) return {};
      rule.summer = -*summer;
    }
    const auto begin = yearDay(text);
    const auto end = yearDay(text);
    if (!begin || !end || !text.done()) return {};
    rule.toSummer = *begin;
    rule.toStandard = *end;
    return rule;
  }

  static std::optional<TimeZone::YearDay> yearDay(RuleText& text) {
    if (!text.take(',') || !text.take('M')) return {};
    const auto month = text.number();
    if (!month || *month < 1 || *month > 12 || !text.take('.')) return {};
    const auto week = text.number();
    if (!week || *week < 1 || *week > 5 || !text.take('.')) return {};
    const auto weekday = text.number();
    if (!weekday || *weekday > 6) return {};
    TimeZone::YearDay day{*month, *week, *weekday, std::chrono::hours(2)};
    if (text.take('/')) {
      const auto time = text.time();
      if (!time) return {};
      day.time = *time;
    }
    return day;
  }

  std::string_view bytes_;
};

std::optional<TimeZone> TimeZone::find(std::string_view name) {
  if (!isZoneName(name)) return {};
  const auto bytes = readZone(std::string(databaseRoot) + std::string(name));
  return bytes ? fromTzif(*bytes) : std::nullopt;
}

std::optional<TimeZone> TimeZone::fromTzif(std::string_view bytes) {
  return TzifReader(bytes).read();
}

TimeZone::Moment TimeZone::momentOf(const YearDay& day, std::chrono::year year, Seconds offset) {
  using namespace std::chrono;  // NOLINT(google-build-using-namespace): chrono's names are words
  const auto month = year / std::chrono::month(day.month);
  const weekday onDay{day.weekday};
  const sys_days date =
      day.week == 5 ? sys_days(month / weekday_last(onDay)) : sys_days(month / onDay[day.week]);
  return date + day.time - offset;
}

/// The changes that the rule makes in the years next to this moment, ascending.
std::vector<TimeZone::Change> TimeZone::changesAround(Moment moment, const Rule& rule) {
  using namespace std::chrono;  // NOLINT(google-build-using-namespace): chrono's names are words
  const year_month_day today(floor<days>(moment));
  std::vector<Change> out;
  for (year y = today.year() - years(1); y <= today.year() + years(1); ++y) {
    out.push_back({momentOf(rule.toSummer, y, rule.standard), rule.summer});
    out.push_back({momentOf(rule.toStandard, y, rule.summer), rule.standard});
  }
  std::ranges::sort(out, {}, &Change::time);
  return out;
}

TimeZone::Period TimeZone::at(Moment moment) const {
  const auto after = std::ranges::upper_bound(changes_, moment, {}, &Change::time);
  Period period{Moment::min(), Moment::max(), first_};
  if (after != changes_.begin()) {
    period.begin = std::prev(after)->time;
    period.offset = std::prev(after)->offset;
  }
  if (after != changes_.end()) {
    period.end = after->time;
    return period;
  }
  if (!rule_) return period;
  for (const Change& change : changesAround(std::max(moment, period.begin), *rule_)) {
    if (change.time <= period.begin) continue;
    if (change.time > moment) {
      period.end = change.time;
      break;
    }
    period.begin = change.time;
    period.offset = change.offset;
  }
  return period;
}

}  // namespace openfc
