#pragma once

#include "base/clock.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace openfc {

/// A time zone of the system's tz database (TZif files, RFC 8536): how far its clocks are from UTC,
/// and when. A value; reading it from the database is the only I/O.
class TimeZone {
public:
  using Seconds = std::chrono::seconds;
  using Moment = std::chrono::sys_seconds;

  /// A stretch of time in which the zone's clocks run at one distance from UTC.
  struct Period {
    Moment begin;    // Moment::min() = since ever
    Moment end;      // the first moment after it; Moment::max() = for ever
    Seconds offset;  // local time = UTC + offset
  };

  /// UTC.
  TimeZone() = default;
  /// By its IANA name ("Asia/Shanghai"); nothing when the database has no such zone.
  static std::optional<TimeZone> find(std::string_view name);
  /// From the bytes of a TZif file of version 2 or later; nothing when they are damaged.
  static std::optional<TimeZone> fromTzif(std::string_view bytes);

  /// The period that holds this moment.
  Period at(Moment moment) const;

private:
  friend class TzifReader;

  struct Change {
    Moment time;
    Seconds offset{};  // from then on
  };
  /// "Mm.w.d/time" of a POSIX TZ text: the w-th (5 = last) day d (0 = Sunday) of month m.
  struct YearDay {
    unsigned month = 1;
    unsigned week = 1;
    unsigned weekday = 0;
    Seconds time{};  // of the local day that ends there; may be negative or beyond a day
  };
  /// What holds after the last change, year for year.
  struct Rule {
    Seconds standard{};
    Seconds summer{};
    YearDay toSummer;
    YearDay toStandard;
  };

  static Moment momentOf(const YearDay& day, std::chrono::year year, Seconds offset);
  static std::vector<Change> changesAround(Moment moment, const Rule& rule);

  Seconds first_{};              // before all changes
  std::vector<Change> changes_;  // ascending
  std::optional<Rule> rule_;     // nothing: the last offset stays
};

}  // namespace openfc
