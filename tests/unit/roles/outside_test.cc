// Ways round the sidecars: a load from outside of the mesh, no mesh at all, TCP services; and that the real codecs give
// what the modelled ones give.

#include <gtest/gtest.h>

#include "tests/unit/roles/sim_run.h"

namespace meshtwin {
namespace {

using testing_roles::from;
using testing_roles::scenario_text;
using testing_roles::SimRun;

const std::string kChain =
    "  front: {pods: {z: 2}, workers: 16, handler: [{compute: 1ms}, {call: back}], response: 2KB}\n"
    "  back: {pods: {z: 3}, workers: 8, handler: [{compute: {exponential: {mean: 2ms}}}], response: 1KB}\n";

// Pods are told apart by name; a scenario has at most these.
void expect_same(const SimRun& a, const SimRun& b, double tolerance) {
  EXPECT_EQ(a.sent(), b.sent());
  EXPECT_EQ(a.failed(), b.failed()) << a.story() << b.story();
  for (const char* pod : {"front-z-0", "front-z-1", "back-z-0", "back-z-1", "back-z-2"}) {
    EXPECT_NEAR(a.share(pod), b.share(pod), tolerance) << pod;
  }
}

TEST(Outside, ALoadWithoutASidecarReachesEveryPodOfAMesh) {
  const SimRun run(scenario_text("5s", kChain, "load: [{from: z, to: front, clients: 8, sidecar: false}]\n"));
  EXPECT_GT(run.sent(), 1000U);
  EXPECT_EQ(run.failed(), 0U) << run.story();
  EXPECT_EQ(run.answered("front"), run.sent()) << "the generator writes its own attempts";
  EXPECT_EQ(run.answered("back"), run.sent());
  EXPECT_GT(run.share("front-z-0"), 0.1);
  EXPECT_GT(run.share("front-z-1"), 0.1);
}

TEST(Outside, WithoutAMeshApplicationsTalkToEachOther) {
  const SimRun run(scenario_text("5s", kChain, "load: [{from: z, to: front, rate: 300/s}]\n", "mesh: {mode: none}\n"));
  EXPECT_GT(run.sent(), 1200U);
  EXPECT_EQ(run.failed(), 0U) << run.story();
  EXPECT_EQ(run.answered("front"), run.sent());
  EXPECT_EQ(run.answered("back"), run.sent());
  EXPECT_EQ(run.events("push") + run.events("pod_ready"), 0U);
}

TEST(Outside, ATcpServiceIsRelayedAndItsConnectionsBalanced) {
  const SimRun run(scenario_text("5s",
                                 "  echo: {pods: {z: 2}, workers: 64, handler: [{compute: 1ms}], response: 100KB, "
                                 "ports: [{port: 9000, protocol: tcp}]}\n",
                                 "load: [{from: z, to: echo, clients: 16, think: 1ms, request: 50KB}]\n"));
  EXPECT_GT(run.sent(), 1000U);
  EXPECT_EQ(run.failed(), 0U) << run.story();
  EXPECT_TRUE(run.attempt_records.empty()) << "a relay knows of connections, not of requests";
}

// Each client keeps a connection of its own.
TEST(Outside, ATcpServiceTakesSoManyConnections) {
  const auto answered = [](const std::string& limit) {
    const SimRun run(scenario_text("3s",
                                   "  echo: {pods: {z: 2}, workers: 64, handler: [{compute: 10ms}], "
                                   "ports: [{port: 9000, protocol: tcp}]}\n",
                                   "resources:\n- apiVersion: networking.istio.io/v1\n  kind: DestinationRule\n"
                                   "  metadata: {name: echo}\n"
                                   "  spec: {host: echo, trafficPolicy: {connectionPool: {tcp: {maxConnections: " +
                                       limit +
                                       "}}}}\n"
                                       "load: [{from: z, to: echo, clients: 4, think: 10ms}]\n"));
    EXPECT_EQ(run.failed(), run.failed("RESET")) << run.story();
    return run.sent() - run.failed();
  };
  const std::size_t all = answered("4");
  EXPECT_NEAR(static_cast<double>(all), 600, 10) << "four clients, each every 20 ms";
  EXPECT_NEAR(static_cast<double>(answered("2")), 300, 20);
}

TEST(Outside, ATcpServicesCrashResetsAndItsRestoreIsFound) {
  const SimRun run(scenario_text("40s",
                                 "  echo: {pods: {z: 1}, workers: 64, handler: [{compute: 1ms}], "
                                 "ports: [{port: 9000, protocol: tcp}]}\n",
                                 "load: [{from: z, to: echo, rate: 20/s, arrivals: constant}]\n"
                                 "timeline:\n- {at: 5s, fail: {pod: echo-z-0, how: crash}}\n"
                                 "- {at: 20s, restore: {pod: echo-z-0}}\n"));
  EXPECT_EQ(run.failed(from(0, 4.95)), 0U);
  EXPECT_EQ(run.failed("RESET", from(5, 20)), run.sent(from(5, 20))) << run.story();
  EXPECT_EQ(run.failed(from(21)), 0U) << run.story();
}

// The codecs are the only difference, so the same happens, at nearly the same times.
TEST(Wires, TheRealCodecsGiveWhatTheModelledOnesGive) {
  const std::string load = "load: [{from: z, to: front, rate: 300/s, request: 3KB, method: POST}]\n";
  const std::string crash =
      "timeline: [{at: 2s, fail: {pod: back-z-0, how: error, share: 50%}}, {at: 4s, restore: {pod: back-z-0}}]\n";
  const SimRun modelled(scenario_text("6s", kChain, load + crash));
  const SimRun real(scenario_text("6s", kChain, load + crash, "mesh: {mode: sidecar}\nwire: real\n"));
  ASSERT_EQ(real.scenario.plan.wire, Wire::real);
  ASSERT_EQ(modelled.scenario.plan.wire, Wire::modelled);
  EXPECT_GT(modelled.failed(), 20U);
  expect_same(modelled, real, 0.001);
  EXPECT_EQ(modelled.attempt_records.size(), real.attempt_records.size());
  ASSERT_EQ(modelled.requests.size(), real.requests.size());
  for (std::size_t i = 0; i < modelled.requests.size(); ++i) {
    EXPECT_EQ(modelled.requests[i].intended, real.requests[i].intended);
    EXPECT_EQ(modelled.requests[i].status, real.requests[i].status) << "request " << i;
  }
}

// The generator gives up at the instant at which the run would end.
TEST(Records, EveryRequestHasOneEvenIfNothingAnswers) {
  const SimRun run(scenario_text("4s",
                                 "  front: {pods: {z: 1}, workers: 16, handler: [{call: back}]}\n"
                                 "  back: {pods: {z: 1}, workers: 8, handler: [{compute: 1ms}]}\n",
                                 "load: [{from: z, to: front, rate: 50/s, arrivals: constant}]\n"
                                 "timeline: [{at: 2s, fail: {pod: back-z-0, how: blackhole}}]\n"));
  EXPECT_EQ(run.sent(), 200U);
  EXPECT_EQ(run.failed(from(0, 1.99)), 0U) << run.story();
  EXPECT_GE(run.failed("UNFINISHED", from(2)), 40U) << run.story();
}

}  // namespace
}  // namespace meshtwin
