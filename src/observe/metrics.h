#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace openfc::observe {

/// Label names and values of one series, in the order in which they are printed.
using Labels = std::vector<std::pair<std::string, std::string>>;

class Counter {
public:
  void add(std::uint64_t count = 1) { value_ += count; }
  std::uint64_t value() const { return value_; }

private:
  std::uint64_t value_ = 0;
};

class Histogram {
public:
  explicit Histogram(std::vector<double> bounds);
  void observe(double value);

private:
  friend class Metrics;
  std::vector<double> bounds_;
  std::vector<std::uint64_t> counts_;  // one more than bounds: the last is +Inf
  double sum_ = 0;
};

/// Seconds, from 0.1 ms to 100 s.
std::vector<double> secondsBounds();

/// All series of the process in Prometheus' text form (names of users.md 3.3). Belongs to the loop.
/// What the functions return lives as long as this object. A family takes at most `maxSeries`
/// series; further label values are counted together in one series whose labels all read "other".
class Metrics {
public:
  explicit Metrics(std::size_t maxSeries = 10'000) : maxSeries_(maxSeries) {}
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  Counter& counter(std::string_view name, std::string_view help, const Labels& labels = {});
  Histogram& histogram(std::string_view name, std::string_view help, std::vector<double> bounds,
                       const Labels& labels = {});
  /// A value that is asked for whenever the metrics are shown.
  void gauge(std::string_view name, std::string_view help, const Labels& labels,
             std::function<double()> value);

  std::string render() const;

private:
  enum class Kind { counter, gauge, histogram };
  struct Series {
    Labels labels;
    Counter counter;
    std::unique_ptr<Histogram> histogram;
    std::function<double()> gauge;
  };
  struct Family {
    Kind kind = Kind::counter;
    std::string help;
    std::map<std::string, std::unique_ptr<Series>, std::less<>> series;
  };

  Series& series(Kind kind, std::string_view name, std::string_view help, const Labels& labels);
  static void renderSeries(std::string& out, std::string_view name, const Series& series,
                           Kind kind);

  std::size_t maxSeries_;
  std::map<std::string, Family, std::less<>> families_;
};

}  // namespace openfc::observe
