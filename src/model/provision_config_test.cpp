#include "model/provision_config.h"

#include "base/error.h"
#include "base/time_text.h"

#include <gtest/gtest.h>

namespace openfc::model {
namespace {

Time at(const std::string& text) { return fromIso(text).value(); }

ScheduledAction action(const std::string& expression, std::int64_t target,
                       const std::string& start = "2022-01-01T00:00:00Z",
                       const std::string& end = "2023-01-01T00:00:00Z") {
  return {"a", start, end, target, expression};
}

ProvisionConfig config(std::vector<ScheduledAction> actions) {
  return {.target = 3,
          .targetTime = at("2022-03-01T08:00:00Z"),
          .settings = {.scheduledActions = std::move(actions)}};
}

std::string problemsOf(const std::string& members) {
  std::string body =
      R"({"name":"a","startTime":"2022-01-01T00:00:00Z","endTime":"2023-01-01T00:00:00Z",)"
      R"x("target":1,"scheduleExpression":"cron(0 0 4 * * *)")x" +
      members + "}";
  try {
    schema::fromText<ScheduledAction>(body);
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

TEST(ScheduledActions, AcceptWhatTheReferenceNames) {
  for (const char* expression :
       {"cron(0 */30 * * * *)", "cron(0 0 20 * * *)", "cron(CRON_TZ=Asia/Shanghai 0 0 4 * * *)",
        "at(2020-10-10T10:10:10Z)", "at(2020-10-10T10:10:10)"}) {
    EXPECT_EQ(problemsOf(std::string(R"(,"scheduleExpression":")") + expression + '"'), "")
        << expression;
  }
}

TEST(ScheduledActions, RefuseOtherExpressions) {
  for (const char* expression :
       {"", "cron", "cron()", "cron(0 0 4 * *)", "cron(0 99 4 * * *)", "cron(@every 5m)", "at()",
        "at(10:10)", "at(2020-10-10T10:10:10Z", "rate(5 minutes)", "cron(0 0 4 * * *) "}) {
    const std::string expected =
        std::string(
            "The ScheduleExpression should be atTime or cron expression (example: "
            "['at(2020-10-10T10:10:10Z)', 'cron(0 */30 * * * *)'], actual: '") +
        expression + "')";
    EXPECT_EQ(problemsOf(std::string(R"(,"scheduleExpression":")") + expression + '"'), expected);
  }
}

TEST(ScheduledActions, NeedTimesInUtc) {
  EXPECT_EQ(problemsOf(R"(,"startTime":"2022-01-01T00:00:00+08:00")"),
            "The StartTime is not in UTC time format (example: '2020-10-10T10:10:10Z', actual: "
            "'2022-01-01T00:00:00+08:00')");
  EXPECT_EQ(problemsOf(R"(,"endTime":"tomorrow")"),
            "The EndTime is not in UTC time format (example: '2020-10-10T10:10:10Z', actual: "
            "'tomorrow')");
}

TEST(ProvisionSettings, TellWhatDoesNotFitTogether) {
  ProvisionSettings settings;
  settings.scheduledActions = {
      action("cron(0 0 4 * * *)", 1),
      action("cron(0 0 4 * * *)", 1, "2022-01-02T00:00:00Z", "2022-01-01T00:00:00Z")};
  settings.targetTrackingPolicies = {{"p", "2022-01-01T00:00:00Z", "2023-01-01T00:00:00Z",
                                      "ProvisionedConcurrencyUtilization", 0.5, 5, 4}};
  schema::Problems problems;

  check(settings, problems);

  EXPECT_EQ(problems.text(),
            "Duplicate action name 'a' in ScheduledActions is not allowed; "
            "The EndTime must be after the StartTime (StartTime: '2022-01-02T00:00:00Z', EndTime: "
            "'2022-01-01T00:00:00Z'); "
            "minCapacity must not be greater than maxCapacity (actual: 5 and 4)");
}

TEST(ScheduledTarget, IsWhatTheLastActionSays) {
  struct Case {
    const char* what;
    std::vector<ScheduledAction> actions;
    const char* now;
    std::int64_t target;
    const char* since;
  };
  const std::string open = "2020-01-01T00:00:00Z";
  const Case cases[] = {
      {"what was set, without actions", {}, "2022-03-01T09:00:00Z", 3, "2022-03-01T08:00:00Z"},
      {"what was set, before the first moment",
       {action("at(2022-03-01T10:00:00Z)", 5)},
       "2022-03-01T09:59:59Z",
       3,
       "2022-03-01T08:00:00Z"},
      {"the action from its moment on",
       {action("at(2022-03-01T10:00:00Z)", 5)},
       "2022-03-01T10:00:00Z",
       5,
       "2022-03-01T10:00:00Z"},
      {"a moment before the target was set, in a window that was open then",
       {action("at(2020-10-20T10:10:10Z)", 5, open)},
       "2022-03-01T08:00:00Z",
       5,
       "2022-03-01T08:00:00Z"},
      {"a repeated moment before the target was set",
       {action("cron(0 */30 * * * *)", 5, open)},
       "2022-03-01T08:10:00Z",
       5,
       "2022-03-01T08:00:00Z"},
      {"nothing of a window that was closed when the target was set",
       {action("cron(0 0 4 * * *)", 5, open, "2022-02-01T00:00:00Z")},
       "2022-03-01T09:00:00Z",
       3,
       "2022-03-01T08:00:00Z"},
      {"no moment before the window",
       {action("at(2021-03-01T10:00:00Z)", 5)},
       "2022-03-01T09:00:00Z",
       3,
       "2022-03-01T08:00:00Z"},
      {"no moment behind the window",
       {action("at(2023-03-01T10:00:00Z)", 5)},
       "2023-04-01T09:00:00Z",
       3,
       "2022-03-01T08:00:00Z"},
      {"the last moment of the window stays when it has closed",
       {action("cron(0 0 4 * * *)", 5, open, "2022-03-02T12:00:00Z")},
       "2022-03-05T00:00:00Z",
       5,
       "2022-03-02T04:00:00Z"},
      {"the later of two",
       {action("cron(0 0 12 * * *)", 7), action("cron(0 0 10 * * *)", 5)},
       "2022-03-02T13:00:00Z",
       7,
       "2022-03-02T12:00:00Z"},
      {"the last in the list of the same moment",
       {action("cron(0 0 12 * * *)", 7), action("cron(0 0 12 * * *)", 5)},
       "2022-03-02T13:00:00Z",
       5,
       "2022-03-02T12:00:00Z"},
      {"a moment of another zone",
       {action("cron(CRON_TZ=Asia/Shanghai 0 0 20 * * *)", 5)},
       "2022-03-01T12:00:00Z",
       5,
       "2022-03-01T12:00:00Z"},
  };
  for (const Case& row : cases) {
    const auto out = scheduledTarget(config(row.actions), at(row.now));

    EXPECT_EQ(out.target, row.target) << row.what;
    EXPECT_EQ(toIso(out.since), row.since) << row.what;
  }
}

TEST(ScheduledTarget, ChangesNextWhereAnActionFiresOrAWindowMoves) {
  ProvisionConfig made =
      config({action("cron(0 0 4 * * *)", 5), action("at(2022-03-01T10:00:00Z)", 1)});

  EXPECT_EQ(nextChange(made, at("2022-03-01T08:00:00Z")), at("2022-03-01T10:00:00Z"));
  EXPECT_EQ(nextChange(made, at("2022-03-01T10:00:00Z")), at("2022-03-02T04:00:00Z"));
  EXPECT_EQ(nextChange(made, at("2021-01-01T00:00:00Z")), at("2022-01-01T04:00:00Z"));
  EXPECT_EQ(nextChange(made, at("2022-12-31T04:00:00Z")), std::nullopt);

  made.settings.targetTrackingPolicies = {{"p", "2022-03-01T09:00:00Z", "2022-03-01T09:30:00Z",
                                           "ProvisionedConcurrencyUtilization", 0.5, 1, 4}};
  EXPECT_EQ(nextChange(made, at("2022-03-01T08:00:00Z")), at("2022-03-01T09:00:00Z"));
  EXPECT_TRUE(activePolicies(made, at("2022-03-01T08:59:59Z")).empty());
  EXPECT_EQ(activePolicies(made, at("2022-03-01T09:00:00Z")).size(), 1u);
  EXPECT_EQ(activePolicies(made, at("2022-03-01T09:30:00Z")).size(), 1u);
  EXPECT_TRUE(activePolicies(made, nextChange(made, at("2022-03-01T09:00:00Z")).value()).empty());
}

}  // namespace
}  // namespace openfc::model
