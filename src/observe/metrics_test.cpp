#include "observe/metrics.h"

#include <gtest/gtest.h>

namespace openfc::observe {
namespace {

TEST(Metrics, PrintsCountersWithTheirLabels) {
  Metrics metrics;
  metrics.counter("fc_x_total", "How many.", {{"function", "a\"b"}}).add(3);

  EXPECT_EQ(metrics.render(),
            "# HELP fc_x_total How many.\n# TYPE fc_x_total counter\n"
            "fc_x_total{function=\"a\\\"b\"} 3\n");
}

TEST(Metrics, PrintsHistogramsCumulatively) {
  Metrics metrics;
  Histogram& histogram = metrics.histogram("fc_s", "Seconds.", {0.5, 1});
  histogram.observe(0.25);
  histogram.observe(1);
  histogram.observe(9);

  const std::string text = metrics.render();
  EXPECT_NE(text.find("fc_s_bucket{le=\"0.5\"} 1\n"), std::string::npos) << text;
  EXPECT_NE(text.find("fc_s_bucket{le=\"1\"} 2\n"), std::string::npos) << text;
  EXPECT_NE(text.find("fc_s_bucket{le=\"+Inf\"} 3\n"), std::string::npos) << text;
  EXPECT_NE(text.find("fc_s_sum 10.25\nfc_s_count 3\n"), std::string::npos) << text;
}

TEST(Metrics, CountsWhatIsBeyondTheLimitOfSeriesTogether) {
  Metrics metrics(2);
  for (const char* name : {"a", "b", "c", "d"}) {
    metrics.counter("fc_x_total", "How many.", {{"function", name}}).add();
  }

  EXPECT_NE(metrics.render().find("fc_x_total{function=\"other\"} 2\n"), std::string::npos);
}

}  // namespace
}  // namespace openfc::observe
