#include "mesh/telemetry/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mesh/telemetry/workload_labels.h"

namespace meshtwin {
namespace {

using ::testing::ElementsAre;

constexpr std::int64_t kBounds[] = {5, 10, 100};
constexpr MetricFamily kAsked{"asked_total", "Requests\nby \\ whom", MetricKind::counter};
constexpr MetricFamily kSize{"size_bytes", "Sizes", MetricKind::histogram, kBounds, 10};
constexpr MetricFamily kFull{"full", "How full", MetricKind::gauge};

std::vector<std::string> changes_of(MetricRegistry& registry) {
  std::vector<std::string> all;
  registry.changes([&all](std::string series, double value) { all.push_back(series + " " + std::to_string(value)); });
  return all;
}

TEST(Metrics, TextWithHelpTypeAndEscapes) {
  MetricRegistry registry;
  registry.counter(kAsked, LabelText().add("who", "a \"b\" \\ \n c")).add(3);
  registry.counter(kAsked, LabelText().add("who", "z")).add();
  registry.gauge(kFull, {}) = 0.25;
  EXPECT_EQ(registry.text(),
            "# HELP asked_total Requests\\nby \\\\ whom\n"
            "# TYPE asked_total counter\n"
            "asked_total{who=\"a \\\"b\\\" \\\\ \\n c\"} 3\n"
            "asked_total{who=\"z\"} 1\n"
            "# HELP full How full\n"
            "# TYPE full gauge\n"
            "full 0.25\n");
}

TEST(Metrics, BucketsAreCumulativeAndHoldTheirBounds) {
  MetricRegistry registry;
  BucketCounts& sizes = registry.histogram(kSize, LabelText().add("a", "1"));
  for (const std::int64_t value : {0, 5, 6, 10, 11, 100, 101, 5000}) sizes.add(value);
  EXPECT_EQ(registry.text(),
            "# HELP size_bytes Sizes\n"
            "# TYPE size_bytes histogram\n"
            "size_bytes_bucket{a=\"1\",le=\"0.5\"} 2\n"
            "size_bytes_bucket{a=\"1\",le=\"1\"} 4\n"
            "size_bytes_bucket{a=\"1\",le=\"10\"} 6\n"
            "size_bytes_bucket{a=\"1\",le=\"+Inf\"} 8\n"
            "size_bytes_sum{a=\"1\"} 523.3\n"
            "size_bytes_count{a=\"1\"} 8\n");
}

TEST(Metrics, ASeriesIsFoundAgainAndStaysWhereItIs) {
  MetricRegistry registry;
  Counter& first = registry.counter(kAsked, LabelText().add("who", "m"));
  for (const char* other : {"a", "b", "x", "y"}) registry.counter(kAsked, LabelText().add("who", other)).add();
  first.add(2);
  EXPECT_EQ(&registry.counter(kAsked, LabelText().add("who", "m")), &first);
  EXPECT_THAT(registry.text(), ::testing::HasSubstr("asked_total{who=\"m\"} 2\n"));
}

TEST(Metrics, OnlyWhatChangedIsReported) {
  MetricRegistry registry;
  Counter& asked = registry.counter(kAsked, {});
  double level = 4;
  registry.watch(kFull, {}, [&level] { return level; });
  registry.histogram(kSize, {}).add(20);
  EXPECT_THAT(changes_of(registry), ElementsAre("asked_total 0.000000", "full 4.000000", "size_bytes_count 1.000000",
                                                "size_bytes_sum 2.000000"));
  EXPECT_THAT(changes_of(registry), ElementsAre());
  asked.add();
  level = 5;
  EXPECT_THAT(changes_of(registry), ElementsAre("asked_total 1.000000", "full 5.000000"));
}

TEST(WorkloadLabels, ThereAndBack) {
  WorkloadLabels labels;
  labels.workload = "backend-az-a";
  labels.app = "backend";
  labels.version = "v1";
  EXPECT_EQ(to_text(labels), "backend-az-a;default;backend;v1;Kubernetes");
  EXPECT_EQ(parse_workload_labels(to_text(labels)), labels);
  EXPECT_FALSE(parse_workload_labels("a;b;c").known());
  EXPECT_FALSE(parse_workload_labels("").known());
}

}  // namespace
}  // namespace meshtwin
