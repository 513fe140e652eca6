// Programs that somebody runs in instances.

#include "scheduler/test_fleet.h"

namespace openfc::scheduler {
namespace {

class FleetVisitsTest : public FleetTest {
protected:
  struct Visited {
    std::unique_ptr<Visit> visit;
    std::optional<Error> error;
    bool ended = false;
  };

  static Task<> visitInto(Fleet* fleet, std::string key, std::string id, VisitCommand command,
                          std::shared_ptr<Visited> out) {
    try {
      out->visit = co_await fleet->visit(std::move(key), "", std::move(id), std::move(command));
    } catch (const Error& error) {
      out->error = error;
    }
    out->ended = true;
  }

  std::shared_ptr<Visited> visit(const SpecPtr& spec, const std::string& id,
                                 VisitCommand command = {.words = {"pwd"}}) {
    auto out = std::make_shared<Visited>();
    spawn(visitInto(&fleet_, spec->key, id, std::move(command), out), "visit");
    EXPECT_TRUE(until([&] { return out->ended; }));
    return out;
  }

  SpecPtr specOf(const std::string& name) {
    auto spec = std::make_shared<FunctionSpec>(*fake::spec(world_, name));
    spec->configuration.runtime = "custom";
    return spec;
  }

  /// The id of an instance that was used once.
  std::string instanceOf(const SpecPtr& spec) {
    acquireNow(spec)->acquired.reset();
    return fleet_.instances(spec->key, "").at(0).instanceId;
  }
};

TEST_F(FleetVisitsTest, KeepAnInstanceAwakeAsLongAsTheyLast) {
  const auto spec = specOf("f");
  const std::string id = instanceOf(spec);
  ASSERT_TRUE(until([&] { return world_.frozen == 1; }));

  const auto visited = visit(spec, id);
  const auto second = visit(spec, id);

  ASSERT_NE(visited->visit, nullptr);
  EXPECT_EQ(world_.frozen, 0);
  acquireNow(spec)->acquired.reset();  // the function goes on being called
  instanceOf(fake::spec(world_, "other"));
  ASSERT_TRUE(until([&] { return world_.frozen == 1; }));  // that was idle later, and for as long
  visited->visit.reset();
  instanceOf(fake::spec(world_, "third"));
  ASSERT_TRUE(until([&] { return world_.frozen == 2; }));
  second->visit.reset();
  EXPECT_EQ(world_.visitors, 0);
  EXPECT_TRUE(until([&] { return world_.frozen == 3; }));
}

TEST_F(FleetVisitsTest, FindTheirProgramInPathWithTheFunctionsEnvironment) {
  const auto spec = specOf("f");
  const std::string id = instanceOf(spec);

  visit(spec, id, {.words = {"ls", "-l"}, .terminal = true});
  EXPECT_EQ(world_.lastVisitor.argv,
            (std::vector<std::string>{"/bin/sh", "-c", R"(exec "$@")", "sh", "ls", "-l"}));
  EXPECT_TRUE(world_.lastVisitor.terminal);
  EXPECT_EQ(std::ranges::count(world_.lastVisitor.environment, "FC_INSTANCE_ID=" + id), 1);

  visit(spec, id, {.words = {"/bin/ls"}});
  EXPECT_EQ(world_.lastVisitor.argv, std::vector<std::string>{"/bin/ls"});
}

TEST_F(FleetVisitsTest, EndWhereThereIsNoSuchInstance) {
  const auto spec = specOf("f");
  instanceOf(spec);

  EXPECT_EQ(visit(spec, "c-none")->visit, nullptr);
  EXPECT_EQ(visit(specOf("g"), "c-none")->visit, nullptr);
}

TEST_F(FleetVisitsTest, AreOnlySoManyAtATime) {
  const auto spec = specOf("f");
  const std::string id = instanceOf(spec);
  std::vector<std::shared_ptr<Visited>> visits;
  for (int i = 0; i < 10; ++i) visits.push_back(visit(spec, id));

  const auto refused = visit(spec, id);

  ASSERT_TRUE(refused->error);
  EXPECT_EQ(refused->error->code(), Code::resourceExhausted);
  visits.pop_back();
  EXPECT_NE(visit(spec, id)->visit, nullptr);
}

TEST_F(FleetVisitsTest, DoNotOutliveTheirInstance) {
  const auto spec = specOf("f");
  const auto visited = visit(spec, instanceOf(spec));

  fleet_.retire(spec->key);

  EXPECT_TRUE(until([&] { return world_.alive == 0; }));
  visited->visit.reset();
}

}  // namespace
}  // namespace openfc::scheduler
