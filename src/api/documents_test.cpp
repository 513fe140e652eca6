#include "api/capabilities.h"
#include "api/openapi.h"
#include "api/operation_errors.h"
#include "api/operations.h"
#include "api/reference.h"
#include "schema/json.h"

#include <boost/json/value.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

namespace openfc::api {
namespace {

std::string contentOf(const std::string& path) {
  std::ifstream file(std::string(OPENFC_SOURCE_DIR) + "/" + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Documents, AreThoseOfTheDeclarations) {
  EXPECT_EQ(contentOf("docs/compat.md"), compatibilityDocument())
      << "print it again: generate_docs compat docs/compat.md";
  EXPECT_EQ(contentOf("docs/api.md"), referenceDocument())
      << "print it again: generate_docs api docs/api.md";
}

TEST(Capabilities, NameEverySettableFieldOnceWithASentence) {
  std::set<std::pair<std::string, std::string>> seen;
  for (const Capability& row : capabilities().fields) {
    EXPECT_TRUE(seen.emplace(row.resource, row.field).second) << row.field;
    EXPECT_TRUE(row.note.ends_with('.')) << row.field << ": " << row.note;
  }

  for (const auto& name : {"memorySize", "code.zipFile", "instanceLifecycleConfig.preStop.timeout",
                           "customDNS.dnsOptions[].name"}) {
    EXPECT_TRUE(seen.contains({"function", name})) << name;
  }
  EXPECT_TRUE(seen.contains({"service", "nasConfig.mountPoints[].mountDir"}));
  EXPECT_FALSE(seen.contains({"function", "functionId"}));
  EXPECT_FALSE(seen.contains({"function", "packageDigest"}));
}

/// Follows every reference of a document.
void collectReferences(const boost::json::value& value, std::set<std::string>& out) {
  if (const auto* object = value.if_object()) {
    for (const auto& member : *object) {
      if (member.key() == "$ref") out.insert(member.value().as_string().c_str());
      collectReferences(member.value(), out);
    }
  } else if (const auto* array = value.if_array()) {
    for (const auto& item : *array) collectReferences(item, out);
  }
}

TEST(OpenApi, DescribesEveryOperationAndWhatItRefersTo) {
  const auto document = schema::parseJson(openApiDocument());
  std::set<std::string> references;
  collectReferences(document, references);

  std::size_t described = 0;
  for (const auto& path : document.at("paths").as_object())
    described += path.value().as_object().size();
  EXPECT_EQ(described, operations().size());
  EXPECT_GT(references.size(), 20u);
  for (const std::string& reference : references) {
    const std::string pointer = reference.substr(1);
    boost::json::error_code missing;
    EXPECT_NE(document.find_pointer(pointer, missing), nullptr) << reference;
  }
  const auto& create = document.at("components").at("schemas").at("CreateFunction");
  EXPECT_EQ(schema::toText(create.at("required")), R"(["functionName","runtime","handler"])");
  EXPECT_EQ(create.at("properties").at("timeout").at("maximum").as_int64(), 86400);
  EXPECT_EQ(create.at("properties").at("timeout").at("default").as_int64(), 60);
  const auto& update = document.at("components").at("schemas").at("UpdateFunction");
  EXPECT_FALSE(update.as_object().contains("required"));
}

TEST(OpenApi, GivesEveryOperationAnIdOfItsOwn) {
  const auto document = schema::parseJson(openApiDocument());

  std::set<std::string> ids;
  for (const auto& path : document.at("paths").as_object()) {
    for (const auto& operation : path.value().as_object()) {
      const std::string id = operation.value().at("operationId").as_string().c_str();
      EXPECT_TRUE(ids.insert(id).second) << id;
    }
  }
  EXPECT_TRUE(ids.contains("InvokeFunction"));
}

TEST(OpenApi, ListsTheErrorsOfAnOperationByStatus) {
  const auto document = schema::parseJson(openApiDocument());

  const auto& answers = document.at("paths").at("/2016-08-15/services").at("post").at("responses");
  EXPECT_EQ(answers.at("409").at("description").as_string(), "ServiceAlreadyExists");
  EXPECT_TRUE(answers.as_object().contains("403"));
}

TEST(OperationErrors, NameEachCodeOnceAndNoCommonOne) {
  for (const std::string_view operation : operationsWithErrors()) {
    std::set<Code> seen(commonErrors().begin(), commonErrors().end());
    for (const Code code : errorsOf(operation))
      EXPECT_TRUE(seen.insert(code).second) << operation << " " << rowOf(code).name;
  }
  EXPECT_TRUE(errorsOf("GetCapabilities").empty());
}

}  // namespace
}  // namespace openfc::api
