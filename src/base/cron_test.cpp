#include "base/cron.h"

#include "base/time_text.h"

#include <gtest/gtest.h>

namespace openfc {
namespace {

Time at(std::string_view text) { return fromIso(text).value(); }

Cron cronOf(std::string_view text) {
  auto cron = Cron::parse(text);
  if (!cron) throw std::runtime_error(std::string(text) + ": " + cron.error());
  return *cron;
}

std::string textOf(const std::optional<Time>& time) { return time ? toIso(*time) : "never"; }

TEST(Cron, TakesWhatIsDocumented) {
  for (const char* text :
       {"0 0 4 * * *", "59 59 23 31 12 7", "0 0/5 * * * ?", "0 */15 9-17 ? JAN,mar-Dec MON-FRI",
        "  0   0 0\t1 1 * ", "@every 5m", "@every 100m", "@every 1h30m", "@every 1s", "@every  2d",
        "CRON_TZ=Asia/Shanghai 0 0 4 * * *", "CRON_TZ=UTC @every 5m", "0 0 0 29 2 *",
        "0 0 0 30 2 MON", "0 5,10,15 * * * *"}) {
    const auto cron = Cron::parse(text);
    EXPECT_TRUE(cron) << text << ": " << (cron ? "" : cron.error());
  }
}

struct Refusal {
  std::string_view text;
  std::string_view problem;
};

TEST(Cron, SaysWhatIsWrong) {
  const Refusal cases[] = {
      {"", "there must be 6 fields"},
      {"0 0 * * *",
       "6 fields: seconds, minutes, hours, day of month, month, day of week (actual: 5)"},
      {"0 0 0 * * * 2026", "(actual: 7)"},
      {"60 0 0 * * *", "seconds must be between 0 and 59 (actual: '60')"},
      {"* 0 0 * * *", "seconds must not hold '*' (actual: '*')"},
      {"0,1 0 0 * * *", "seconds must not hold ',' (actual: '0,1')"},
      {"0 60 0 * * *", "minutes must be between 0 and 59 (actual: '60')"},
      {"0 0 24 * * *", "hours must be between 0 and 23 (actual: '24')"},
      {"0 ? 0 * * *", "minutes must not hold '?' (actual: '?')"},
      {"0 0 0 0 * *", "day of month must be between 1 and 31 (actual: '0')"},
      {"0 0 0 32 * *", "(actual: '32')"},
      {"0 0 0 * 0 *", "(actual: '0')"},
      {"0 0 0 * 13 *", "(actual: '13')"},
      {"0 0 0 * FOO *", "(actual: 'FOO')"},
      {"0 0 0 * * 0", "day of week must be between 1 and 7 (actual: '0')"},
      {"0 0 0 * * 8", "(actual: '8')"},
      {"0 0 0 * * MON/2", "day of week must not hold '/' (actual: 'MON/2')"},
      {"0 0 0 * ? *", "month must not hold '?' (actual: '?')"},
      {"0 5-1 0 * * *", "minutes must be between 0 and 59 (actual: '5-1')"},
      {"0 1-2-3 0 * * *", "(actual: '1-2-3')"},
      {"0 */0 * * * *", "minutes must have a step between 1 and 59 (actual: '*/0')"},
      {"0 */60 * * * *", "a step between"},
      {"0 */x * * * *", "a step between"},
      {"0 1, * * * *", "(actual: '')"},
      {"0 -1 * * * *", "(actual: '-1')"},
      {"0 +1 * * * *", "(actual: '+1')"},
      {"0 0 0 ?/2 * *", "(actual: '?/2')"},
      {"0 0 0 30 2 *", "none of its months has any of its days of month"},
      {"0 0 0 31 4,6,9,11 ?", "none of its months"},
      {"@every", "an interval must be like '@every 5m'"},
      {"@every5m", "an interval"},
      {"@every 0m", "an interval"},
      {"@every m", "an interval"},
      {"@every 5", "an interval"},
      {"@every 5w", "an interval"},
      {"@every -5m", "an interval"},
      {"@every 1.5h", "an interval"},
      {"@every 5 m", "an interval"},
      {"@every 99999999999h", "an interval"},
      {"@every 3661d", "an interval"},
      {"@hourly", "there must be 6 fields"},
      {"CRON_TZ=Mars/Base 0 0 4 * * *", "there is no time zone 'Mars/Base'"},
      {"CRON_TZ= 0 0 4 * * *", "there is no time zone ''"},
      {"CRON_TZ=../../etc/passwd 0 0 4 * * *", "there is no time zone"},
      {"CRON_TZ=Asia 0 0 4 * * *", "there is no time zone 'Asia'"},
      {"CRON_TZ=right/UTC 0 0 4 * * *", "there is no time zone"},
      {"CRON_TZ=Asia/Shanghai", "there must be 6 fields"},
      {"TZ=Asia/Shanghai 0 0 4 * * *", "(actual: 7)"},
  };
  for (const Refusal& refusal : cases) {
    const auto cron = Cron::parse(refusal.text);
    ASSERT_FALSE(cron) << refusal.text;
    EXPECT_NE(cron.error().find(refusal.problem), std::string::npos)
        << refusal.text << ": " << cron.error();
  }
}

struct Step {
  std::string_view expression;
  std::string_view from;
  std::string_view next;
  std::string_view previous;
};

class CronStep : public testing::TestWithParam<Step> {};

TEST_P(CronStep, IsFound) {
  const Cron cron = cronOf(GetParam().expression);

  EXPECT_EQ(textOf(cron.next(at(GetParam().from))), GetParam().next);
  EXPECT_EQ(textOf(cron.previous(at(GetParam().from))), GetParam().previous);
}

INSTANTIATE_TEST_SUITE_P(
    Fields, CronStep,
    testing::Values(
        // Next is after the moment, previous may be the moment itself.
        Step{"0 0 4 * * *", "2022-02-01T04:00:00Z", "2022-02-02T04:00:00Z", "2022-02-01T04:00:00Z"},
        Step{"0 0 4 * * *", "2022-02-01T03:59:59Z", "2022-02-01T04:00:00Z", "2022-01-31T04:00:00Z"},
        Step{"30 0 4 * * *", "2022-02-01T04:00:29Z", "2022-02-01T04:00:30Z",
             "2022-01-31T04:00:30Z"},
        Step{"0 0/20 * * * *", "2022-02-01T23:50:00Z", "2022-02-02T00:00:00Z",
             "2022-02-01T23:40:00Z"},
        Step{"0 5/20 * * * *", "2022-02-01T23:50:00Z", "2022-02-02T00:05:00Z",
             "2022-02-01T23:45:00Z"},
        Step{"0 10-30/10 8,20 * * *", "2022-02-01T08:30:00Z", "2022-02-01T20:10:00Z",
             "2022-02-01T08:30:00Z"},
        Step{"0 0 0 31 * ?", "2022-04-15T00:00:00Z", "2022-05-31T00:00:00Z",
             "2022-03-31T00:00:00Z"},
        Step{"0 0 0 29 2 *", "2022-03-01T00:00:00Z", "2024-02-29T00:00:00Z",
             "2020-02-29T00:00:00Z"},
        Step{"0 0 0 29 2 *", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z",
             "2096-02-29T00:00:00Z"},
        Step{"0 0 0 ? * MON", "2022-02-02T00:00:00Z", "2022-02-07T00:00:00Z",
             "2022-01-31T00:00:00Z"},
        Step{"0 0 0 * * 7", "2022-02-02T00:00:00Z", "2022-02-06T00:00:00Z", "2022-01-30T00:00:00Z"},
        Step{"0 0 0 * * SAT-SUN", "2022-02-05T00:00:00Z", "2022-02-06T00:00:00Z",
             "2022-02-05T00:00:00Z"},
        // A day that fits either day field is due.
        Step{"0 0 0 13 * FRI", "2022-02-08T00:00:00Z", "2022-02-11T00:00:00Z",
             "2022-02-04T00:00:00Z"},
        Step{"0 0 0 13 * FRI", "2022-02-12T00:00:00Z", "2022-02-13T00:00:00Z",
             "2022-02-11T00:00:00Z"},
        Step{"0 0 12 1 JAN,jul ?", "2022-02-12T00:00:00Z", "2022-07-01T12:00:00Z",
             "2022-01-01T12:00:00Z"},
        Step{"0 59 23 31 12 *", "1969-12-31T23:58:00Z", "1969-12-31T23:59:00Z",
             "1968-12-31T23:59:00Z"}));

INSTANTIATE_TEST_SUITE_P(
    Zones, CronStep,
    testing::Values(Step{"CRON_TZ=Asia/Shanghai 0 0 4 * * *", "2022-02-01T00:00:00Z",
                         "2022-02-01T20:00:00Z", "2022-01-31T20:00:00Z"},
                    Step{"CRON_TZ=UTC 0 0 4 * * *", "2022-02-01T00:00:00Z", "2022-02-01T04:00:00Z",
                         "2022-01-31T04:00:00Z"},
                    Step{"CRON_TZ=Asia/Kathmandu 0 0 0 * * *", "2022-02-01T00:00:00Z",
                         "2022-02-01T18:15:00Z", "2022-01-31T18:15:00Z"},
                    Step{"CRON_TZ=America/New_York 0 0 9 * * *", "2022-03-12T20:00:00Z",
                         "2022-03-13T13:00:00Z", "2022-03-12T14:00:00Z"},
                    // 02:30 does not exist on 13 March: due at the jump.
                    Step{"CRON_TZ=America/New_York 0 30 2 * * *", "2022-03-13T06:00:00Z",
                         "2022-03-13T07:00:00Z", "2022-03-12T07:30:00Z"},
                    Step{"CRON_TZ=America/New_York 0 30 2 * * *", "2022-03-13T07:00:00Z",
                         "2022-03-14T06:30:00Z", "2022-03-13T07:00:00Z"},
                    Step{"CRON_TZ=America/New_York 0 30 2 * * *", "2022-03-14T06:00:00Z",
                         "2022-03-14T06:30:00Z", "2022-03-13T07:00:00Z"},
                    // Every hour: nothing is made up for.
                    Step{"CRON_TZ=America/New_York 0 30 * * * *", "2022-03-13T06:30:00Z",
                         "2022-03-13T07:30:00Z", "2022-03-13T06:30:00Z"},
                    // 01:30 comes twice on 6 November: due the first time.
                    Step{"CRON_TZ=America/New_York 0 30 1 * * *", "2022-11-06T05:30:00Z",
                         "2022-11-07T06:30:00Z", "2022-11-06T05:30:00Z"},
                    Step{"CRON_TZ=America/New_York 0 30 1 * * *", "2022-11-06T07:00:00Z",
                         "2022-11-07T06:30:00Z", "2022-11-06T05:30:00Z"},
                    Step{"CRON_TZ=America/New_York 0 30 * * * *", "2022-11-06T05:30:00Z",
                         "2022-11-06T06:30:00Z", "2022-11-06T05:30:00Z"},
                    // Beyond the table of the file its rule goes on.
                    Step{"CRON_TZ=Europe/Berlin 0 0 12 * * *", "2060-07-01T00:00:00Z",
                         "2060-07-01T10:00:00Z", "2060-06-30T10:00:00Z"},
                    Step{"CRON_TZ=Europe/Berlin 0 0 12 * * *", "2060-12-01T00:00:00Z",
                         "2060-12-01T11:00:00Z", "2060-11-30T11:00:00Z"},
                    Step{"CRON_TZ=Europe/Berlin 0 0 12 * * *", "1850-12-01T00:00:00Z",
                         "1850-12-01T11:06:32Z", "1850-11-30T11:06:32Z"}));

TEST(Cron, CountsIntervalsFromTheirBeginning) {
  const Cron cron = cronOf("@every 5m");
  const Time since = at("2022-02-01T00:01:30Z");

  EXPECT_EQ(textOf(cron.next(since, since)), "2022-02-01T00:06:30Z");
  EXPECT_EQ(textOf(cron.next(at("2022-01-01T00:00:00Z"), since)), "2022-02-01T00:06:30Z");
  EXPECT_EQ(textOf(cron.next(at("2022-02-01T00:06:30Z"), since)), "2022-02-01T00:11:30Z");
  EXPECT_EQ(textOf(cron.previous(at("2022-02-01T00:06:29Z"), since)), "never");
  EXPECT_EQ(textOf(cron.previous(at("2022-02-01T00:06:30Z"), since)), "2022-02-01T00:06:30Z");
  EXPECT_EQ(textOf(cron.previous(at("2022-02-01T00:17:00Z"), since)), "2022-02-01T00:16:30Z");
}

TEST(Cron, LooksAtPartsOfSeconds) {
  const Cron cron = cronOf("0 0 4 * * *");
  const Time due = at("2022-02-01T04:00:00Z");

  EXPECT_EQ(cron.next(due - std::chrono::nanoseconds(1)), due);
  EXPECT_EQ(cron.next(due + std::chrono::nanoseconds(1)), due + std::chrono::hours(24));
  EXPECT_EQ(cron.previous(due - std::chrono::nanoseconds(1)), due - std::chrono::hours(24));
  EXPECT_EQ(cron.previous(due + std::chrono::nanoseconds(1)), due);
}

TEST(Cron, StopsAtTheEndOfAllTimes) {
  EXPECT_EQ(textOf(cronOf("0 0 4 * * *").next(Time::max())), "never");
  EXPECT_EQ(textOf(cronOf("0 0 4 * * *").previous(Time::min())), "never");
}

TEST(Cron, NextAndPreviousAreInverse) {
  for (const char* text :
       {"0 0/7 * * * *", "15 30 1,2,3 * * *", "CRON_TZ=America/New_York 0 0,30 1-3 * * *",
        "CRON_TZ=Australia/Lord_Howe 0 15 */2 * * ?", "CRON_TZ=America/New_York 0 */10 * * * *"}) {
    const Cron cron = cronOf(text);
    Time time = cron.next(at("2022-01-01T00:00:00Z")).value();
    for (int i = 0; i < 3000; ++i) {
      const Time next = cron.next(time).value();
      ASSERT_GT(next, time) << text;
      ASSERT_EQ(cron.previous(next), next) << text << " " << toIso(next);
      ASSERT_EQ(cron.previous(next - std::chrono::seconds(1)), time) << text;
      time = next;
    }
  }
}

}  // namespace
}  // namespace openfc
