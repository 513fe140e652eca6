#include "store/history.h"

#include <gtest/gtest.h>

namespace openfc::store {
namespace {

using Kind = Call::Kind;

TEST(History, AcceptsCallsThatOverlapInEitherOrder) {
  EXPECT_TRUE(linearizable({}));
  EXPECT_TRUE(linearizable({
      {.kind = Kind::create, .revision = 2, .began = 0, .ended = 3},
      {.kind = Kind::read, .revision = 0, .began = 1, .ended = 2},
      {.kind = Kind::read, .revision = 2, .began = 4, .ended = 5},
  }));
}

TEST(History, RefusesAReadOfThePast) {
  EXPECT_FALSE(linearizable({
      {.kind = Kind::create, .revision = 2, .began = 0, .ended = 1},
      {.kind = Kind::read, .revision = 0, .began = 2, .ended = 3},
  }));
}

TEST(History, RefusesTwoWinnersOfOneRevision) {
  EXPECT_FALSE(linearizable({
      {.kind = Kind::create, .revision = 2, .began = 0, .ended = 1},
      {.kind = Kind::update, .expected = 2, .revision = 3, .began = 2, .ended = 5},
      {.kind = Kind::update, .expected = 2, .revision = 4, .began = 3, .ended = 4},
  }));
}

TEST(History, RefusesARefusalWithoutReason) {
  EXPECT_FALSE(linearizable({
      {.kind = Kind::create, .revision = 2, .began = 0, .ended = 1},
      {.kind = Kind::erase, .expected = 2, .accepted = false, .began = 2, .ended = 3},
  }));
}

}  // namespace
}  // namespace openfc::store
