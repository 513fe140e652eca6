#include "base/time_zone.h"

#include <gtest/gtest.h>

namespace openfc {
namespace {

using std::chrono::sys_days;
using std::chrono::year_month_day;

TimeZone::Moment momentOf(std::int64_t seconds) {
  return TimeZone::Moment(TimeZone::Seconds(seconds));
}

struct Sample {
  const char* zone;
  std::int64_t moment;
  int offset;
};

TEST(TimeZone, KnowsOffsets) {
  const Sample samples[] = {
      {"UTC", 1'700'000'000, 0},
      {"Asia/Shanghai", 1'700'000'000, 8 * 3600},
      {"Asia/Shanghai", -2'500'000'000, 29143},  // local mean time
      {"Asia/Shanghai", 580'000'000, 9 * 3600},  // summer of 1988
      {"Asia/Kolkata", 1'700'000'000, 19800},
      {"America/New_York", 1'700'000'000, -5 * 3600},
      {"America/New_York", 1'690'000'000, -4 * 3600},
      {"America/New_York", 4'000'000'000, -4 * 3600},  // October 2096: by the rule
      {"Europe/Berlin", 4'102'444'800, 3600},          // 1 January 2100
      {"Australia/Sydney", 4'102'444'800, 11 * 3600},  // the southern summer
      {"America/Nuuk", 4'100'000'000, -2 * 3600},      // a rule whose time is before the day
      {"Asia/Jerusalem", 4'080'000'000, 3 * 3600},     // a rule whose time is beyond the day
      {"Etc/GMT+5", 1'700'000'000, -5 * 3600},
  };
  for (const Sample& sample : samples) {
    const auto zone = TimeZone::find(sample.zone);
    ASSERT_TRUE(zone) << sample.zone;
    EXPECT_EQ(zone->at(momentOf(sample.moment)).offset.count(), sample.offset)
        << sample.zone << " " << sample.moment;
  }
}

TEST(TimeZone, PeriodsFollowEachOther) {
  const auto zone = TimeZone::find("America/New_York");
  ASSERT_TRUE(zone);
  TimeZone::Moment moment = momentOf(1'600'000'000);
  for (int i = 0; i < 400; ++i) {
    const TimeZone::Period period = zone->at(moment);
    ASSERT_LE(period.begin, moment);
    ASSERT_GT(period.end, moment);
    EXPECT_EQ(zone->at(period.end).begin, period.end);
    EXPECT_NE(zone->at(period.end).offset, period.offset);
    EXPECT_EQ(zone->at(period.end - TimeZone::Seconds(1)).begin, period.begin);
    moment = period.end;
  }
  EXPECT_GT(moment, sys_days(year_month_day(std::chrono::year(2200), std::chrono::January,
                                            std::chrono::day(1))));
}

TEST(TimeZone, UtcIsOnePeriod) {
  const TimeZone::Period period = TimeZone().at(momentOf(0));

  EXPECT_EQ(period.begin, TimeZone::Moment::min());
  EXPECT_EQ(period.end, TimeZone::Moment::max());
  EXPECT_EQ(period.offset.count(), 0);
}

TEST(TimeZone, NamesDoNotLeaveTheDatabase) {
  for (const char* name :
       {"", "Asia", "Asia/", "Asia/Nowhere", "../etc/passwd", "Asia/../UTC", "/etc/passwd",
        "posix/UTC", "right/UTC", "localtime", "tzdata.zi", "UTC ", "UTC\n"}) {
    EXPECT_FALSE(TimeZone::find(name)) << name;
  }
  EXPECT_FALSE(TimeZone::find(std::string("UTC\0", 4)));
}

/// A file of version 2 with an empty first block, one change and this footer.
std::string fileOf(const std::string& footer) {
  const auto head = [](unsigned times, unsigned types) {
    std::string out = "TZif2" + std::string(15, '\0');
    for (const unsigned count : {0u, 0u, 0u, times, types, 0u}) {
      out += std::string(3, '\0') + static_cast<char>(count);
    }
    return out;
  };
  const std::string type("\x00\x00\x0e\x10\x00\x00", 6);   // an hour east
  const std::string other("\x00\x00\x1c\x20\x01\x00", 6);  // two hours east
  return head(0, 0) + head(1, 2) + std::string(7, '\0') + "d" + "\x01" + type + other + footer;
}

TEST(TimeZone, DamagedFilesAreRefused) {
  const std::string whole = fileOf("\nCET-1CEST,M3.5.0,M10.5.0/3\n");
  const auto zone = TimeZone::fromTzif(whole);
  ASSERT_TRUE(zone);
  EXPECT_EQ(zone->at(momentOf(99)).offset.count(), 3600);
  EXPECT_EQ(zone->at(momentOf(100)).offset.count(), 7200);

  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(TimeZone::fromTzif(std::string_view(whole).substr(0, length))) << length;
  }
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = '\xff';
    if (const auto survivor = TimeZone::fromTzif(damaged)) survivor->at(momentOf(1'700'000'000));
  }
  for (const char* footer :
       {"", "\n", "\nC\n", "\nCET\n", "\nCET-1CEST\n", "\nCET-1CEST,M3.5.0\n",
        "\nCET-1CEST,J1,J2\n", "\nCET-1CEST,M13.5.0,M10.5.0\n", "\nCET-1CEST,M3.6.0,M10.5.0\n",
        "\nCET-1CEST,M3.5.7,M10.5.0\n", "\nCET-1CEST,M3.5.0,M10.5.0,\n", "\n<CET-1\n"}) {
    EXPECT_FALSE(TimeZone::fromTzif(fileOf(footer))) << footer;
  }
  EXPECT_TRUE(TimeZone::fromTzif(fileOf("\n\n")));
  EXPECT_TRUE(TimeZone::fromTzif(fileOf("\n<+01>-1\n")));
}

}  // namespace
}  // namespace openfc
