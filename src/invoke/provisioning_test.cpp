#include "invoke/provisioning.h"

#include "base/error.h"
#include "base/manual_loop.h"
#include "base/time_text.h"
#include "model/alias.h"
#include "model/keys.h"
#include "model/on_demand_config.h"

#include <gtest/gtest.h>

#include <set>

namespace openfc::invoke {
namespace {

using namespace std::chrono_literals;

/// Documents in memory that answer at once.
class FakeDocuments final : public store::Documents {
public:
  Task<std::optional<store::Document>> find(std::string key) override {
    const auto found = documents.find(key);
    if (found == documents.end()) co_return std::nullopt;
    co_return store::Document{key, found->second, 1};
  }
  Task<std::vector<store::Document>> page(std::string prefix, std::string from,
                                          std::size_t limit) override {
    std::vector<store::Document> out;
    for (auto at = documents.lower_bound(std::max(prefix, from));
         at != documents.end() && at->first.starts_with(prefix) && out.size() < limit; ++at) {
      out.push_back({at->first, at->second, 1});
    }
    co_return out;
  }
  Task<std::vector<store::Document>> pageDown(std::string, std::string, std::size_t) override {
    throw std::logic_error("nobody asks");
  }
  Task<> readAhead(std::string) override { co_return; }
  Task<store::Committed> commit(std::vector<store::Operation>) override {
    throw std::logic_error("nobody writes");
  }
  void watch(std::string prefix, std::function<void(const store::Change&)> function) override {
    watchers.emplace_back(std::move(prefix), std::move(function));
  }
  bool healthy() const override { return true; }

  void write(const std::string& key, std::optional<std::string> value) {
    if (value) {
      documents[key] = *value;
    } else {
      documents.erase(key);
    }
    for (const auto& [prefix, function] : watchers)
      if (key.starts_with(prefix)) function({key, value, 1});
  }

  std::map<std::string, std::string> documents;
  std::vector<std::pair<std::string, std::function<void(const store::Change&)>>> watchers;
};

/// Has as many instances at once as it is told to keep.
class FakeKeeper final : public scheduler::InstanceKeeper {
public:
  void provision(scheduler::Provision wish) override {
    auto& kept = states[place(wish.spec->key, wish.alias)];
    kept.kept = kept.current = wish.instances;
    revisions[place(wish.spec->key, wish.alias)] = wish.spec->revision;
    awake = wish.awake;
  }
  scheduler::Provisioned provisioned(const std::string& key,
                                     const std::string& alias) const override {
    const auto found = states.find(place(key, alias));
    return found == states.end() ? scheduler::Provisioned{} : found->second;
  }
  void limitOnDemand(const std::string& name, std::optional<std::size_t> most) override {
    limits[name] = most;
  }
  std::vector<Listed> instances(const std::string& key, const std::string& alias) const override {
    return {{place(key, alias), "1"}};
  }
  Task<std::unique_ptr<scheduler::Visit>> visit(std::string, std::string, std::string,
                                                scheduler::VisitCommand) override {
    co_return nullptr;
  }
  static std::string place(const std::string& key, const std::string& alias) {
    return alias.empty() ? key : key + "@" + alias;
  }

  std::map<std::string, scheduler::Provisioned> states;
  std::map<std::string, std::uint64_t> revisions;
  std::map<std::string, std::optional<std::size_t>> limits;
  bool awake = false;
};

class ProvisioningTest : public testing::Test {
public:
  Task<scheduler::SpecPtr> resolve(std::string account, std::string service, std::string version,
                                   std::string function) const {
    std::string key = account + "/" + service + "/" + version + "/" + function;
    if (missing.contains(key)) throw errorOf(Code::functionNotFound, {function, service});
    auto spec = std::make_shared<scheduler::FunctionSpec>();
    spec->key = std::move(key);
    spec->revision = revision;
    co_return spec;
  }

