#include "api/unexpected.h"

#include "base/check.h"
#include "store/store_full.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <stdexcept>

namespace openfc::api {
namespace {

TEST(Unexpected, TellsOfAFullDisk) {
  for (const Error& told : {unexpected(SystemError(ENOSPC, "write a package")),
                            unexpected(SystemError(EDQUOT, "write a package")),
                            unexpected(store::StoreFull("commit"))}) {
    EXPECT_EQ(told.code(), Code::serviceUnavailable);
    EXPECT_EQ(told.message(), "no space is left on the server's disk");
  }
}

TEST(Unexpected, TellsNothingElse) {
  EXPECT_EQ(unexpected(SystemError(EACCES, "open /secret")).code(), Code::internalServerError);
  EXPECT_EQ(unexpected(std::runtime_error("/secret")).code(), Code::internalServerError);
}

}  // namespace
}  // namespace openfc::api
