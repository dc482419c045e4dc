// Zone-aware routing by the real roles: each proxy finds the cluster it belongs to among the endpoints it is told of.

#include <gtest/gtest.h>

#include <map>

#include "tests/unit/roles/sim_run.h"

namespace meshtwin {
namespace {

using testing_roles::SimRun;

std::string zones(bool zone_aware, const std::string& resources = {}) {
  return std::string(
             "schema: 1\nname: zones\nseed: 5\nduration: 10s\ntopology: {zones: {a: {}, b: {}, c: {}}, links: "
             "[{between: [a, b], rtt: 1ms}, {between: [b, c], rtt: 1ms}, {between: [a, c], rtt: 1ms}]}\n") +
         "mesh: {mode: sidecar, zone_aware: " + (zone_aware ? "true" : "false") + "}\n" +
         "services:\n  front: {pods: {a: 4, b: 4, c: 2}, workers: 64, handler: [{call: back}]}\n"
         "  back: {pods: {a: 5, b: 10, c: 5}, workers: 64}\n" +
         resources + "load: [{from: a, to: front, rate: 500/s}]\n";
}

// "ab": from front's pods in zone a to back's in zone b; in percent of all that these in zone a send.
std::map<std::string, double> flows(const SimRun& run) {
  const auto& pods = run.scenario.plan.pods;
  std::map<std::string, double> counts;
  std::map<char, double> sent;
  for (const AttemptRecord& attempt : run.attempt_records) {
    const std::string &from = pods.at(attempt.from_pod).name, &to = pods.at(attempt.to_pod).name;
    if (!from.starts_with("front-")) continue;
    ++counts[{from[6], to[5]}];
    ++sent[from[6]];
  }
  for (auto& [flow, count] : counts) count *= 100 / sent[flow[0]];
  return counts;
}

// A zone with at least its share of the receivers keeps everything; zone a, with 40 % of the senders and 25 % of the
// receivers, keeps 62.5 % and sends the rest where there are more receivers than senders.
TEST(ZoneAware, KeepsToTheZoneAsFarAsItOverloadsNobody) {
  const SimRun run(zones(true));
  EXPECT_EQ(run.failed(), 0U) << run.story();
  auto flow = flows(run);
  EXPECT_NEAR(flow["aa"], 62.5, 6);
  EXPECT_NEAR(flow["ab"], 25, 6);
  EXPECT_NEAR(flow["ac"], 12.5, 5);
  EXPECT_EQ(flow["bb"], 100);
  EXPECT_EQ(flow["cc"], 100);
}

TEST(ZoneAware, WithoutItZonesDoNotCount) {
  auto flow = flows(SimRun(zones(false)));
  for (const char from : {'a', 'b', 'c'}) {
    EXPECT_NEAR((flow[{from, 'a'}]), 25, 7) << from;
    EXPECT_NEAR((flow[{from, 'b'}]), 50, 7) << from;
    EXPECT_NEAR((flow[{from, 'c'}]), 25, 7) << from;
  }
}

TEST(ZoneAware, ARuleThatRanksLocalitiesGoesBeforeIt) {
  auto flow = flows(SimRun(zones(true,
                                 "resources:\n- apiVersion: networking.istio.io/v1\n  kind: DestinationRule\n"
                                 "  metadata: {name: back}\n  spec: {host: back, trafficPolicy: "
                                 "{loadBalancer: {simple: ROUND_ROBIN, localityLbSetting: {enabled: true}}, "
                                 "outlierDetection: {consecutive5xxErrors: 5}}}\n")));
  for (const char* own : {"aa", "bb", "cc"}) EXPECT_EQ(flow[own], 100) << own;
}

}  // namespace
}  // namespace meshtwin
