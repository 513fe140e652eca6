#include "base/error.h"

#include <gtest/gtest.h>

namespace openfc {
namespace {

TEST(Error, RowsStandInTheOrderOfTheEnumeration) {
  std::size_t index = 0;
  for (const CodeRow& row : codeRows()) EXPECT_EQ(static_cast<std::size_t>(row.code), index++);
}

TEST(Error, PutsArgumentsIntoTheDocumentedMessage) {
  const Error error = errorOf(Code::functionNotFound, {"f", "s"});

  EXPECT_EQ(error.message(), "function 'f' does not exist in service 's'");
  EXPECT_EQ(error.name(), "FunctionNotFound");
  EXPECT_EQ(error.status(), 404);
}

}  // namespace
}  // namespace openfc
