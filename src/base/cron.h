#pragma once

#include "base/clock.h"
#include "base/time_zone.h"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace openfc {

/// When something is due again and again (runtime-contract 5.5): six fields
/// `Seconds Minutes Hours Day-of-month Month Day-of-week` in UTC, or in the zone of a prefix
/// `CRON_TZ=Asia/Shanghai `; or `@every 5m`. A value; all questions are pure functions of time.
///
/// - Seconds are one number; minutes, hours, days and months take `, - * /`, days of the week
///   `, - *` (1 = MON … 7 = SUN, or MON-SUN); both day fields take `?`, which is `*`. When both day
///   fields are restricted, a day that fits either is due, as in every cron.
/// - Where a zone's clocks jump forward, a time of fixed hours that is left out is due at the jump;
///   where they go back, it is due once, the first time. Expressions for every hour (`*`) follow
///   the clock.
class Cron {
public:
  /// The expression, or what is wrong with it ("hours must be between 0 and 23 (actual: '25')").
  static std::expected<Cron, std::string> parse(std::string_view text);

  /// The first moment after `after` at which it is due; nothing when there is none before the end
  /// of all times. Intervals (`@every`) are counted from `since`, the first ends one interval
  /// later.
  std::optional<Time> next(Time after, Time since = {}) const;
  /// The last moment up to and with `atOrBefore` at which it was due; nothing when there was none.
  std::optional<Time> previous(Time atOrBefore, Time since = {}) const;

private:
  friend class CronParser;
  using Moment = TimeZone::Moment;
  using Local = std::chrono::local_seconds;  // what the zone's clocks show

  std::optional<Local> firstFrom(Local from, Local end) const;
  std::optional<Local> lastUpTo(Local to, Local begin) const;
  bool dueOn(std::chrono::local_days day) const;
  std::optional<Moment> nextMoment(Moment from) const;
  std::optional<Moment> previousMoment(Moment to) const;
  TimeZone::Seconds jumpAt(const TimeZone::Period& period) const;
  bool dueInGap(const TimeZone::Period& period, TimeZone::Seconds jump) const;

  std::chrono::seconds interval_{0};  // 0 = the fields below
  TimeZone zone_;
  std::uint64_t seconds_ = 0;  // bit n = the value n
  std::uint64_t minutes_ = 0;
  std::uint64_t hours_ = 0;
  std::uint64_t days_ = 0;
  std::uint64_t months_ = 0;
  std::uint64_t weekdays_ = 0;
  bool everyHour_ = false;
  bool anyDay_ = false;
  bool anyWeekday_ = false;
};

}  // namespace openfc
