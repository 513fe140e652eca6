#include "observe/traces.h"

#include "base/log.h"

#include <fmt/core.h>

#include <stdexcept>

namespace openfc::observe {
namespace {

/// What of a URL may stand in a log: some collectors take a token in the path or the query.
std::string originOf(std::string_view url) {
  const std::size_t authority = url.find("://");
  const std::size_t begin = authority == std::string_view::npos ? 0 : authority + 3;
  const std::string_view host = url.substr(begin, url.find_first_of("/?#", begin) - begin);
  const std::size_t user = host.rfind('@');
  return fmt::format("{}{}", url.substr(0, begin),
                     user == std::string_view::npos ? host : host.substr(user + 1));
}

std::string withoutUrl(std::string text, const std::string& url) {
  const std::string origin = originOf(url);
  for (std::size_t at = text.find(url); at != std::string::npos;
       at = text.find(url, at + origin.size())) {
    text.replace(at, url.size(), origin);
  }
  return text;
}

}  // namespace

Traces::Traces(Loop& loop, Workers& workers, const Clock& clock, Metrics& metrics, Post post,
               TraceLimits limits)
    : loop_(loop),
      workers_(workers),
      clock_(clock),
      metrics_(metrics),
      post_(std::move(post)),
      limits_(limits) {}

Counter& Traces::spans(std::string_view result) {
  return metrics_.counter("fc_trace_spans_total", "Spans for the collectors of services.",
                          {{"result", std::string(result)}});
}

Traces::Endpoint* Traces::endpointOf(const std::string& url) {
  const auto found = endpoints_.find(url);
  if (found != endpoints_.end()) return &found->second;
  if (endpoints_.size() >= limits_.endpoints) {
    std::erase_if(endpoints_, [now = loop_.steady()](const auto& entry) {
      return entry.second.waiting.empty() && entry.second.notBefore <= now;
    });
    if (endpoints_.size() >= limits_.endpoints) return nullptr;
  }
  return &endpoints_[url];
}

void Traces::add(const std::string& endpoint, Span span) {
  Endpoint* const place = stop_ == SteadyTime::max() ? endpointOf(endpoint) : nullptr;
  if (place == nullptr || place->waiting.size() >= limits_.waiting) return spans("dropped").add();
  const SteadyTime now = loop_.steady();
  if (place->waiting.empty()) place->due = now + limits_.interval;
  const Time begin = clock_.now() - std::chrono::duration_cast<Time::duration>(now - span.begin);
  place->waiting.push_back({std::move(span), begin});
  if (place->waiting.size() == limits_.batch) place->due = now;
  arm();
}

/// The one whose turn is next; end() when nothing waits.
Traces::Endpoints::iterator Traces::earliest() {
  auto best = endpoints_.end();
  for (auto place = endpoints_.begin(); place != endpoints_.end(); ++place) {
    if (place->second.waiting.empty()) continue;
    if (best == endpoints_.end() || place->second.next() < best->second.next()) best = place;
  }
  return best;
}

void Traces::arm() {
  if (sending_) return;  // looks again when it is done
  const auto place = earliest();
  if (place == endpoints_.end() || place->second.next() >= timerDue_) return;
  loop_.cancel(timer_);
  timerDue_ = place->second.next();
  timer_ = loop_.after(std::max(timerDue_ - loop_.steady(), Duration::zero()), [this] {
    timerDue_ = SteadyTime::max();
    spawn(send(), "send traces");
  });
}

Task<> Traces::send() {
  sending_ = true;
  while (true) {
    const auto place = earliest();
    const SteadyTime now = loop_.steady();
    if (place == endpoints_.end() || place->second.next() > now || now >= stop_) break;
    co_await sendBatch(place);
  }
  sending_ = false;
  if (stop_ == SteadyTime::max()) co_return arm();
  ended_.give({});
}

/// The longest run of spans from the front that are of one service goes in one request.
Task<> Traces::sendBatch(Endpoints::iterator place) {
  Endpoint& endpoint = place->second;
  std::vector<TimedSpan> batch;
  while (!endpoint.waiting.empty() && batch.size() < limits_.batch &&
         (batch.empty() || endpoint.waiting.front().span.service == batch[0].span.service)) {
    batch.push_back(std::move(endpoint.waiting.front()));
    endpoint.waiting.pop_front();
  }
  std::string failure;
  try {
    const int status = co_await workers_.run(Lane::traces, "", loop_,
                                             [post = &post_, url = &place->first, spans = &batch] {
                                               return (*post)(*url, encode(*url, *spans));
                                             });
    if (status < 200 || status > 299) failure = fmt::format("the collector answered {}", status);
  } catch (const std::exception& error) {
    failure = withoutUrl(error.what(), place->first);
  }
  spans(failure.empty() ? "sent" : "failed").add(batch.size());
  if (!failure.empty()) {
    endpoint.notBefore = loop_.steady() + limits_.patience;
    log::warn(
        "spans could not be sent",
        {{"collector", originOf(place->first)}, {"spans", batch.size()}, {"reason", failure}});
  } else if (endpoint.waiting.empty()) {
    endpoints_.erase(place);
  }
}

Task<> Traces::close(Duration limit) {
  const SteadyTime now = loop_.steady();
  stop_ = now + limit;
  loop_.cancel(timer_);
  for (auto& [url, endpoint] : endpoints_) endpoint.due = now;
  if (sending_) {
    co_await ended_;
  } else {
    co_await send();
  }
  for (const auto& [url, endpoint] : endpoints_) spans("dropped").add(endpoint.waiting.size());
  endpoints_.clear();
}

}  // namespace openfc::observe
