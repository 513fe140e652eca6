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

std::string answer(const std::string& handler, std::string event = "") {
  return answerOf("python3", "py_cases." + handler, std::move(event));
}

TEST(Python, ConvertsResults) {
  EXPECT_EQ(answer("echo", std::string("\0\xff raw", 6)), std::string("\0\xff raw", 6));
  EXPECT_EQ(answer("echo"), "");
  EXPECT_EQ(answer("type_of_event", "x"), "bytes");
  EXPECT_EQ(answer("text"), "h\u00e9llo \u4e2d\u6587");
  EXPECT_EQ(answer("value", R"({"a":[1,null]})"), R"({"a": [1, null]})");
  EXPECT_EQ(answer("value", "7"), "7");
  EXPECT_EQ(answer("nothing"), "null");
}

TEST(Python, ReportsAnExceptionWithItsStack) {
  Guest guest(function("python3", "py_cases.throw"));

  const Reply reply = guest.answer("");

  const json::object error = errorOf(reply);
  EXPECT_FALSE(std::get<Failure>(reply).handled);
  EXPECT_EQ(error.at("errorMessage"), "something is wrong");
  EXPECT_EQ(error.at("errorType"), "MyError");
  const json::array frame = error.at("stackTrace").as_array().at(0).as_array();
  ASSERT_EQ(frame.size(), 4U);
  EXPECT_EQ(
      frame[0],
      json::value("File \"" + testing::sourcePath("tests/functions/runtime/py_cases.py") + "\""));
  EXPECT_EQ(frame[2], "in throw");
  EXPECT_EQ(frame[3], "raise MyError(\"something is wrong\")");
  EXPECT_EQ(error.at("stackTrace").as_array().size(), 1U);
}

TEST(Python, ReportsAResultThatIsNoJson) {
  Guest guest(function("python3", "py_cases.not_json"));

  EXPECT_EQ(errorOf(guest.answer("")).at("errorType"), "TypeError");
}

TEST(Python, ReportsWhyCodeCannotBeLoaded) {
  struct Case {
    std::string handler;
    std::string type;
    std::string message;
  };
  const Case cases[] = {
      {"py_syntax.handler", "SyntaxError", "expected ':' (py_syntax.py, line 1)"},
      {"py_import.handler", "ModuleNotFoundError", "No module named 'no_such_module_anywhere'"},
      {"absent.handler", "ModuleNotFoundError", "No module named 'absent'"},
      {"py_cases.absent", "HandlerNotFound", "Handler 'absent' missing on module 'py_cases'"},
      {"nodot", "HandlerNotFound", "Bad handler 'nodot'"},
  };

  for (const Case& one : cases) {
    Guest guest(function("python3", one.handler));
    const json::object error = errorOf(guest.load());
    EXPECT_EQ(error.at("errorType").as_string(), one.type) << one.handler;
    EXPECT_EQ(error.at("errorMessage").as_string(), one.message) << one.handler;
  }
}

TEST(Python, LoadsHandlersOfFolders) {
  EXPECT_EQ(answerOf("python3", "nested/inner.handler"), "nested.inner");
  EXPECT_EQ(answerOf("python3", "nested.inner.handler"), "nested.inner");
}

TEST(Python, RunsTheInitializerInTheSameProcess) {
  Configuration configuration = function("python3", "py_cases.count");
  configuration.initializer = "py_cases.initialize";
  Guest guest(configuration);

  EXPECT_EQ(bodyOf(guest.load()), "");
  EXPECT_EQ(bodyOf(guest.initialize(call())), "");

  EXPECT_EQ(bodyOf(guest.invoke(call())), "2");
  EXPECT_EQ(bodyOf(guest.invoke(call())), "3");
}

TEST(Python, ReportsAFailingInitializer) {
  Configuration configuration = function("python3", "py_cases.count");
  configuration.initializer = "py_cases.fail_to_initialize";
  Guest guest(configuration);
  guest.load();

  EXPECT_EQ(errorOf(guest.initialize(call())).at("errorMessage"), "cannot begin");
}

