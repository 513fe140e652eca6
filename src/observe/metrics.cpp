#include "observe/metrics.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace openfc::observe {
namespace {

void appendEscaped(std::string& out, std::string_view value) {
  for (char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
}

/// `{a="1",b="2"}`, or nothing without labels. `extra` is appended as it is (le="…").
std::string labelText(const Labels& labels, std::string_view extra = "") {
  std::string text;
  for (const auto& [name, value] : labels) {
    if (!text.empty()) text += ',';
    text += name;
    text += "=\"";
    appendEscaped(text, value);
    text += '"';
  }
  if (!extra.empty()) {
    if (!text.empty()) text += ',';
    text += extra;
  }
  return text.empty() ? text : "{" + text + "}";
}

}  // namespace

Histogram::Histogram(std::vector<double> bounds)
    : bounds_(std::move(bounds)), counts_(bounds_.size() + 1) {}

void Histogram::observe(double value) {
  const auto place = std::ranges::lower_bound(bounds_, value) - bounds_.begin();
  ++counts_[static_cast<std::size_t>(place)];
  sum_ += value;
}

std::vector<double> secondsBounds() {
  return {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
          0.25,   0.5,     1,      2.5,   5,      10,    25,   50,    100};
}

Counter& Metrics::counter(std::string_view name, std::string_view help, const Labels& labels) {
  return series(Kind::counter, name, help, labels).counter;
}

Histogram& Metrics::histogram(std::string_view name, std::string_view help,
                              std::vector<double> bounds, const Labels& labels) {
  Series& found = series(Kind::histogram, name, help, labels);
  if (!found.histogram) found.histogram = std::make_unique<Histogram>(std::move(bounds));
  return *found.histogram;
}

void Metrics::gauge(std::string_view name, std::string_view help, const Labels& labels,
                    std::function<double()> value) {
  series(Kind::gauge, name, help, labels).gauge = std::move(value);
}

Metrics::Series& Metrics::series(Kind kind, std::string_view name, std::string_view help,
                                 const Labels& labels) {
  Family& family = families_[std::string(name)];
  family.kind = kind;
  if (family.help.empty()) family.help = help;
  Labels wanted = labels;
  if (family.series.size() >= maxSeries_ && !family.series.contains(labelText(labels))) {
    for (auto& label : wanted) label.second = "other";
  }
  auto& place = family.series[labelText(wanted)];
  if (!place) {
    place = std::make_unique<Series>();
    place->labels = std::move(wanted);
  }
  return *place;
}

void Metrics::renderSeries(std::string& out, std::string_view name, const Series& series,
                           Kind kind) {
  if (kind == Kind::counter) {
    out += fmt::format("{}{} {}\n", name, labelText(series.labels), series.counter.value());
  } else if (kind == Kind::gauge) {
    out += fmt::format("{}{} {}\n", name, labelText(series.labels), series.gauge());
  } else {
    const Histogram& histogram = *series.histogram;
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < histogram.counts_.size(); ++i) {
      total += histogram.counts_[i];
      const std::string bound =
          i < histogram.bounds_.size() ? fmt::format("{}", histogram.bounds_[i]) : "+Inf";
      out += fmt::format("{}_bucket{} {}\n", name,
                         labelText(series.labels, fmt::format("le=\"{}\"", bound)), total);
    }
    out += fmt::format("{}_sum{} {}\n", name, labelText(series.labels), histogram.sum_);
    out += fmt::format("{}_count{} {}\n", name, labelText(series.labels), total);
  }
}

std::string Metrics::render() const {
  constexpr std::array<std::string_view, 3> kinds = {"counter", "gauge", "histogram"};
  std::string out;
  for (const auto& [name, family] : families_) {
    out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, family.help, name,
                       kinds[static_cast<std::size_t>(family.kind)]);
    for (const auto& [text, series] : family.series) renderSeries(out, name, *series, family.kind);
  }
  return out;
}

}  // namespace openfc::observe
