#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "results/report/events.h"
#include "results/report/latency_over_time.h"
#include "results/report/metric_families.h"
#include "results/report/pods.h"
#include "results/report/time_grid.h"
#include "results/report/traffic.h"
#include "tests/unit/report/made_up_store.h"

namespace meshtwin {
namespace {

using testing::ElementsAre;

// What `record` recorded, in a store opened to be read.
template <typename Record>
Database recorded(const MadeUpRuns& runs, const std::string& world, Record&& record) {
  const std::string path = runs.store_path("run", world);
  {
    StoreWriter writer(path, MadeUpRuns::subject(world), {});
    record(writer);
  }
  return {path, SqlMode::read_only};
}

TEST(TimeGrid, has_readable_slices_no_more_than_asked_for) {
  const TimeGrid grid(40 * kSecond, 200);
  EXPECT_EQ(grid.width(), 200 * kMillisecond);
  EXPECT_EQ(grid.slices(), 200u);
  EXPECT_EQ(TimeGrid(41 * kSecond, 200).width(), 500 * kMillisecond);
  EXPECT_EQ(TimeGrid(41 * kSecond, 200).slices(), 82u);
}

TEST(TimeGrid, what_is_outside_of_the_run_belongs_to_its_ends) {
  const TimeGrid grid(10 * kSecond, 10);
  EXPECT_EQ(grid.at(-kSecond), 0u);
  EXPECT_EQ(grid.at(10 * kSecond), 9u);
  EXPECT_EQ(TimeGrid(0, 10).slices(), 1u);
  EXPECT_EQ(TimeGrid(0, 10).at(5 * kSecond), 0u);
}

TEST(TimeGrid, a_store_that_says_nonsense_is_cut_all_the_same) {
  const TimeGrid grid(std::numeric_limits<Duration>::max(), 200);
  EXPECT_LE(grid.slices(), 200u);
  EXPECT_EQ(grid.at(std::numeric_limits<Time>::min()), 0u);
  EXPECT_EQ(grid.at(std::numeric_limits<Time>::max()), grid.slices() - 1);
  EXPECT_EQ(TimeGrid(-kSecond, 200).slices(), 1u);
}

TEST(Pods, are_grouped_by_service_and_zone_and_what_serves_nothing_stands_alone) {
  const MadeUpRuns runs;
  const Database store = recorded(runs, "sim", [](StoreWriter&) {});
  const Pods pods(store);
  ASSERT_EQ(pods.groups().size(), 4u);
  EXPECT_EQ(pods.groups()[1].name, "backend");
  EXPECT_EQ(pods.groups()[1].zone, "a");
  EXPECT_EQ(pods.all()[1].group, pods.all()[2].group);
  EXPECT_EQ(pods.groups()[3].name, "load-0");
  EXPECT_FALSE(pods.groups()[3].serves);
}

TEST(Traffic, counts_calls_failures_and_times_between_groups_by_slice) {
  const MadeUpRuns runs;
  const Database store = recorded(runs, "sim", [](StoreWriter& writer) {
    writer.attempt(attempt(0, 1, 100 * kMillisecond, 2 * kMillisecond));
    writer.attempt(attempt(0, 2, 900 * kMillisecond, 4 * kMillisecond));
    writer.attempt(attempt(0, 1, 1500 * kMillisecond, kMillisecond, 0));
    writer.attempt(attempt(0, 3, 1600 * kMillisecond, 6 * kMillisecond, 503));
  });
  const Json traffic = traffic_json(store, Pods(store), TimeGrid(2 * kSecond, 2));
  ASSERT_EQ(traffic["edges"].size(), 2u);
  const Json& own_zone = traffic["edges"][0];
  EXPECT_THAT(own_zone["calls"].get<std::vector<int>>(), ElementsAre(2, 1));
  EXPECT_THAT(own_zone["failed"].get<std::vector<int>>(), ElementsAre(0, 1));
  EXPECT_DOUBLE_EQ(own_zone["ms"][0].get<double>(), 3);
  EXPECT_TRUE(own_zone["ms"][1].is_null());  // refused: nothing was answered
  const Json& other_zone = traffic["edges"][1];
  EXPECT_THAT(other_zone["failed"].get<std::vector<int>>(), ElementsAre(0, 1));
  EXPECT_DOUBLE_EQ(other_zone["ms"][1].get<double>(), 6);  // a 503 is an answer
  EXPECT_THAT(traffic["answered"][1].get<std::vector<int>>(), ElementsAre(1, 0));
}

TEST(Traffic, without_attempts_is_what_sampled_requests_say) {
  const MadeUpRuns runs;
  const Database store = recorded(runs, "sim", [](StoreWriter& writer) {
    SpanRecord root;
    root.trace_low = root.span = 7;
    root.pod = 5;
    root.end = 3 * kMillisecond;
    SpanRecord outbound = root;  // of the same pod: nobody is called
    outbound.span = 8;
    outbound.parent = 7;
    SpanRecord server = root;
    server.span = 9;
    server.parent = 8;
    server.pod = 0;
    server.status = 200;
    for (const SpanRecord& span : {server, outbound, root}) writer.span(span);
  });
  const Json traffic = traffic_json(store, Pods(store), TimeGrid(2 * kSecond, 2));
  EXPECT_EQ(traffic["from"], "spans");
  ASSERT_EQ(traffic["edges"].size(), 1u);
  EXPECT_EQ(traffic["edges"][0]["from"], 3);  // the load
  EXPECT_EQ(traffic["edges"][0]["to"], 0);    // the frontend
  EXPECT_DOUBLE_EQ(traffic["edges"][0]["ms"][0].get<double>(), 3);
}

TEST(LatencyOverTime, has_exact_percentiles_over_enough_requests) {
  const MadeUpRuns runs;
  const Database store = recorded(runs, "sim", [](StoreWriter& writer) {
    for (int i = 0; i < 1000; ++i) {
      writer.request(request(i, i * 10 * kMillisecond, (i % 100 + 1) * kMillisecond));
    }
    writer.request(request(1000, kSecond, kSecond, Failure::http_5xx));
  });
  const TimeGrid grid(10 * kSecond, 100);
  const LatencyScale scale = scale_for({&store}, grid);
  EXPECT_EQ(scale.together, 10u);  // 10 requests a slice, 100 wanted
  const Json latency = latency_over_time_json(store, grid, scale);
  EXPECT_EQ(latency["sent"][10], 11);
  EXPECT_EQ(latency["failed"][10], 1);
  const Json& percentiles = latency["percentiles"];
  EXPECT_DOUBLE_EQ(percentiles["width_s"].get<double>(), 1);
  EXPECT_EQ(percentiles["n"][0], 100);
  EXPECT_DOUBLE_EQ(percentiles["p50"][0].get<double>(), 50);
  EXPECT_DOUBLE_EQ(percentiles["p99"][0].get<double>(), 99);
}

TEST(LatencyOverTime, the_heat_map_holds_every_successful_request_once) {
  const MadeUpRuns runs;
  const Database sim = recorded(runs, "sim", [](StoreWriter& writer) {
    writer.request(request(0, 0, kMillisecond));
    writer.request(request(1, 0, 100 * kMillisecond));
    writer.request(request(2, 0, 0, Failure::reset));
  });
  const Database emu = recorded(runs, "emu", [](StoreWriter& writer) { writer.request(request(0, 0, 900)); });
  const TimeGrid grid(kSecond, 10);
  const LatencyScale scale = scale_for({&sim, &emu}, grid);
  ASSERT_TRUE(scale.bins.has_value());
  EXPECT_EQ(scale.bins->low, 900);  // of both worlds
  EXPECT_EQ(scale.bins->high, 100 * kMillisecond);
  EXPECT_EQ(scale.bins->at(scale.bins->low), 0u);
  EXPECT_EQ(scale.bins->at(scale.bins->high), LatencyBins::kCount - 1);
  std::uint64_t total = 0;
  const Json latency = latency_over_time_json(sim, grid, scale);
  for (const Json& column : latency["heat"]) {
    for (const Json& count : column) total += count.get<std::uint64_t>();
  }
  EXPECT_EQ(total, 2u);
}

TEST(LatencyOverTime, a_run_without_a_success_has_no_bins) {
  const MadeUpRuns runs;
  const Database store =
      recorded(runs, "sim", [](StoreWriter& writer) { writer.request(request(0, 0, kSecond, Failure::timeout)); });
  const TimeGrid grid(kSecond, 10);
  const LatencyScale scale = scale_for({&store}, grid);
  EXPECT_TRUE(bins_json(scale.bins).is_null());
  EXPECT_EQ(latency_over_time_json(store, grid, scale)["failed"][0], 1);
}

TEST(Events, keep_the_rare_and_count_the_common) {
  const MadeUpRuns runs;
  const Database store = recorded(runs, "sim", [](StoreWriter& writer) {
    for (int i = 0; i < 1000; ++i) writer.event({500 * kMillisecond, "config", "cluster", std::to_string(i)});
    writer.event({-kSecond, "config", "cluster", "before the run"});
    writer.event({kSecond, "ejected", "10.1.0.3:8080", "consecutive_5xx"});
  });
  const Json events = events_json(store, TimeGrid(2 * kSecond, 2));
  EXPECT_EQ(events["total"], 1002);
  EXPECT_EQ(events["kinds"]["config"]["total"], 1001);
  EXPECT_EQ(events["kinds"]["config"]["kept"], 400);
  EXPECT_THAT(events["config"].get<std::vector<int>>(), ElementsAre(1000, 0));
  EXPECT_EQ(events["rows"].back()[2], "10.1.0.3:8080");
}

TEST(MetricFamilies, add_up_pods_and_labels_and_counters_grow_evenly_between_scrapes) {
  const MadeUpRuns runs;
  const Database store = recorded(runs, "sim", [](StoreWriter& writer) {
    writer.metric({0, 1, "requests_total{code=\"200\"}", 10});
    writer.metric({0, 1, "requests_total{code=\"503\"}", 1});
    writer.metric({2 * kSecond, 3, "requests_total{code=\"200\"}", 5});
    writer.metric({5 * kSecond, 1, "requests_total{code=\"200\"}", 20});
    writer.metric({5 * kSecond, 1, "requests_total{code=\"503\"}", 6});
    writer.metric({5 * kSecond, 1, "latency_bucket{le=\"1\"}", 20});
    writer.metric({6 * kSecond, 3, "requests_total{code=\"200\"}", 4});  // it was started anew
  });
  const Json metrics = metric_families_json(store, Pods(store), 10 * kSecond);
  ASSERT_EQ(metrics["families"].size(), 1u);
  const double width = metrics["width_s"].get<double>();
  const Json& backend = metrics["families"]["requests_total"]["backend"];
  const auto at = [&](double second) { return backend[static_cast<std::size_t>(second / width)]; };
  EXPECT_DOUBLE_EQ(at(1).get<double>(), 3);  // 2 and 1 a second
  EXPECT_DOUBLE_EQ(at(3).get<double>(), 4);  // and 4 in four seconds
  EXPECT_DOUBLE_EQ(at(5.5).get<double>(), 1);
  EXPECT_TRUE(at(7).is_null());
}

TEST(MetricFamilies, a_value_holds_until_the_next_and_the_last_to_the_end) {
  const MadeUpRuns runs;
  const Database store = recorded(runs, "sim", [](StoreWriter& writer) {
    writer.metric({0, 1, "queue", 3});
    writer.metric({5 * kSecond, 1, "queue", 1});
    writer.metric({0, 2, "queue", 4});
  });
  const Json metrics = metric_families_json(store, Pods(store), 10 * kSecond);
  const Json& queue = metrics["families"]["queue"]["backend"];
  EXPECT_DOUBLE_EQ(queue.front().get<double>(), 7);
  EXPECT_DOUBLE_EQ(queue.back().get<double>(), 5);
}

}  // namespace
}  // namespace meshtwin