TEST(Python, CarriesBigPayloadsBothWays) {
  std::string event(30U << 20, 'e');
  event[12345] = '!';

  Guest guest(function("python3", "py_cases.echo"));
  guest.load();

  EXPECT_TRUE(bodyOf(guest.invoke(call(event))) == event);
  EXPECT_EQ(bodyOf(guest.invoke(call("small"))), "small");
}

TEST(Python, RefusesAResultBeyondTheLimit) {
  Guest guest(function("python3", "py_cases.big"));
  guest.load();

  EXPECT_EQ(bodyOf(guest.invoke(call("33554432"))).size(), 33554432U);
  EXPECT_EQ(errorOf(guest.invoke(call("33554433"))).at("errorMessage"),
            "response payload size exceeds maximum allowed size (33554432 bytes)");
  EXPECT_EQ(bodyOf(guest.invoke(call("1"))), "x");
}

TEST(Python, HasPrintedEverythingBeforeItAnswers) {
  Guest guest(function("python3", "py_cases.say"));
  guest.load();

  guest.invoke(call("", "the-id"));

  const std::string printed = guest.process().printed();
  EXPECT_TRUE(printed.starts_with("printed\n20")) << printed;
  EXPECT_NE(printed.find("Z the-id [INFO] logged 1\n"), std::string::npos) << printed;
  EXPECT_TRUE(printed.ends_with("no line end")) << printed;
  EXPECT_EQ(printed.find("hidden"), std::string::npos);
}

TEST(Python, IsGoneWhenTheProcessEnds) {
  struct Case {
    std::string handler;
    int status;
  };
  for (const Case& one : {Case{"sys_exit", 3}, Case{"os_exit", 4}}) {
    Guest guest(function("python3", "py_cases." + one.handler));
    EXPECT_TRUE(std::holds_alternative<Gone>(guest.answer(""))) << one.handler;
    EXPECT_EQ(WEXITSTATUS(guest.process().status()), one.status);
    EXPECT_FALSE(guest.worker().alive());
    EXPECT_TRUE(std::holds_alternative<Gone>(guest.invoke(call())));
  }
}

TEST(Python, IsGoneWhenTheFunctionWritesToTheControlSocket) {
  Guest guest(function("python3", "py_cases.speak_out_of_turn"));

  EXPECT_EQ(bodyOf(guest.answer("")), "gone: the process broke the protocol: frame of type 200");
}

TEST(Python, AnswersOnceWhenTheFunctionForks) {
  Guest guest(function("python3", "py_cases.fork"));
  guest.load();

  EXPECT_EQ(bodyOf(guest.invoke(call())), "parent");
  EXPECT_EQ(bodyOf(guest.invoke(call())), "parent");
}

TEST(Python, KeepsTheControlSocketFromChildren) {
  EXPECT_EQ(answer("descriptors_of_a_child"), "0\n1\n2\n3\n");  // 3 is the folder that ls reads
}

TEST(Python, ServesSeveralCallsAtATime) {
  Configuration configuration = function("python3", "py_cases.meet");
  configuration.instanceConcurrency = 2;
  Guest guest(configuration);
  guest.load();

  for (int round = 0; round < 20; ++round) {
    const auto [first, second] = guest.invokeBoth();
    ASSERT_EQ(first, "first");
    ASSERT_EQ(second, "second");
  }
  const std::string printed = guest.process().printed();
  EXPECT_NE(printed.find(" first [INFO] met\n"), std::string::npos) << printed;
  EXPECT_NE(printed.find(" second [INFO] met\n"), std::string::npos) << printed;
}

TEST(Python, IsItsOwnAfterItWasCopied) {
  Guest guest(function("python3", "py_cases.fork"), testing::Way::copied);
  guest.load();

  EXPECT_EQ(bodyOf(guest.invoke(call())), "parent");
  EXPECT_EQ(bodyOf(guest.invoke(call())), "parent");
}

TEST(Python, SaysWhenItIsWarm) {
  Guest guest(function("python3", "py_cases.echo"));

  EXPECT_EQ(bodyOf(testing::await(guest.loop(), guest.worker().warmed())), "");
  EXPECT_EQ(bodyOf(guest.answer("x")), "x");
}

}  // namespace
}  // namespace openfc::runtime
