#include "server/self_check.h"

#include "base/encoding.h"
#include "base/log.h"
#include "base/scoped_timer.h"
#include "invoke/directory.h"

#include <array>

namespace openfc::server {
namespace {

/// A ZIP with index.py and index.js, each an echo of its event.
constexpr std::string_view code =
    "UEsDBBQAAAAIAAAAIQC0CHBpKwAAAC4AAAAIAAAAaW5kZXgucHlLSU1TyEjMS8lJLdJILUvNK9FRSM7PK0mtKNG04lIAgq"
    "LU"
    "ktKiPAWwHBcAUEsDBBQAAAAIAAAAIQAEUjPcPAAAAEcAAAAIAAAAaW5kZXguanNLrSjILyop1stIzEvJSS1SsFXQSC1LzS"
    "vR"
    "UUjOzytJrQAxEnNykhKTszUVbO3gHI280pwcHQWwWk1rLgBQSwECFAMUAAAACAAAACEAtAhwaSsAAAAuAAAACAAAAAAAAA"
    "AA"
    "AAAApIEAAAAAaW5kZXgucHlQSwECFAMUAAAACAAAACEABFIz3DwAAABHAAAACAAAAAAAAAAAAAAApIFRAAAAaW5kZXguan"
    "NQ"
    "SwUGAAAAAAIAAgBsAAAAswAAAAAA";

constexpr std::array<std::string_view, 2> runtimes = {"python3", "nodejs14"};
constexpr std::string_view event = "self-test";
constexpr std::chrono::seconds goodFor{5};
constexpr std::chrono::seconds echoLimit{10};

}  // namespace

SelfCheck::SelfCheck(net::EventLoop& loop, store::Documents& documents, package::Packages& packages,
                     const runtime::Catalogue& catalogue, scheduler::Fleet& fleet)
    : loop_(loop),
      documents_(documents),
      packages_(packages),
      catalogue_(catalogue),
      fleet_(fleet) {}

Task<> SelfCheck::prepare() {
  model::Service service{.serviceName = "self-test"};
  model::Function function{.functionName = "echo"};
  function.config.handler = "index.handler";
  for (const std::string_view runtime : runtimes) {
    if (!catalogue_.unavailable(runtime)) {
      function.config.runtime = runtime;
      break;
    }
  }
  if (function.config.runtime.empty()) {
    result_ = "neither python3 nor node is installed: the self-test has no function to run";
    co_return;
  }
  const auto stored = co_await packages_.put(fromBase64(code).value_or(std::string()),
                                             package::Language::other, "");
  digest_ = stored.digest;
  function.packageDigest = stored.digest;
  spec_ =
      invoke::specOf({.accountId = "0", .service = service, .function = function, .revision = 1},
                     "self-test", catalogue_, {});
}

Task<std::optional<std::string>> SelfCheck::run() {
  if (!spec_ || loop_.steady() - checked_ < goodFor) co_return result_;
  checked_ = loop_.steady();
  std::string problem;
  try {
    problem = co_await runStore();
    if (problem.empty()) problem = co_await runEcho(loop_, fleet_, spec_, echoLimit);
  } catch (const std::exception& failure) {
    problem = failure.what();
  }
  result_ = problem.empty() ? std::nullopt : std::optional(problem);
  if (result_) log::error("the self-test failed", {{"reason", *result_}});
  co_return result_;
}

Task<std::string> SelfCheck::runStore() {
  std::vector<store::Operation> write;
  write.push_back(store::put("self-test", "written"));
  if (!co_await documents_.commit(std::move(write))) co_return "the store refused a plain write";
  co_return "";
}

Task<std::string> runEcho(net::EventLoop& loop, scheduler::Fleet& fleet, scheduler::SpecPtr spec,
                          Duration limit) {
  Cancellation cancellation;
  std::shared_ptr<scheduler::Guest> running;
  const ScopedTimer timer(loop, limit, [&] {
    const auto started = running;  // whoever waits may end when it is called off, and all here go
    cancellation.cancel();
    if (started) started->kill();
  });
  runtime::Call call{.requestId = "self-test"};
  auto log = std::make_shared<scheduler::InvocationLog>("self-test", false);
  auto acquired = co_await fleet.acquire(std::move(spec), call, log, cancellation);
  if (const auto* failure = std::get_if<scheduler::StartFailure>(&acquired.result)) {
    co_return "the test function did not start: " + failure->failure.body;
  }
  auto* lease = std::get_if<scheduler::Lease>(&acquired.result);
  if (lease == nullptr) co_return "no instance of the test function came up in time";
  running = lease->instance().guestPtr();
  call.event = event;
  const auto reply = co_await lease->instance().worker().invoke(std::move(call));
  if (const auto* success = std::get_if<runtime::Success>(&reply);
      success && success->body == event) {
    co_return "";
  }
  lease->discard("the self-test failed in it");
  co_return cancellation.cancelled() ? "the test function did not answer in time"
                                     : "the test function did not give back its event";
}

}  // namespace openfc::server
