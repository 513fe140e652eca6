#include "base/time_text.h"

#include <gtest/gtest.h>

namespace openfc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Time sample = Time(seconds(1604915193));

TEST(TimeText, WritesTheDateHeaderOfTheReference) {
  EXPECT_EQ(toHttpDate(sample), "Mon, 09 Nov 2020 09:46:33 GMT");
  EXPECT_EQ(fromHttpDate("Mon, 09 Nov 2020 09:46:33 GMT"), sample);
}

TEST(TimeText, WritesAndReadsIsoDates) {
  EXPECT_EQ(toIso(sample), "2020-11-09T09:46:33Z");
  EXPECT_EQ(toIsoMillis(sample + milliseconds(7)), "2020-11-09T09:46:33.007Z");
  EXPECT_EQ(fromIso("2020-11-09T09:46:33Z"), sample);
  EXPECT_EQ(fromIso("2020-11-09T09:46:33.007+0000"), sample + milliseconds(7));
}

TEST(TimeText, RefusesWhatIsNoDate) {
  for (const char* text : {"", "2020-11-09", "2020-13-09T09:46:33Z", "2020-11-31T09:46:33Z",
                           "2020-11-09T09:46:33", "2020-11-09 09:46:33Z"}) {
    EXPECT_EQ(fromIso(text), std::nullopt) << text;
  }
  for (const char* text : {"", "Mon, 09 Nov 2020 09:46:33 CET", "Mon, 09 Foo 2020 09:46:33 GMT"}) {
    EXPECT_EQ(fromHttpDate(text), std::nullopt) << text;
  }
}

TEST(TimeText, RefusesWhatTimeCannotHold) {
  for (const char* text :
       {"0001-01-01T00:00:00Z", "1677-09-21T00:12:43Z", "2262-04-11T23:47:16Z",
        "2262-04-11T23:47:16.999Z", "2300-01-01T00:00:00Z", "9999-12-31T23:59:59Z"}) {
    EXPECT_EQ(fromIso(text), std::nullopt) << text;
  }
  EXPECT_EQ(fromHttpDate("Fri, 31 Dec 9999 23:59:59 GMT"), std::nullopt);
}

TEST(TimeText, ReadsTheFarthestDates) {
  for (const char* text : {"1677-09-21T00:12:45Z", "2262-04-11T23:47:15Z"}) {
    const auto time = fromIso(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(toIso(*time), text);
  }
}

}  // namespace
}  // namespace openfc