  void put(const std::string& qualifier, std::int64_t target,
           model::ProvisionSettings settings = {}) {
    documents.write(model::provisionKey("1", "s", qualifier, "f"),
                    model::toDocument(model::ProvisionConfig{.serviceName = "s",
                                                             .functionName = "f",
                                                             .qualifier = qualifier,
                                                             .target = target,
                                                             .targetTime = loop.now(),
                                                             .settings = std::move(settings)}));
    loop.run();
  }
  void alias(const std::string& version, const model::VersionWeights& others = {}) {
    model::Alias made{.aliasName = "prod", .config = {.versionId = version}, .serviceName = "s"};
    if (!others.empty()) made.config.additionalVersionWeight = others;
    documents.write(model::aliasKey("1", "s", "prod"), model::toDocument(made));
    loop.run();
  }
  std::size_t kept(const std::string& place) { return keeper.states[place].kept; }
  ProvisionState state(const std::string& qualifier) const {
    return provisioning.provisioned(model::provisionKey("1", "s", qualifier, "f"));
  }

  ManualLoop loop;  // 2022-03-01T08:00:00Z
  FakeDocuments documents;
  FakeKeeper keeper;
  std::set<std::string> missing;
  std::uint64_t revision = 1;
  Provisioning provisioning{
      loop, loop, documents, keeper,
      [this](std::string account, std::string service, std::string version, std::string function) {
        return resolve(std::move(account), std::move(service), std::move(version),
                       std::move(function));
      }};
};

TEST_F(ProvisioningTest, KeepsWhatIsConfigured) {
  put("LATEST", 3, {.alwaysAllocateCPU = true});

  EXPECT_EQ(kept("1/s/LATEST/f"), 3u);
  EXPECT_TRUE(keeper.awake);
  EXPECT_EQ(state("LATEST").target, 3);
  EXPECT_EQ(state("LATEST").current, 3);
  EXPECT_EQ(provisioning.total().target, 3);
}

TEST_F(ProvisioningTest, TakesUpWhatIsStored) {
  FakeDocuments stored;
  put("LATEST", 3);
  stored.documents = documents.documents;
  stored.documents[model::onDemandKey("1", model::onDemandResource("s", "prod", "f"))] =
      model::toDocument(model::OnDemandConfig{"s", "f", "prod", 7});
  FakeKeeper other;
  Provisioning restarted(
      loop, loop, stored, other,
      [this](std::string account, std::string service, std::string version, std::string function) {
        return resolve(std::move(account), std::move(service), std::move(version),
                       std::move(function));
      });

  spawn(restarted.open(), "open");

  EXPECT_EQ(other.states["1/s/LATEST/f"].kept, 3u);
  EXPECT_EQ(other.limits["1/s/prod/f"], 7u);
}

TEST_F(ProvisioningTest, EndsWhatIsRemovedAndShowsWhatIsLeft) {
  put("LATEST", 3);

  documents.write(model::provisionKey("1", "s", "LATEST", "f"), std::nullopt);

  EXPECT_EQ(kept("1/s/LATEST/f"), 0u);
  keeper.states["1/s/LATEST/f"].current = 1;
  EXPECT_EQ(state("LATEST").target, 0);
  EXPECT_EQ(state("LATEST").current, 1);
  loop.advance(5s);
  EXPECT_EQ(state("LATEST").current, 1);
  keeper.states["1/s/LATEST/f"].current = 0;
  loop.advance(2s);
  EXPECT_EQ(state("LATEST").current, 0);
  put("LATEST", 2);
  EXPECT_EQ(kept("1/s/LATEST/f"), 2u);
}

TEST_F(ProvisioningTest, FollowsTheScheduleWithinSeconds) {
  put("LATEST", 1,
      {.scheduledActions = {
           {"a", "2022-03-01T00:00:00Z", "2022-03-02T00:00:00Z", 4, "at(2022-03-01T08:00:30Z)"}}});

  loop.advance(29s);
  EXPECT_EQ(kept("1/s/LATEST/f"), 1u);
  loop.advance(2s);
  EXPECT_EQ(kept("1/s/LATEST/f"), 4u);
  EXPECT_EQ(state("LATEST").target, 4);
}

TEST_F(ProvisioningTest, FollowsTheMetricEveryMinute) {
  put("LATEST", 2,
      {.targetTrackingPolicies = {{"p", "2022-03-01T00:00:00Z", "2022-03-02T00:00:00Z",
                                   "ProvisionedConcurrencyUtilization", 0.5, 1, 10}}});
  keeper.states["1/s/LATEST/f"].used = 120s;
  keeper.states["1/s/LATEST/f"].had = 120s;

  loop.advance(61s);

  EXPECT_EQ(kept("1/s/LATEST/f"), 4u);
}

TEST_F(ProvisioningTest, ReplacesTheSpecWhenTheFunctionOrServiceChanges) {
  put("LATEST", 1);

  revision = 2;
  documents.write(model::functionKey("1", "s", "f"), "{}");
  loop.run();
  EXPECT_EQ(keeper.revisions["1/s/LATEST/f"], 2u);

  revision = 3;
  documents.write(model::serviceKey("1", "s"), "{}");
  loop.run();
  EXPECT_EQ(keeper.revisions["1/s/LATEST/f"], 3u);
}

TEST_F(ProvisioningTest, MovesWithItsAlias) {
  alias("3");
  put("prod", 10);
  EXPECT_EQ(kept("1/s/3/f@prod"), 10u);

  alias("3", {{"4", 0.2}});
  EXPECT_EQ(kept("1/s/3/f@prod"), 8u);
  EXPECT_EQ(kept("1/s/4/f@prod"), 2u);

  alias("4");
  EXPECT_EQ(kept("1/s/3/f@prod"), 0u);
  EXPECT_EQ(kept("1/s/4/f@prod"), 10u);
  EXPECT_EQ(state("prod").current, 10);
}

TEST_F(ProvisioningTest, KeepsVersionsByThemselves) {
  put("7", 2);

  EXPECT_EQ(kept("1/s/7/f"), 2u);
}

TEST_F(ProvisioningTest, TellsWhyTheFunctionIsNotFoundAndLooksAgain) {
  missing.insert("1/s/LATEST/f");
  put("LATEST", 2);

  EXPECT_EQ(state("LATEST").error, "function 'f' does not exist in service 's'");
  missing.clear();
  loop.advance(10s);

  EXPECT_EQ(state("LATEST").error, std::nullopt);
  EXPECT_EQ(kept("1/s/LATEST/f"), 2u);
}

TEST_F(ProvisioningTest, EndsInstancesOfWhatIsNotFoundAnyMore) {
  alias("3");
  put("prod", 2);

  missing.insert("1/s/4/f");
  alias("4");

  EXPECT_EQ(kept("1/s/3/f@prod"), 0u);
  EXPECT_EQ(state("prod").error, "function 'f' does not exist in service 's'");
}

TEST_F(ProvisioningTest, TellsTheKeepersErrorToo) {
  put("LATEST", 2);
  keeper.states["1/s/LATEST/f"].error = "no memory";

  EXPECT_EQ(state("LATEST").error, "no memory");
}

TEST_F(ProvisioningTest, SetsAndLiftsLimitsOnDemand) {
  const std::string key = model::onDemandKey("1", model::onDemandResource("s", "LATEST", "f"));

  documents.write(key, model::toDocument(model::OnDemandConfig{"s", "f", "LATEST", 5}));
  EXPECT_EQ(keeper.limits["1/s/LATEST/f"], 5u);

  documents.write(key, std::nullopt);
  EXPECT_EQ(keeper.limits["1/s/LATEST/f"], std::nullopt);
}

TEST_F(ProvisioningTest, ListsTheInstancesOfAVersionAndOfAnAlias) {
  const InstanceQuery query{"1", "s", "3", "f", "prod"};

  EXPECT_EQ(provisioning.instances(query), std::vector<std::string>{"1/s/3/f@prod"});
}

}  // namespace
}  // namespace openfc::invoke
