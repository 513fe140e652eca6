#include "base/byte_budget.h"

#include "base/error.h"

#include <gtest/gtest.h>

namespace openfc {
namespace {

/// What taking so much is refused with; "" = it is not.
std::string refusal(ByteBudget& budget, const std::string& account, std::uint64_t bytes) {
  try {
    budget.take(account, bytes);
    return "";
  } catch (const Error& error) {
    return std::to_string(error.status()) + ' ' + error.message();
  }
}

TEST(ByteBudget, LeavesRoomForOtherAccounts) {
  ByteBudget budget({.total = 100, .account = 60});

  const auto first = budget.take("a", 60);

  EXPECT_EQ(refusal(budget, "a", 1),
            "429 requests and answers of this account on their way have 60 bytes; 1 more exceed "
            "its limit of 60 (maxAccountBytesInFlight)");
  EXPECT_EQ(refusal(budget, "b", 40), "");
  EXPECT_EQ(refusal(budget, "b", 41),
            "503 requests and answers on their way have 60 bytes; 41 more exceed the server's "
            "limit of 100 (maxBytesInFlight)");
  EXPECT_EQ(budget.refusals().ofAccounts, 1u);
  EXPECT_EQ(budget.refusals().ofAll, 1u);
}

TEST(ByteBudget, TakesBackWhatIsPassedOnAndTheRestAtTheEnd) {
  ByteBudget budget({.total = 100, .account = 60});
  auto share = budget.take("a", 50);

  share->giveBack(30);
  EXPECT_EQ(budget.used(), 20u);
  share->add(40);
  EXPECT_THROW(share->add(1), Error);
  EXPECT_EQ(share->bytes(), 60u);
  share.reset();

  EXPECT_EQ(budget.used(), 0u);
  EXPECT_EQ(refusal(budget, "a", 60), "");
}

TEST(ByteBudget, RefusesASingleRequestBeyondTheLimit) {
  ByteBudget budget({.total = 100, .account = 60});

  EXPECT_NE(refusal(budget, "a", UINT64_MAX), "");

  EXPECT_EQ(budget.used(), 0u);
}

TEST(ByteBudget, MayEndBeforeItsShares) {
  std::shared_ptr<ByteBudget::Share> share;
  {
    ByteBudget budget({.total = 100, .account = 60});
    share = budget.take("a", 10);
  }

  share.reset();

  SUCCEED();
}

}  // namespace
}  // namespace openfc
