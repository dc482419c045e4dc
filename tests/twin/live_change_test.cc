// Documents that change, and pods that come, while requests go on: one short scenario in both worlds, judged by its own
// expectations.

#include <gtest/gtest.h>

#include "results/failover.h"
#include "results/verdict.h"
#include "scenarios/main/profiles.h"
#include "scenarios/main/run_one.h"
#include "scenarios/scenario.h"
#include "tests/twin/obstacle.h"

namespace meshtwin {
namespace {

const char* const kScenario = R"(
schema: 1
name: live
seed: 5
duration: 6s
topology: {zones: {lab: {}}}
mesh: {mode: sidecar}
services:
  shop-v1: {service: shop, version: v1, pods: {lab: 1}, workers: 16, handler: [{compute: 1ms}]}
  shop-v2: {service: shop, version: v2, pods: {lab: 1}, workers: 16, handler: [{compute: 1ms}]}
resources:
- apiVersion: networking.istio.io/v1
  kind: DestinationRule
  metadata: {name: shop}
  spec:
    host: shop
    trafficPolicy: {loadBalancer: {simple: ROUND_ROBIN}}
    subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]
- apiVersion: networking.istio.io/v1
  kind: VirtualService
  metadata: {name: shop}
  spec: {hosts: [shop], http: [{route: [{destination: {host: shop, subset: v1}}]}]}
load: [{from: lab, to: shop, rate: 100/s}]
timeline:
- at: 2s
  apply:
    apiVersion: networking.istio.io/v1
    kind: VirtualService
    metadata: {name: shop}
    spec:
      hosts: [shop]
      http:
      - fault: {abort: {httpStatus: 418, percentage: {value: 50}}}
        route: [{destination: {host: shop, subset: v2}}]
- {at: 3s, scale: {service: shop-v2, zone: lab, pods: 3}}
- {at: 4s, delete: {kind: VirtualService, name: shop}}
expect:
- {metric: success_rate, at_least: 100%, during: [0s, 2s]}
- {metric: version_share, service: shop, version: v1, at_least: 100%, during: [0s, 2s]}
- {metric: status_share, status: 418, at_least: 35%, at_most: 65%, during: [2500ms, 4s]}
- {metric: version_share, service: shop, version: v2, at_least: 100%, during: [2500ms, 4s]}
- {metric: success_rate, at_least: 100%, during: [4500ms, 6s]}
- {metric: version_share, service: shop, version: v2, at_least: 70%, at_most: 80%, during: [4500ms, 6s]}
- {metric: convergence, at_most: 10s}
)";

class TwinChange : public testing::TestWithParam<WorldKind> {
 protected:
  void SetUp() override {
    if (GetParam() == WorldKind::emu && !obstacle().empty()) GTEST_SKIP() << obstacle();
  }
};

TEST_P(TwinChange, ActsOnTheRequestsThatFollowIt) {
  const Scenario scenario = load_scenario_text(kScenario, "live.yaml", {});
  const FinishedRun run = run_one(scenario, GetParam(), reference_profile(), {"twin"});
  for (const Expectation& expectation : scenario.expect) {
    const Verdict verdict = evaluate(expectation, *run.store, run.subject, {});
    EXPECT_TRUE(verdict.pass) << verdict.text << ": " << verdict.shown << ' ' << verdict.why;
  }
}

INSTANTIATE_TEST_SUITE_P(Worlds, TwinChange, testing::Values(WorldKind::sim, WorldKind::emu),
                         [](const auto& info) { return info.param == WorldKind::sim ? "sim" : "emu"; });

}  // namespace
}  // namespace meshtwin
