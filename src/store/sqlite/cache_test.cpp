#include "store/sqlite/cache.h"

#include <gtest/gtest.h>

namespace openfc::store::sqlite {
namespace {

std::string told(Cache& cache, const std::string& key) {
  const auto document = cache.find(key);
  return document ? document->value : "(read it)";
}

TEST(Cache, TellsWhatItKeeps) {
  Cache cache(1 << 20);

  cache.keep({"a", "1", 1});
  cache.keep({"a", "2", 2});

  EXPECT_EQ(told(cache, "a"), "2");
  EXPECT_EQ(cache.find("a")->revision, 2u);
  EXPECT_EQ(told(cache, "b"), "(read it)");
}

TEST(Cache, HoldsNothingThatACommitOnItsWayTouches) {
  Cache cache(1 << 20);
  for (const char* key : {"a", "p/1", "p/2", "q"}) cache.keep({key, "old", 1});
  const Touched first = touchedBy({put("a", "new"), require("q", Expect::at(1))});
  const Touched second = touchedBy({erase("a"), eraseUnder("p/")});

  cache.begin(first);
  cache.begin(second);
  cache.keep({"a", "between", 2});
  cache.keep({"p/3", "between", 2});
  EXPECT_EQ(told(cache, "a") + told(cache, "p/1") + told(cache, "p/3"),
            "(read it)(read it)(read it)");
  EXPECT_EQ(told(cache, "q"), "old");
  cache.end(first);
  cache.keep({"a", "too early", 2});
  EXPECT_EQ(told(cache, "a"), "(read it)");
  cache.end(second);
  EXPECT_EQ(told(cache, "p/2"), "(read it)");

  cache.keep({"a", "after", 3});
  cache.keep({"p/1", "after", 3});
  EXPECT_EQ(told(cache, "a") + told(cache, "p/1"), "afterafter");
}

TEST(Cache, LetsGoOfWhatWasNotUsedForLong) {
  Cache cache(5000);
  for (int i = 0; i < 100; ++i) {
    cache.keep({"k" + std::to_string(i), std::string(100, 'v'), 1});
    EXPECT_TRUE(cache.find("k0"));
    EXPECT_LE(cache.bytes(), 5000u);
  }

  EXPECT_TRUE(cache.find("k99"));
  EXPECT_FALSE(cache.find("k1"));
}

TEST(Cache, CountsWhatItReplacesAndErasesOnce) {
  Cache cache(1 << 20);
  cache.keep({"a", std::string(1000, 'v'), 1});
  cache.keep({"a", "v", 2});
  const std::size_t one = cache.bytes();
  cache.keep({"b", "v", 3});
  EXPECT_EQ(cache.bytes(), 2 * one);

  const Touched both = touchedBy({erase("a"), erase("b"), erase("b")});
  cache.begin(both);
  cache.end(both);

  EXPECT_EQ(cache.bytes(), 0u);
}

TEST(Cache, LeavesOutWhatWouldPushOutTooMuch) {
  Cache cache(10'000);
  cache.keep({"small", "v", 1});

  cache.keep({"large", std::string(3000, 'v'), 1});
  Cache nothing(0);
  nothing.keep({"small", "v", 1});

  EXPECT_FALSE(cache.find("large"));
  EXPECT_TRUE(cache.find("small"));
  EXPECT_FALSE(nothing.find("small"));
}

}  // namespace
}  // namespace openfc::store::sqlite
