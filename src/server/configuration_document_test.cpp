#include "server/config.h"
#include "server/setting_text.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace openfc::server {
namespace {

std::string contentOf(const std::string& path) {
  std::ifstream file(std::string(OPENFC_SOURCE_DIR) + "/" + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(ConfigurationDocument, IsThatOfTheDeclarations) {
  EXPECT_EQ(contentOf("docs/configuration.md"), configurationDocument())
      << "print it again: generate_docs configuration docs/configuration.md";
}

TEST(ConfigurationDocument, NamesEverySettingAndEveryMemberOfItsLists) {
  const std::string text = configurationDocument();
  for (const schema::Field& field : schema::shapeFor<Config>().fields) {
    EXPECT_TRUE(text.contains("| `" + std::string(field.name) + "` |")) << field.name;
  }
  EXPECT_TRUE(text.contains("| `serverAddr` (required) |"));
  EXPECT_TRUE(text.contains("| `interface` |"));
}

}  // namespace
}  // namespace openfc::server
