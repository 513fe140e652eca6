#include "runtime/spawned_test.h"

#include <boost/json.hpp>

#include <gtest/gtest.h>

#include <string>

namespace openfc::runtime {
namespace {

namespace json = boost::json;
using testing::answerOf;
using testing::bodyOf;
using testing::call;
using testing::errorOf;
using testing::function;
using testing::Guest;

std::string answer(const std::string& handler, std::string event = "",
                   const std::string& runtime = "nodejs12") {
  return answerOf(runtime, "js_cases." + handler, std::move(event));
}

TEST(Nodejs, ConvertsResults) {
  EXPECT_EQ(answer("echo", std::string("\0\xff raw", 6)), std::string("\0\xff raw", 6));
  EXPECT_EQ(answer("echo"), "");
  EXPECT_EQ(answer("typeOfEvent", "x"), "Buffer");
  EXPECT_EQ(answer("text"), "h\u00e9llo \u4e2d\u6587");
  EXPECT_EQ(answer("value", R"({"a": [1, null]})"), R"({"a":[1,null]})");
  EXPECT_EQ(answer("value", "7"), "7");
  EXPECT_EQ(answer("value", "true"), "true");
  EXPECT_EQ(answer("nothing"), "");
  EXPECT_EQ(answer("answersTwice"), "first");
}

TEST(Nodejs, ReportsWhatTheFunctionCalledBackWith) {
  Guest guest(function("nodejs12", "js_cases.fails"));

  const Reply reply = guest.answer("");

  EXPECT_TRUE(std::get<Failure>(reply).handled);
  const json::object error = errorOf(reply);
  EXPECT_EQ(error.at("errorMessage"), "oops");
  EXPECT_EQ(error.at("errorType"), "Error");
  const json::array& stack = error.at("stackTrace").as_array();
  ASSERT_EQ(stack.size(), 2U);
  EXPECT_EQ(stack[0], "Error: oops");
  EXPECT_TRUE(stack[1].as_string().starts_with("    at exports.fails ("));
}

TEST(Nodejs, ReportsATextAsABareMessage) {
  EXPECT_EQ(answer("failsWithText"), R"(failure: {"errorMessage":"text"})");
}

TEST(Nodejs, ReportsWhatWasThrownAsUnhandled) {
  Guest guest(function("nodejs12", "js_cases.throws"));

  const Reply reply = guest.answer("");

  EXPECT_FALSE(std::get<Failure>(reply).handled);
  EXPECT_EQ(errorOf(reply).at("errorType"), "FunctionUnhandledError: TypeError");
  EXPECT_TRUE(guest.worker().alive());
}

TEST(Nodejs, EndsAfterAnErrorThatNobodyCaught) {
  Guest guest(function("nodejs12", "js_cases.throwsLater"));

  const Reply reply = guest.answer("");

  EXPECT_EQ(errorOf(reply).at("errorMessage"), "later");
  EXPECT_EQ(errorOf(reply).at("errorType"), "FunctionUnhandledError: Error");
  EXPECT_FALSE(guest.worker().alive());
  EXPECT_EQ(WEXITSTATUS(guest.process().status()), 1);
}

TEST(Nodejs, TakesPromisesFromNodejs18On) {
  EXPECT_EQ(answer("resolves", "x", "nodejs18"), R"({"got":"x"})");
  Guest guest(function("nodejs20", "js_cases.rejects"));
  EXPECT_EQ(errorOf(guest.answer("")).at("errorMessage"), "rejected");
}

TEST(Nodejs, EndsAfterARejectionThatNobodyCaughtAsNode16Did) {
  Guest guest(function("nodejs16", "js_cases.rejects"));

  EXPECT_EQ(errorOf(guest.answer("")).at("errorMessage"), "rejected");
  EXPECT_FALSE(guest.worker().alive());
}

TEST(Nodejs, ReportsWhyCodeCannotBeLoaded) {
  struct Case {
    std::string handler;
    std::string body;  // how it begins
  };
  const std::string folder = testing::sourcePath("tests/functions/runtime/");
  const Case cases[] = {
      {"js_syntax.handler", R"({"errorMessage":"Unexpected token ';'","errorType":)"
                            R"("FunctionUnhandledError: SyntaxError")"},
      {"js_import.handler", R"({"errorMessage":"Cannot find module './no_such_file'\n)"},
      {"absent.handler",
       R"({"errorMessage":"Cannot find module ')" + folder + R"(absent.js'","errorType":)"},
      {"js_cases.absent", R"({"errorMessage":"Handler 'absent' missing on module 'js_cases'"})"},
      {"nodot", R"({"errorMessage":"Bad handler 'nodot'"})"},
  };

  for (const Case& one : cases) {
    Guest guest(function("nodejs12", one.handler));
    const std::string body = bodyOf(guest.load());
    EXPECT_TRUE(body.starts_with("failure: " + one.body)) << body;
  }
}

TEST(Nodejs, LoadsFoldersAndModules) {
  EXPECT_EQ(answerOf("nodejs12", "nested/inner.handler"), "inner");
  EXPECT_EQ(answerOf("nodejs14", "js_module.handler"), "module");
  EXPECT_EQ(answerOf("nodejs14", "js_await.handler"), "awaited");
}

TEST(Nodejs, RunsTheInitializerInTheSameProcess) {
  Configuration configuration = function("nodejs12", "js_cases.count");
  configuration.initializer = "js_cases.initialize";
  Guest guest(configuration);

  EXPECT_EQ(bodyOf(guest.load()), "");
  EXPECT_EQ(bodyOf(guest.initialize(call())), "");

  EXPECT_EQ(bodyOf(guest.invoke(call())), "2");
}

TEST(Nodejs, ReportsAFailingInitializer) {
  Configuration configuration = function("nodejs12", "js_cases.count");
  configuration.initializer = "js_cases.failToInitialize";
  Guest guest(configuration);
  guest.load();

  EXPECT_EQ(errorOf(guest.initialize(call())).at("errorMessage"), "cannot begin");
}

TEST(Nodejs, CarriesBigPayloadsBothWays) {
  std::string event(30U << 20, 'e');
  event[12345] = '!';
  Guest guest(function("nodejs12", "js_cases.echo"));
  guest.load();

  EXPECT_TRUE(bodyOf(guest.invoke(call(event))) == event);
  EXPECT_EQ(bodyOf(guest.invoke(call("small"))), "small");
}

TEST(Nodejs, RefusesAResultBeyondTheLimit) {
  Guest guest(function("nodejs12", "js_cases.big"));
  guest.load();

  EXPECT_EQ(bodyOf(guest.invoke(call("33554432"))).size(), 33554432U);
  EXPECT_EQ(errorOf(guest.invoke(call("33554433"))).at("errorMessage"),
            "response payload size exceeds maximum allowed size (33554432 bytes)");
}

TEST(Nodejs, HasPrintedEverythingBeforeItAnswers) {
  Guest guest(function("nodejs12", "js_cases.say"));
  guest.load();

  guest.invoke(call("", "the-id"));

  const std::string printed = guest.process().printed();
  EXPECT_TRUE(printed.starts_with("load code for handler:js_cases.say\n20")) << printed;
  EXPECT_NE(printed.find("Z the-id [verbose] printed { a: 1 }\n"), std::string::npos) << printed;
  EXPECT_NE(printed.find("Z the-id [error] bad\n"), std::string::npos) << printed;
  EXPECT_NE(printed.find("Z the-id [info] logged\n"), std::string::npos) << printed;
  EXPECT_TRUE(printed.ends_with("no line end")) << printed;
}

TEST(Nodejs, IsGoneWhenTheProcessEnds) {
  Guest guest(function("nodejs12", "js_cases.exits"));

  EXPECT_EQ(bodyOf(guest.answer("")).substr(0, 5), "gone:");
  EXPECT_EQ(WEXITSTATUS(guest.process().status()), 5);
}

TEST(Nodejs, KeepsAnAnswerThatWasGivenBeforeTheProcessEnded) {
  EXPECT_EQ(answer("answersAndExits"), "answered");
}

TEST(Nodejs, KeepsTheControlSocketFromChildren) {
  EXPECT_EQ(answer("descriptorsOfAChild"), "0\n1\n2\n3\n");  // 3 is the folder that ls reads
}

TEST(Nodejs, SearchesTheUsersNodePath) {
  Configuration configuration = function("nodejs12", "js_cases.resolvesNodePath");
  configuration.environment["NODE_PATH"] = configuration.codePath + "/node_path";
  Guest guest(configuration);

  EXPECT_EQ(bodyOf(guest.answer("")), "found");
}

TEST(Nodejs, ServesSeveralCallsAtATime) {
  Configuration configuration = function("nodejs12", "js_cases.meetLater");
  configuration.instanceConcurrency = 2;
  Guest guest(configuration);
  guest.load();

  const auto [first, second] = guest.invokeBoth();

  EXPECT_EQ(first, "first");
  EXPECT_EQ(second, "second");
  const std::string printed = guest.process().printed();
  EXPECT_NE(printed.find(" first [verbose] late\n"), std::string::npos) << printed;
  EXPECT_NE(printed.find(" second [verbose] late\n"), std::string::npos) << printed;
}

}  // namespace
}  // namespace openfc::runtime
