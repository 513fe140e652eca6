#include "sandbox/launcher/resolver_shares.h"

#include <gtest/gtest.h>

#include <vector>

namespace openfc::sandbox::launcher {
namespace {

constexpr Shares shares{.all = 6, .ofClient = 4};
using Clients = std::vector<in_addr_t>;

TEST(ResolverShares, AFreePlaceIsGiven) {
  const Place place = placeFor(Clients{1, 1, 1}, 1, shares);

  EXPECT_TRUE(place.granted);
  EXPECT_FALSE(place.insteadOf);
}

TEST(ResolverShares, AClientAtItsLimitWaits) {
  EXPECT_FALSE(placeFor(Clients{1, 1, 1, 1}, 1, shares).granted);
}

TEST(ResolverShares, TheOldestOfWhoHasMostMakesRoom) {
  const Place place = placeFor(Clients{1, 2, 3, 2, 2, 3}, 4, shares);

  EXPECT_TRUE(place.granted);
  EXPECT_EQ(place.insteadOf, 1);
}

TEST(ResolverShares, EqualsDoNotPushEachOther) {
  EXPECT_FALSE(placeFor(Clients{1, 1, 2, 2, 3, 3}, 1, shares).granted);
  EXPECT_FALSE(placeFor(Clients{1, 1, 1, 2, 2, 3}, 2, shares).granted);
  EXPECT_EQ(placeFor(Clients{1, 1, 1, 2, 2, 3}, 3, shares).insteadOf, 0);
  EXPECT_FALSE(placeFor(Clients{1, 2, 3, 4, 5, 6}, 7, shares).granted);
}

/// Whatever came before, a client with fewer than the others is heard.
TEST(ResolverShares, ManyThatFillTheTableKeepNobodyOut) {
  constexpr Shares real{.all = 512, .ofClient = 64};
  Clients entries;
  for (in_addr_t client = 1; client <= 9; ++client) {
    for (int i = 0; i < 64; ++i) {
      const Place place = placeFor(entries, client, real);
      if (place.insteadOf)
        entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(*place.insteadOf));
      if (place.granted) entries.push_back(client);
    }
  }
  ASSERT_EQ(entries.size(), 512);

  EXPECT_TRUE(placeFor(entries, 10, real).granted);
  EXPECT_FALSE(placeFor(entries, 10, {.all = 512, .ofClient = 64, .fair = false}).granted);
}

}  // namespace
}  // namespace openfc::sandbox::launcher
