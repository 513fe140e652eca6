#include "base/ration.h"

#include <gtest/gtest.h>

#include <chrono>

namespace openfc {
namespace {

using namespace std::chrono_literals;

class RationTest : public testing::Test {
protected:
  std::optional<std::size_t> ask(std::string_view subject) { return ration_.ask(subject, now_); }

  SteadyTime now_{1h};
  Ration ration_{2, 10s};
};

TEST_F(RationTest, HoldsBackWhatIsTooMuch) {
  EXPECT_EQ(ask("a"), 0u);
  EXPECT_EQ(ask("a"), 0u);
  EXPECT_EQ(ask("a"), std::nullopt);
}

TEST_F(RationTest, TellsHowManyWereHeldBack) {
  for (int i = 0; i < 5; ++i) ask("a");

  now_ += 10s;

  EXPECT_EQ(ask("a"), 3u);
  EXPECT_EQ(ask("a"), 0u);
  EXPECT_EQ(ask("a"), std::nullopt);
}

TEST_F(RationTest, SubjectsDoNotShareIt) {
  for (int i = 0; i < 3; ++i) ask("a");

  EXPECT_EQ(ask("b"), 0u);
}

TEST_F(RationTest, RemembersOnlySoManySubjects) {
  for (int i = 0; i < 3; ++i) ask("a");
  for (int i = 0; i < 5000; ++i) ask(std::to_string(i));

  EXPECT_EQ(ask("a"), 0u);  // it was forgotten
}

}  // namespace
}  // namespace openfc
