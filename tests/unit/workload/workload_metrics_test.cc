// How full a workload says that it was, against sums worked out by hand.

#include "mesh/workload/workload_metrics.h"

#include <gtest/gtest.h>

#include <map>

#include "mesh/workload/load_generator.h"
#include "mesh/workload/workload.h"
#include "tests/unit/support/memory_world.h"

namespace meshtwin::testing_world {
namespace {

struct MetricsOnly final : Recorder {
  void request(const RequestRecord&) override {}
  void attempt(const AttemptRecord&) override {}
  void access(AccessRecord) override {}
  void span(const SpanRecord&) override {}
  void event(EventRecord) override {}
  void metric(MetricRecord record) override {
    EXPECT_EQ(record.pod, 1u);
    last[record.series] = record.value;
    ++written;
  }
  std::map<std::string, double> last;
  int written = 0;
};

TEST(Level, SumsOverTime) {
  Level level;
  level.set(2, 10);
  level.set(5, 20);
  level.set(1, 21);
  EXPECT_EQ(level.total(31), 2 * 10 + 5 * 1 + 1 * 10);
  EXPECT_EQ(level.now(), 1u);
  EXPECT_EQ(level.peak(), 5u);
}

// Four at once for two workers, 10 ms each: two wait 10 ms. Once every 100 ms, ten times.
TEST(WorkloadMetrics, BusyAndQueued) {
  MemoryWorld world;
  world.shape.latency = 0;
  MetricsOnly records;
  const std::map<std::uint32_t, std::uint32_t> pods = {{1, 0}, {2, 1}};
  WorkloadConfig config;
  config.service = "backend";
  config.workers = 2;
  HandlerStep step;
  step.compute.a = 10 * kMillisecond;
  config.handler.push_back(step);
  world.hosts["backend"] = {2};
  Workload workload(config, {world.runtime, world.pod(2), records, Wire::modelled, 1, pods});
  workload.start([] {});
  workload.begin([] {});
  std::vector<std::unique_ptr<LoadGenerator>> loads;
  for (std::uint32_t i = 0; i < 4; ++i) {
    LoadConfig load;
    load.index = i;
    load.service = "backend";
    load.port = 8080;
    load.arrivals = LoadConfig::Arrivals::constant;
    load.rate = {{0, 10, false}};
    load.end = kSecond;
    loads.push_back(std::make_unique<LoadGenerator>(
        load, RoleSurroundings{world.runtime, world.pod(1), records, Wire::modelled, 0, pods}));
    loads.back()->start([] {});
    loads.back()->begin([] {});
  }
  world.clock.run_until(3 * kSecond);
  EXPECT_EQ(records.written, 0);  // no interval: only when it is told to
  workload.report();
  const auto value = [&records](const char* name) {
    return records.last.at(std::string(name) + "{service=\"backend\"}");
  };
  EXPECT_DOUBLE_EQ(value("meshtwin_workload_workers"), 2);
  EXPECT_DOUBLE_EQ(value("meshtwin_workload_workers_busy"), 0);
  EXPECT_DOUBLE_EQ(value("meshtwin_workload_queue_peak"), 2);
  EXPECT_NEAR(value("meshtwin_workload_busy_seconds_total"), 10 * 4 * 0.010, 1e-9);
  EXPECT_NEAR(value("meshtwin_workload_queue_seconds_total"), 10 * 2 * 0.010, 1e-9);
}

TEST(WorkloadMetrics, WhatChangedIsWrittenAtAnInterval) {
  MemoryWorld world;
  MetricsOnly records;
  const std::map<std::uint32_t, std::uint32_t> pods;
  WorkloadConfig config;
  config.service = "backend";
  config.journal_every = kSecond;
  Workload workload(config, {world.runtime, world.pod(2), records, Wire::modelled, 1, pods});
  workload.start([] {});
  workload.begin([] {});
  world.clock.run_until(kSecond);
  EXPECT_EQ(records.written, 6);
  world.clock.run_until(10 * kSecond);
  EXPECT_EQ(records.written, 6);  // nothing has changed
}

}  // namespace
}  // namespace meshtwin::testing_world
