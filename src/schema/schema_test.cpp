#include "base/error.h"
#include "schema/json.h"
#include "schema/openapi.h"
#include "schema/read.h"
#include "schema/write.h"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <gtest/gtest.h>

namespace openfc::schema {
namespace {

constexpr std::string_view colours[] = {"red", "green"};
constexpr Pattern lowerCase{[](std::string_view text) {
                              return text.find_first_not_of("abcdefghijklmnopqrstuvwxyz") ==
                                     text.npos;
                            },
                            "^[a-z]*$"};

std::string evenProblem(int value) { return value % 2 == 0 ? "" : "even: must be even"; }

struct Wheel {
  std::string side;
  std::optional<int> size;
  bool operator==(const Wheel&) const = default;
};

struct Engine {
  int power = 7;
  double load = 0.5;
  bool operator==(const Engine&) const = default;
};

struct Car {
  std::string name;
  std::string colour = "red";
  int doors = 4;
  int even = 2;
  std::int64_t mileage = 0;
  double weight = 1.5;
  bool electric = false;
  Time built;
  std::vector<Wheel> wheels;
  std::vector<std::string> owners;
  std::map<std::string, std::string> labels;
  std::optional<Engine> spare;
  Engine engine;
  std::string id;
  std::string note;
  std::string key;
  bool operator==(const Car&) const = default;
};

const Shape& shapeOf(const Wheel*) {
  static constexpr Field fields[] = {
      field<&Wheel::side>("side", "Where.", {.required = true}),
      field<&Wheel::size>("size", "Inches.", {.min = 10, .max = 30, .omitNull = true}),
  };
  static constexpr Shape result = shape<Wheel>("Wheel", fields);
  return result;
}

const Shape& shapeOf(const Engine*) {
  static constexpr Field fields[] = {
      field<&Engine::power>("power", "Kilowatts.", {.min = 1}),
      field<&Engine::load>("load", "Of its power.", {.multipleOf = 0.05}),
  };
  static constexpr Shape result = shape<Engine>("Engine", fields);
  return result;
}

const Shape& shapeOf(const Car*) {
  static constexpr Field fields[] = {
      field<&Car::name>("name", "Name.",
                        {.required = true, .minLength = 1, .maxLength = 8, .pattern = &lowerCase}),
      field<&Car::colour>("colour", "Colour.", {.oneOf = colours}),
      field<&Car::doors>("doors", "Doors.", {.min = 1, .max = 5}),
      field<&Car::even>("even", "An even number.", {.check = checkedBy<&evenProblem>}),
      field<&Car::mileage>("mileage", "Kilometres."),
      field<&Car::weight>("weight", "Tons.", {.min = 0}),
      field<&Car::electric>("electric", "Whether it is electric."),
      field<&Car::built>("built", "When."),
      field<&Car::wheels>("wheels", "Wheels.", {.maxItems = 2}),
      field<&Car::owners>("owners", "Owners.", {.maxLength = 3}),
      field<&Car::labels>("labels", "Labels.",
                          {.maxLength = 3, .keyPattern = &lowerCase, .secret = true}),
      field<&Car::spare>("spare", "Another engine."),
      field<&Car::engine>("engine", "The engine.", {.inlined = true}),
      field<&Car::id>("id", "Id.", {.readOnly = true}),
      field<&Car::note>("note", "Note.", {.stored = true}),
      field<&Car::key>("key", "Key.", {.writeOnly = true}),
  };
  static constexpr Shape result = shape<Car>("Car", fields);
  return result;
}

std::string problemOf(std::string_view body) {
  try {
    fromText<Car>(body);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::invalidArgument);
    return error.message();
  }
  return "";
}

struct Case {
  std::string_view body;
  std::string_view message;  // "" = accepted
};

class Rule : public testing::TestWithParam<Case> {};

TEST_P(Rule, IsToldWithItsField) { EXPECT_EQ(problemOf(GetParam().body), GetParam().message); }

INSTANTIATE_TEST_SUITE_P(
    Table, Rule,
    testing::Values(
        Case{R"({"name":"a"})", ""}, Case{R"({})", "name is required"},
        Case{R"({"name":null})", "name is required"},
        Case{R"([])", "the body must be a JSON object"},
        Case{R"({"name":7})", "name must be a string"},
        Case{R"({"name":""})", "name must not be empty"},
        Case{R"({"name":"abcdefghi"})", "name must have at most 8 characters (actual: 9)"},
        Case{R"({"name":"A"})",
             "Name doesn't match expected format (allowed: ^[a-z]*$, actual: 'A')"},
        Case{R"({"name":"a","colour":"blue"})",
             "Colour is set to an invalid value (allowed: red | green, actual: 'blue')"},
        Case{R"({"name":"a","doors":0})", "doors must be between 1 and 5 (actual: 0)"},
        Case{R"({"name":"a","doors":6})", "doors must be between 1 and 5 (actual: 6)"},
        Case{R"({"name":"a","doors":1})", ""}, Case{R"({"name":"a","doors":5})", ""},
        Case{R"({"name":"a","doors":2.0})", ""}, Case{R"({"name":"a","doors":"3"})", ""},
        Case{R"({"name":"a","doors":2.5})", "doors must be an integer"},
        Case{R"({"name":"a","doors":" 3"})", "doors must be an integer"},
        Case{R"({"name":"a","doors":""})", "doors must be an integer"},
        Case{R"({"name":"a","doors":true})", "doors must be an integer"},
        Case{R"({"name":"a","doors":2147483648})", "doors must be an integer"},
        Case{R"({"name":"a","mileage":9223372036854775807})", ""},
        Case{R"({"name":"a","mileage":9223372036854775808})", "mileage must be an integer"},
        Case{R"({"name":"a","mileage":1e300})", "mileage must be an integer"},
        Case{R"({"name":"a","mileage":"99999999999999999999"})", "mileage must be an integer"},
        Case{R"({"name":"a","even":3})", "even: must be even"},
        Case{R"({"name":"a","weight":-0.5})", "weight must be at least 0 (actual: -0.5)"},
        Case{R"({"name":"a","weight":"nan"})", "weight must be a number"},
        Case{R"({"name":"a","weight":"inf"})", "weight must be a number"},
        Case{R"({"name":"a","weight":1e999})", "weight must be a number"},
        Case{R"({"name":"a","weight":18446744073709551615})", ""},
        Case{R"({"name":"a","electric":"true"})", ""},
        Case{R"({"name":"a","electric":"False"})", ""},
        Case{R"({"name":"a","electric":1})", "electric must be a boolean"},
        Case{R"({"name":"a","built":"2022-03-01T08:00:00Z"})", ""},
        Case{R"({"name":"a","built":"yesterday"})",
             "built must be a UTC time before the year 2262 such as 2022-03-01T08:00:00Z"},
        Case{R"({"name":"a","wheels":{}})", "wheels must be a list"},
        Case{R"({"name":"a","wheels":[{"side":"l"},{"side":"r"},{"side":"x"}]})",
             "wheels contains too many values (max: 2, actual: 3)"},
        Case{R"({"name":"a","wheels":[{"side":"l","size":9}]})",
             "wheels[0].size must be between 10 and 30 (actual: 9)"},
        Case{R"({"name":"a","wheels":[{}]})", "wheels[0].side is required"},
        Case{R"({"name":"a","owners":["ok","long"]})",
             "owners[1] must have at most 3 characters (actual: 4)"},
        Case{R"({"name":"a","labels":{"A":"x"}})",
             "labels name doesn't match expected format (allowed: ^[a-z]*$, actual: 'A')"},
        Case{R"({"name":"a","labels":{"b":"long"}})",
             "labels.b must have at most 3 characters (actual: 4)"},
        Case{R"({"name":"a","labels":{"b":1}})", "labels.b must be a string"},
        Case{R"({"name":"a","labels":["b"]})", "labels must be an object"},
        Case{R"({"name":"a","spare":{"power":0}})", "spare.power must be at least 1 (actual: 0)"},
        Case{R"({"name":"a","spare":7})", "spare must be an object"},
        Case{R"({"name":"a","load":0.33})", "load must be a multiple of 0.05 (actual: 0.33)"},
        Case{R"({"name":"a","load":0.35})", ""},
        Case{R"({"doors":9,"even":1,"load":true})",
             "name is required; doors must be between 1 and 5 (actual: 9); even: must be even; "
             "load must be a number"},
        Case{R"({"name":"a","unknown":{"deep":[1,2,3]}})", ""}));

TEST(Read, PrefersTheExactNameAndElseIgnoresCase) {
  const Car car = fromText<Car>(R"({"NAME":"wrong","name":"right","COLOUR":"green","Doors":2})");

  EXPECT_EQ(car.name, "right");
  EXPECT_EQ(car.colour, "green");
  EXPECT_EQ(car.doors, 2);
}

TEST(Read, TakesNullAsAbsentAndReplacesNestedObjectsWhole) {
  const Car car = fromText<Car>(
      R"({"name":"a","colour":null,"spare":{"load":0.1,"power":null},"labels":{"x":null}})");

  EXPECT_EQ(car.colour, "red");
  EXPECT_EQ(car.spare, (Engine{.power = 7, .load = 0.1}));
  EXPECT_TRUE(car.labels.empty());
}

TEST(Read, IgnoresWhatIsTheServersFromClients) {
  const Car car = fromText<Car>(R"({"name":"a","id":"mine","note":"n","key":"k"})");

  EXPECT_EQ(car.id, "");
  EXPECT_EQ(car.note, "");
  EXPECT_EQ(car.key, "k");
}

TEST(Read, TellsAtMostTwentyProblems) {
  std::string body = R"({"name":"a","owners":[)";
  for (int i = 0; i < 30; ++i) body += R"("long",)";
  body.back() = ']';
  body += '}';

  const std::string message = problemOf(body);

  EXPECT_TRUE(message.ends_with("; and 10 more")) << message;
}

TEST(Read, RefusesUnknownNamesOfAConfiguration) {
  try {
    fromText<Car>(R"({"name":"a","power":9,"colur":"red","spare":{"x":1}})", Source::configuration);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "colur is unknown; spare.x is unknown");
  }
}

