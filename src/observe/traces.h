#pragma once

#include "base/task.h"
#include "base/workers.h"
#include "observe/metrics.h"
#include "observe/span_encoding.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <string>

namespace openfc::observe {

struct TraceLimits {
  std::size_t waiting = 2048;  // spans for one endpoint; further ones are dropped
  std::size_t endpoints = 64;  // with spans waiting; spans for further ones are dropped
  std::size_t batch = 256;     // spans in one request
  Duration interval = std::chrono::seconds(1);   // how long a span waits for company
  Duration patience = std::chrono::seconds(10);  // with an endpoint that failed
};

/// Sends spans to the collectors of the services. Never waits and never throws: a collector that is
/// slow, dead or hostile costs its own spans and nothing else. Belongs to the loop.
///
/// One request is under way at a time. A batch that fails is given up, and its endpoint is left
/// alone for a while. `fc_trace_spans_total{result}` counts what was sent, failed and dropped.
class Traces {
public:
  /// Sends `batch` to a URL and returns the status of the answer. Blocking; called on `workers`,
  /// throws for any failure.
  using Post = std::function<int(const std::string& url, const SpanBatch& batch)>;

  /// `workers` is for this object alone: a request may hold it until its time-out.
  Traces(Loop& loop, Workers& workers, const Clock& clock, Metrics& metrics, Post post,
         TraceLimits limits = {});
  Traces(const Traces&) = delete;
  Traces& operator=(const Traces&) = delete;

  void add(const std::string& endpoint, Span span);
  /// Sends what waits, in as many requests as begin within `limit`, and drops the rest. To be
  /// awaited before this object ends.
  Task<> close(Duration limit);

private:
  struct Endpoint {
    std::deque<TimedSpan> waiting;
    SteadyTime due;        // when what waits is to be sent
    SteadyTime notBefore;  // it failed

    SteadyTime next() const { return std::max(due, notBefore); }
  };
  using Endpoints = std::map<std::string, Endpoint, std::less<>>;

  Endpoint* endpointOf(const std::string& url);
  Endpoints::iterator earliest();
  void arm();
  Task<> send();
  Task<> sendBatch(Endpoints::iterator place);
  Counter& spans(std::string_view result);

  Loop& loop_;
  Workers& workers_;
  const Clock& clock_;
  Metrics& metrics_;
  Post post_;
  TraceLimits limits_;
  Endpoints endpoints_;
  bool sending_ = false;
  SteadyTime stop_ = SteadyTime::max();  // from then on no request begins
  Loop::TimerId timer_ = 0;
  SteadyTime timerDue_ = SteadyTime::max();
  OneShot<std::monostate> ended_;  // the requests are over, once stop_ is set
};

}  // namespace openfc::observe
