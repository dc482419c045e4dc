#include "mesh/traffic/cluster_mistake.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

namespace meshtwin {
namespace {

constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();

TEST(ClusterMistake, SaysWhatBalancingCouldNotActOn) {
  using C = ClusterConfig;
  struct {
    std::function<void(C&)> change;
    const char* mistake;
  } const rows[] = {
      {[](C&) {}, ""},
      {[](C& c) { c.lb_policy = LbPolicy::ring_hash; }, ""},
      {[](C& c) { c.lb_policy = LbPolicy::maglev; }, ""},
      {[](C& c) {
         c.lb_policy = LbPolicy::ring_hash, c.ring_hash = {0, 10};
       },
       "ring sizes are 0..10, not within 1..8388608"},
      {[](C& c) {
         c.lb_policy = LbPolicy::ring_hash, c.ring_hash = {1, 8388609};
       },
       "ring sizes are 1..8388609, not within 1..8388608"},
      {[](C& c) {
         c.lb_policy = LbPolicy::ring_hash, c.ring_hash = {100, 99};
       },
       "the ring's minimum size, 100, is above its maximum, 99"},
      {[](C& c) {
         c.ring_hash = {100, 99};
       },
       ""},
      {[](C& c) { c.lb_policy = LbPolicy::maglev, c.maglev.table_size = 5000011; }, ""},
      {[](C& c) { c.lb_policy = LbPolicy::maglev, c.maglev.table_size = 65536; },
       "Maglev's table size is 65536, not a prime up to 5000011"},
      {[](C& c) { c.lb_policy = LbPolicy::maglev, c.maglev.table_size = 1; },
       "Maglev's table size is 1, not a prime up to 5000011"},
      {[](C& c) { c.lb_policy = LbPolicy::maglev, c.maglev.table_size = 5000077; },
       "Maglev's table size is 5000077, not a prime up to 5000011"},
      {[](C& c) {
         c.slow_start = {kSecond, 0.5, 0};
       },
       ""},
      {[](C& c) {
         c.slow_start = {0, 1, 10};
       },
       "slow start's window must be above 0"},
      {[](C& c) {
         c.slow_start = {kSecond, 0, 10};
       },
       "slow start's aggression must be above 0"},
      {[](C& c) {
         c.slow_start = {kSecond, kNotANumber, 10};
       },
       "slow start's aggression must be above 0"},
      {[](C& c) {
         c.slow_start = {kSecond, 1, 100.5};
       },
       "slow start's minimum weight is not in 0..100 %"},
      {[](C& c) { c.least_request_active_bias = -0.1; }, "least request's bias must not be below 0"},
      {[](C& c) { c.panic_threshold_percent = 101; }, "the panic threshold is above 100 %"},
      {[](C& c) {
         c.zone_aware = {101, 6, false};
       },
       "the share of zone-aware routing is not in 0..100 %"},
      {[](C& c) {
         c.breakers.retry_budget = {kNotANumber, 3};
       },
       "the retry budget is not in 0..100 %"},
  };
  for (const auto& row : rows) {
    ClusterConfig cluster;
    row.change(cluster);
    EXPECT_EQ(mistake_in(cluster), row.mistake);
  }
}

}  // namespace
}  // namespace meshtwin
