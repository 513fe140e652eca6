#pragma once

#include "base/encoding.h"
#include "base/error.h"
#include "base/id.h"
#include "base/workers.h"
#include "scheduler/fake_sandbox.h"
#include "scheduler/fleet.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace openfc::scheduler {

using namespace std::chrono_literals;

/// What one acquire() of the test came to.
struct Got {
  std::optional<Acquired> acquired;
  std::optional<Error> error;

  bool ended() const { return acquired || error; }
  Lease* lease() { return acquired ? std::get_if<Lease>(&acquired->result) : nullptr; }
};

class FleetTest : public testing::Test {
public:
  ~FleetTest() override {
    fleet_.close();
    warm_.close();
    EXPECT_TRUE(emptied(warm_));
    std::filesystem::remove_all(root_);
  }

protected:
  explicit FleetTest(FleetConfig config = {.freezeAfter = 1ms, .reclaimAfter = 1h})
      : fleet_(loop_, warm_, logs_, metrics_, config) {}

  static Task<> acquireInto(Fleet* fleet, SpecPtr spec, std::string qualifier,
                            std::shared_ptr<Got> got, Cancellation* cancellation) {
    try {
      got->acquired.emplace(
          co_await fleet->acquire(spec, {.requestId = "r-1", .qualifier = std::move(qualifier)},
                                  std::make_shared<InvocationLog>("r-1", false), *cancellation));
    } catch (const Error& error) {
      got->error = error;
    }
  }

  std::shared_ptr<Got> acquire(SpecPtr spec, std::string qualifier = "LATEST") {
    auto got = std::make_shared<Got>();
    spawn(acquireInto(&fleet_, std::move(spec), std::move(qualifier), got, &cancellation_),
          "acquire");
    return got;
  }

  /// Turns the loop until `condition` holds; gives up after ten seconds.
  bool until(const std::function<bool()>& condition) {
    const SteadyTime end = loop_.steady() + 10s;
    while (!condition() && loop_.steady() < end) {
      loop_.after(1ms, [this] { loop_.stop(); });
      loop_.run();
    }
    return condition();
  }

  static Task<> stopAll(Fleet* fleet, Duration limit, bool* ended) {
    co_await fleet->stopAll(limit);
    *ended = true;
  }

  static Task<> awaitEmptied(WarmPool* pool, std::optional<bool>* out) {
    *out = co_await pool->emptied(10s);
  }

  bool emptied(WarmPool& pool) {
    std::optional<bool> out;
    spawn(awaitEmptied(&pool, &out), "empty");
    return until([&] { return out.has_value(); }) && *out;
  }

  std::shared_ptr<Got> acquireNow(SpecPtr spec, std::string qualifier = "LATEST") {
    auto got = acquire(std::move(spec), std::move(qualifier));
    EXPECT_TRUE(until([&] { return got->ended(); }));
    return got;
  }

  /// Of a series that has one line, as it is shown ("name" or "name{label=…}"); 0 = it is not
  /// there.
  double metric(const std::string& series) const {
    const std::string shown = metrics_.render();
    const auto at = shown.find('\n' + series + ' ');
    return at == std::string::npos ? 0 : std::stod(shown.substr(at + series.size() + 2));
  }

  std::filesystem::path root_ =
      std::filesystem::temp_directory_path() / ("openfc-fleet-" + toHex(randomBytes(8)));
  net::EventLoop loop_;
  Workers workers_{1};
  SystemClock clock_;
  observe::Metrics metrics_;
  observe::SegmentLogs logs_{root_, loop_, workers_, clock_};
  fake::World world_;
  fake::Factory factory_{world_};
  WarmPool warm_{loop_, factory_, {.size = 0}, {}, metrics_};
  Cancellation cancellation_;
  Fleet fleet_;
};

}  // namespace openfc::scheduler
