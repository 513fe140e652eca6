#include "base/nearest.h"

#include <gtest/gtest.h>

namespace openfc {
namespace {

TEST(Nearest, FindsTheWordThatWasMeant) {
  const std::vector<std::string> words = {"deploy", "delete", "logs", "layer", "listen"};
  const std::pair<const char*, const char*> cases[] = {
      {"depoly", "deploy"},  {"deplyo", "deploy"}, {"log", "logs"}, {"lisen", "listen"},
      {"lissten", "listen"}, {"laier", "layer"},   {"xyzzy", ""},   {"", ""},
  };
  for (const auto& [typed, meant] : cases) EXPECT_EQ(nearest(typed, words), meant) << typed;
}

TEST(Nearest, EndsAMessage) {
  EXPECT_EQ(didYouMean("depoly", {"deploy"}), ", did you mean 'deploy'?");
  EXPECT_EQ(didYouMean("nothing", {"deploy"}), "");
}

}  // namespace
}  // namespace openfc
