#include "invoke/provisioning.h"

#include "base/error.h"
#include "base/log.h"
#include "model/alias.h"
#include "model/keys.h"
#include "model/names.h"
#include "model/on_demand_config.h"
#include "scheduler/policy.h"

#include <fmt/core.h>

#include <algorithm>

namespace openfc::invoke {
namespace {

constexpr std::size_t pageSize = 200;
constexpr std::chrono::seconds tickInterval{1};
constexpr std::chrono::seconds retryAfter{5};

/// What stands before the next slash, which is taken with it.
std::string cut(std::string_view& text) {
  const auto slash = std::min(text.find('/'), text.size());
  const std::string out(text.substr(0, slash));
  text.remove_prefix(std::min(slash + 1, text.size()));
  return out;
}

std::string accountIn(std::string_view key, std::string_view prefix) {
  key.remove_prefix(prefix.size());
  return cut(key);
}

/// Calls `use` with each document under a prefix.
Task<> each(store::Documents& documents, std::string_view prefix,
            std::function<void(const store::Document&)> use) {
  std::string from;
  for (;;) {
    const auto page = co_await documents.page(std::string(prefix), from, pageSize);
    for (const store::Document& document : page) use(document);
    if (page.size() < pageSize) co_return;
    from = page.back().key + '\0';
  }
}

std::string keyOf(const InstanceQuery& query) {
  return fmt::format("{}/{}/{}/{}", query.accountId, query.serviceName, query.versionId,
                     query.functionName);
}

}  // namespace

Provisioning::Provisioning(Loop& loop, const Clock& clock, store::Documents& documents,
                           scheduler::InstanceKeeper& keeper, Resolve resolve)
    : loop_(loop),
      clock_(clock),
      documents_(documents),
      keeper_(keeper),
      resolve_(std::move(resolve)) {
  documents_.watch(std::string(model::allProvisionsPrefix),
                   [this](const store::Change& change) { configChanged(change); });
  documents_.watch(std::string(model::allOnDemandPrefix),
                   [this](const store::Change& change) { limitChanged(change); });
  for (const std::string_view prefix : {model::allFunctionsPrefix, model::allServicesPrefix,
                                        model::allAliasesPrefix, model::allPublishedPrefix}) {
    documents_.watch(std::string(prefix), [this, prefix](const store::Change& change) {
      ownersChanged(prefix, change);
    });
  }
}

Task<> Provisioning::open() {
  co_await each(documents_, model::allOnDemandPrefix, [this](const store::Document& document) {
    limitChanged({document.key, document.value, document.revision});
  });
  co_await each(documents_, model::allProvisionsPrefix, [this](const store::Document& document) {
    if (!entries_.contains(document.key))
      set(document.key, model::fromDocument<model::ProvisionConfig>(document.value));
  });
}

void Provisioning::configChanged(const store::Change& change) {
  if (change.value) {
    set(change.key, model::fromDocument<model::ProvisionConfig>(*change.value));
  } else {
    remove(change.key);
  }
}

void Provisioning::set(const std::string& key, model::ProvisionConfig config) {
  Entry& entry = entries_[key];
  entry.account = accountIn(key, model::allProvisionsPrefix);
  entry.plan.emplace(std::move(config));
  apply(entry);
  spawn(find(key), "find the functions of a provision configuration");
  arm();
}

void Provisioning::remove(const std::string& key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  entry.plan.reset();
  entry.error.clear();
  for (const Part& part : entry.parts) keeper_.provision({.spec = part.spec, .alias = part.alias});
  arm();
}

void Provisioning::limitChanged(const store::Change& change) {
  std::string_view rest(change.key);
  rest.remove_prefix(model::allOnDemandPrefix.size());
  const std::string account = cut(rest);
  cut(rest);  // "services"
  const std::string service = cut(rest);
  cut(rest);  // "functions"
  const auto dot = service.find('.');
  std::optional<std::size_t> most;
  if (change.value) {
    most = static_cast<std::size_t>(
        model::fromDocument<model::OnDemandConfig>(*change.value).maximumInstanceCount);
  }
  keeper_.limitOnDemand(
      fmt::format("{}/{}/{}/{}", account, service.substr(0, dot), service.substr(dot + 1), rest),
      most);
}

/// A service, a function, a version or an alias: what its configurations are about may be another.
void Provisioning::ownersChanged(std::string_view prefix, const store::Change& change) {
  std::string_view rest(change.key);
  rest.remove_prefix(prefix.size());
  const std::string account = cut(rest);
  const std::string all = model::provisionsPrefix(account, cut(rest));
  for (auto entry = entries_.lower_bound(all);
       entry != entries_.end() && entry->first.starts_with(all); ++entry) {
    if (!entry->second.plan) continue;
    loop_.post([this, key = entry->first] {
      spawn(find(key), "find the functions of a provision configuration");
    });
  }
}

Task<> Provisioning::find(std::string key) {
  auto found = entries_.find(key);
  if (found == entries_.end()) co_return;
  const std::optional<ProvisionPlan>& plan = found->second.plan;
  if (!plan) co_return;
  model::ProvisionConfig config = plan->config();
  const std::uint64_t wish = ++found->second.wish;
  std::vector<Part> parts;
  std::string error;
  try {
    parts = co_await partsOf(found->second.account, std::move(config));
  } catch (const Error& refusal) {
    error = refusal.message();
  } catch (const std::exception& failure) {
    log::error("a provisioned function could not be read",
               {{"configuration", key}, {"reason", failure.what()}});
    error = errorOf(Code::internalServerError).message();
  }
  found = entries_.find(key);
  if (found == entries_.end() || !found->second.plan || found->second.wish != wish) co_return;
  Entry& entry = found->second;
  entry.error = std::move(error);
  entry.retryAt = loop_.steady() + retryAfter;
  take(entry, std::move(parts));
  arm();
}

Task<std::vector<Provisioning::Part>> Provisioning::partsOf(std::string account,
                                                            model::ProvisionConfig config) {
  std::map<std::string, double> weights;
  const bool named = model::kindOf(config.qualifier) == model::QualifierKind::alias;
  if (named) {
    const auto document =
        co_await documents_.find(model::aliasKey(account, config.serviceName, config.qualifier));
    if (!document) throw errorOf(Code::aliasNotFound, {config.qualifier, config.serviceName});
    const auto alias = model::fromDocument<model::Alias>(document->value).config;
    weights = alias.additionalVersionWeight.value_or(model::VersionWeights());
    double rest = 1;
    for (const auto& [version, weight] : weights) rest -= weight;
    weights[alias.versionId] += std::max(rest, 0.0);
  } else {
    weights[config.qualifier] = 1;
  }
  std::vector<Part> parts;
  for (const auto& [version, weight] : weights) {
    auto spec = co_await resolve_(account, config.serviceName, version, config.functionName);
    parts.push_back({std::move(spec), named ? config.qualifier : std::string(), weight});
  }
  co_return parts;
}

void Provisioning::take(Entry& entry, std::vector<Part> parts) {
  const auto old = std::exchange(entry.parts, std::move(parts));
  for (const Part& part : old) {
    const bool stays = std::ranges::any_of(entry.parts, [&part](const Part& other) {
      return other.spec->key == part.spec->key;  // the alias of a configuration never changes
    });
    if (!stays) keeper_.provision({.spec = part.spec, .alias = part.alias});
  }
  apply(entry);
}

void Provisioning::apply(Entry& entry) {
  if (!entry.plan) return;
  ProvisionPlan& plan = *entry.plan;
  plan.decide(clock_.now(), useOf(entry));
  std::vector<double> weights;
  weights.reserve(entry.parts.size());
  for (const Part& part : entry.parts) weights.push_back(part.weight);
  const auto shares = scheduler::policy::shared(plan.target(), weights);
  for (std::size_t i = 0; i < entry.parts.size(); ++i) {
    keeper_.provision({.spec = entry.parts[i].spec,
                       .alias = entry.parts[i].alias,
                       .instances = static_cast<std::size_t>(shares[i]),
                       .awake = plan.config().settings.alwaysAllocateCPU});
  }
}

ProvisionUse Provisioning::useOf(const Entry& entry) const {
  ProvisionUse use;
  for (const Part& part : entry.parts) {
    const auto state = keeper_.provisioned(part.spec->key, part.alias);
    use.kept += static_cast<std::int64_t>(state.kept);
    use.used += state.used;
    use.had += state.had;
  }
  return use;
}

ProvisionState Provisioning::stateOf(const Entry& entry) const {
  ProvisionState out{.target = entry.plan ? entry.plan->target() : 0};
  if (!entry.error.empty()) out.error = entry.error;
  for (const Part& part : entry.parts) {
    const auto state = keeper_.provisioned(part.spec->key, part.alias);
    out.current += static_cast<std::int64_t>(state.current);
    if (!out.error && !state.error.empty()) out.error = state.error;
  }
  return out;
}

ProvisionState Provisioning::provisioned(const std::string& key) const {
  const auto found = entries_.find(key);
  return found == entries_.end() ? ProvisionState{} : stateOf(found->second);
}

ProvisionState Provisioning::total() const {
  ProvisionState sum;
  for (const auto& [key, entry] : entries_) {
    const auto state = stateOf(entry);
    sum.target += state.target;
    sum.current += state.current;
  }
  return sum;
}

std::vector<std::string> Provisioning::instances(const InstanceQuery& query) const {
  std::vector<std::string> ids;
  for (auto& instance : keeper_.instances(keyOf(query), query.alias))
    ids.push_back(std::move(instance.instanceId));
  return ids;
}

Task<std::unique_ptr<scheduler::Visit>> Provisioning::visit(InstanceQuery query,
                                                            std::string instanceId,
                                                            scheduler::VisitCommand command) const {
  return keeper_.visit(keyOf(query), query.alias, std::move(instanceId), std::move(command));
}

void Provisioning::arm() {
  if (armed_) return;
  const bool needed = std::ranges::any_of(entries_, [](const auto& named) {
    const Entry& entry = named.second;
    return !entry.plan || entry.plan->changes() || !entry.error.empty();
  });
  if (!needed) return;
  armed_ = true;
  loop_.after(tickInterval, [this] {
    armed_ = false;
    tick();
    arm();
  });
}

void Provisioning::tick() {
  const Time now = clock_.now();
  std::erase_if(entries_, [this](const auto& named) {
    return !named.second.plan && stateOf(named.second).current == 0;
  });
  std::vector<std::string> lost;
  for (auto& [key, entry] : entries_) {
    if (!entry.plan) continue;
    if (entry.plan->due(now)) apply(entry);
    if (!entry.error.empty() && entry.retryAt <= loop_.steady()) lost.push_back(key);
  }
  for (const std::string& key : lost)
    spawn(find(key), "find the functions of a provision configuration");
}

}  // namespace openfc::invoke