TEST(Read, TakesStoredDocumentsAsTheyAreButNotDamagedOnes) {
  Car car{.name = "NOT BY THE RULES", .doors = 77, .id = "i", .note = "n", .key = "k"};
  car.wheels = {{.side = "l", .size = {}}, {.side = "r", .size = 17}};
  car.labels = {{"A", "long"}};
  car.spare = Engine{.power = -1};
  car.built = Time(std::chrono::seconds(1'646'121'600));

  const std::string text = toText(car, Audience::store);

  EXPECT_EQ(fromText<Car>(text, Source::store), car);
  EXPECT_THROW(fromText<Car>("{", Source::store), std::runtime_error);
  EXPECT_THROW(fromText<Car>(R"({"doors":"x"})", Source::store), std::runtime_error);
}

TEST(Write, EmitsEveryRowButTheStoredOnes) {
  Car car{.name = "a", .id = "i", .note = "n", .key = "k"};
  car.wheels = {{.side = "l", .size = {}}};

  EXPECT_EQ(
      toText(car),
      R"({"name":"a","colour":"red","doors":4,"even":2,"mileage":0,"weight":1.5E0,"electric":false,)"
      R"("built":"1970-01-01T00:00:00Z","wheels":[{"side":"l"}],"owners":[],"labels":{},"spare":null,)"
      R"("power":7,"load":5E-1,"id":"i","key":null})");
}

struct Update {
  std::string name;
  std::string etag;
  std::optional<int> limit;
  bool wide = false;
  Partial<Car> car;
};

const Shape& shapeOf(const Update*) {
  static constexpr Field fields[] = {
      field<&Update::name>("carName", "Name.", {.required = true, .in = In::path}),
      field<&Update::etag>("If-Match", "ETag.", {.in = In::header}),
      field<&Update::limit>("limit", "Limit.", {.min = 1, .max = 100, .in = In::query}),
      field<&Update::wide>("wide", "Wide.", {.in = In::query}),
      field<&Update::car>("car", "Changes.", {.inlined = true}),
  };
  static constexpr Shape result = shape<Update>("Update", fields);
  return result;
}

TEST(Partial, ChangesOnlyWhatIsPresentAndChecksIt) {
  const auto update = fromText<Update>(
      R"({"doors":2,"wheels":[],"spare":{},"power":9,"colour":null,"labels":{"x":"y"}})");
  Car car{.name = "kept",
          .colour = "green",
          .labels = {{"old", "o"}},
          .engine = {.power = 1, .load = 0.25}};
  car.wheels = {{.side = "l", .size = {}}};

  update.car.applyTo(car);

  EXPECT_EQ(car.name, "kept");
  EXPECT_EQ(car.colour, "green");
  EXPECT_EQ(car.doors, 2);
  EXPECT_TRUE(car.wheels.empty());
  EXPECT_EQ(car.spare, Engine{});
  EXPECT_EQ(car.engine, (Engine{.power = 9, .load = 0.25}));
  EXPECT_EQ(car.labels, (std::map<std::string, std::string>{{"x", "y"}}));
  EXPECT_THROW(fromText<Update>(R"({"doors":9})"), Error);
}

TEST(Parameters, AreReadByTheRulesAndEmptyOnesAreAbsent) {
  const auto give = [](std::map<std::string, std::string> values) {
    Update update;
    Problems problems;
    readParameters(
        shapeFor<Update>(), &update,
        [&](In, std::string_view name) -> std::optional<std::string> {
          const auto found = values.find(std::string(name));
          if (found == values.end()) return {};
          return found->second;
        },
        problems);
    return std::pair(update, problems.text());
  };

  EXPECT_EQ(give({{"carName", "a"}, {"limit", "7"}, {"wide", "true"}}).first.limit, 7);
  EXPECT_EQ(give({{"carName", "a"}, {"limit", ""}}).second, "");
  EXPECT_EQ(give({{"limit", "101"}}).second,
            "carName is required; limit must be between 1 and 100 (actual: 101)");
  EXPECT_EQ(give({{"carName", "a"}, {"limit", "x"}}).second, "limit must be an integer");
}

TEST(Text, SetsListsAndMapsOfFlags) {
  Car car;
  Problems problems;
  for (const Field& field : shapeFor<Car>().fields) {
    if (field.name == "owners") readText(field, &car, "a,b", problems);
    if (field.name == "labels") readText(field, &car, R"({"a":"b"})", problems);
    if (field.name == "doors") readText(field, &car, "3", problems);
  }

  EXPECT_EQ(problems.text(), "");
  EXPECT_EQ(car.owners, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(car.labels, (std::map<std::string, std::string>{{"a", "b"}}));
  EXPECT_EQ(car.doors, 3);
}

class BadJson : public testing::TestWithParam<std::string> {};

TEST_P(BadJson, IsRefused) {
  try {
    parseJson(GetParam());
    FAIL() << "was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::invalidArgument);
    EXPECT_TRUE(error.message().starts_with("the body is not valid JSON: ")) << error.message();
  }
}

INSTANTIATE_TEST_SUITE_P(Table, BadJson,
                         testing::Values("", " ", "{", "{}x", "{'a':1}", "\xEF\xBB\xBF{}",
                                         "{\"a\":\"\xff\"}", "{\"a\":\"\xc0\xaf\"}",
                                         R"({"a":"\ud800"})", R"({"a":1,})", "nan", "[1e]",
                                         "{\"a\":\"\n\"}",
                                         std::string(65, '[') + std::string(65, ']'),
                                         std::string(1'000'000, '['), std::string(1'000'000, '{'),
                                         std::string("\0{}", 3)));

TEST(Json, TakesTheLastOfEqualKeysAndSixtyFourLevels) {
  EXPECT_EQ(toText(parseJson(R"({"a":1,"a":2})")), R"({"a":2})");
  EXPECT_NO_THROW(parseJson(std::string(64, '[') + std::string(64, ']')));
}

struct Letter {
  std::string to;
  Json content;
  std::optional<Json> answer;
};

std::string contentProblem(const Json& content) {
  return content.text.starts_with('{') ? "" : "content must be an object";
}

const Shape& shapeOf(const Letter*) {
  static constexpr ShapeOf contents[] = {&shapeFor<Wheel>, &shapeFor<Engine>};
  static constexpr Field fields[] = {
      field<&Letter::to>("to", "Who gets it.", {.required = true}),
      field<&Letter::content>(
          "content", "What it says.",
          {.required = true, .check = checkedBy<&contentProblem>, .variants = contents}),
      field<&Letter::answer>("answer", "Whatever.", {.omitNull = true}),
  };
  static constexpr Shape result = shape<Letter>("Letter", fields);
  return result;
}

std::string refusal(std::string_view text) {
  Letter letter;
  Problems problems;
  readBody(shapeFor<Letter>(), &letter, parseJson(text), Source::client, problems);
  return problems.text();
}

TEST(Json, IsKeptAsItIs) {
  const std::string text = R"({"to":"a","content":{"b":[1,null,"c"]},"answer":"x"})";
  const auto letter = fromText<Letter>(text);

  EXPECT_EQ(letter.content.text, R"({"b":[1,null,"c"]})");
  EXPECT_EQ(letter.answer->text, R"("x")");
  EXPECT_EQ(toText(letter), text);
  EXPECT_EQ(toText(letter, Audience::store), text);
  EXPECT_EQ(toText(fromText<Letter>(text, Source::store)), text);
  EXPECT_EQ(toText(Letter{.to = "a", .content = {}, .answer = {}}), R"({"to":"a","content":null})");
}

TEST(Json, HasTheRulesOfItsRow) {
  EXPECT_EQ(refusal(R"({"to":"a"})"), "content is required");
  EXPECT_EQ(refusal(R"({"to":"a","content":null})"), "content is required");
  EXPECT_EQ(refusal(R"({"to":"a","content":[]})"), "content must be an object");
}

TEST(Json, IsReadFromTheStoreAsDeepAsAClientSentIt) {
  Letter letter{.to = "a", .content = {}, .answer = {}};
  letter.content.text = std::string(64, '[') + std::string(64, ']');
  EXPECT_EQ(fromText<Letter>(toText(letter, Audience::store), Source::store).content,
            letter.content);
}

TEST(Json, IsOneOfItsVariantsInOpenApi) {
  Components components;
  const auto described = openApiOf(shapeFor<Letter>(), components);
  EXPECT_EQ(toText(described.at("properties").at("content").at("anyOf")),
            R"([{"$ref":"#/components/schemas/Wheel"},{"$ref":"#/components/schemas/Engine"}])");
  EXPECT_TRUE(components.contains("Engine"));
}

TEST(Partial, HoldsWhatAChangeNames) {
  Problems problems;
  const auto part = readPartial<Letter>(parseJson(R"({"content":{},"to":null})"), problems);
  Letter letter{.to = "a", .content = {}, .answer = {}};
  part.applyTo(letter);

  EXPECT_EQ(problems.text(), "");
  EXPECT_EQ(toText(letter), R"({"to":"a","content":{}})");
  readPartial<Letter>(parseJson("[]"), problems);
  EXPECT_EQ(problems.text(), "the body must be a JSON object");
}

}  // namespace
}  // namespace openfc::schema
