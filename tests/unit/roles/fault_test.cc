// Each fault and its end, played by the real roles: who is refused, who is ejected, who reports unready, when the
// registry drops the pod, and that nothing is lost any more once the fault is over.

#include <gtest/gtest.h>

#include "tests/unit/roles/sim_run.h"

namespace meshtwin {
namespace {

using testing_roles::from;
using testing_roles::scenario_text;
using testing_roles::SimRun;

// Two pods behind a sidecar each, one of which ("echo-z-0") has a fault from 5 s to 30 s.
std::string with_fault(const std::string& fault, const std::string& load = "rate: 100/s, arrivals: constant") {
  return scenario_text("60s", "  echo: {pods: {z: 2}, workers: 8, handler: [{compute: 1ms}], response: 100B}\n",
                       "resources:\n"
                       "- apiVersion: networking.istio.io/v1\n"
                       "  kind: DestinationRule\n"
                       "  metadata: {name: echo}\n"
                       "  spec:\n"
                       "    host: echo\n"
                       "    trafficPolicy:\n"
                       "      connectionPool: {tcp: {connectTimeout: 1s}}\n"
                       "      outlierDetection: {consecutive5xxErrors: 3, interval: 1s, baseEjectionTime: 4s,"
                       " maxEjectionPercent: 50}\n"
                       "load:\n"
                       "- {from: z, to: echo, " +
                           load +
                           "}\n"
                           "timeline:\n"
                           "- {at: 5s, fail: {pod: echo-z-0, " +
                           fault +
                           "}}\n"
                           "- {at: 30s, restore: {pod: echo-z-0}}\n");
}

void expect_share_before_and_at_the_end(const SimRun& run) {
  EXPECT_EQ(run.failed(from(0, 4.9)), 0U) << run.story();
  EXPECT_EQ(run.failed(from(30)), 0U) << run.story();
  EXPECT_NEAR(run.share("echo-z-0", from(0, 5)), 0.5, 0.05);
  EXPECT_NEAR(run.share("echo-z-0", from(50)), 0.5, 0.05) << run.story();
}

TEST(Fault, CrashedPodsRefuseAreEjectedAndForgotten) {
  const SimRun run(with_fault("how: crash"));
  expect_share_before_and_at_the_end(run);
  // Who was under way when it died; a refused connection is tried again elsewhere.
  EXPECT_LE(run.failed(), 1U) << run.story();
  EXPECT_EQ(run.failed(), run.failed("HTTP_5XX"));
  EXPECT_GE(run.failed_attempts("echo-z-0", "CONNECT_REFUSED", from(5, 30)), 3U);
  EXPECT_EQ(run.answered("echo-z-0", from(5.01, 30)), 0U);
  ASSERT_FALSE(run.seconds_of("ejected", "echo-z-0").empty()) << run.story();
  EXPECT_LT(run.seconds_of("ejected", "echo-z-0").front(), 5.2);
  const auto gone = run.seconds_of("pod_gone", "echo-z-0");
  ASSERT_EQ(gone.size(), 1U) << run.story();
  EXPECT_NEAR(gone[0], 15, 0.01) << "its stream was reset at 5 s";
  EXPECT_EQ(run.attempts("echo-z-0", from(15.2, 30)), 0U);
  const auto ready = run.seconds_of("pod_ready", "echo-z-0");
  ASSERT_EQ(ready.size(), 2U) << run.story();
  EXPECT_LT(ready[1], 31);
  EXPECT_GT(run.answered("echo-z-0", from(31)), 1000U);
}

TEST(Fault, AnApplicationThatCrashedIsUnreadyWhileItsSidecarStays) {
  const SimRun run(with_fault("how: app-crash"));
  expect_share_before_and_at_the_end(run);
  EXPECT_EQ(run.failed(), run.failed("HTTP_5XX")) << "the pod's own sidecar answers 503, which is not tried again";
  EXPECT_EQ(run.failed_attempts("echo-z-0", "CONNECT_REFUSED"), 0U);
  EXPECT_LE(run.failed(), 4U) << run.story();
  EXPECT_GE(run.failed(), 3U) << run.story();
  ASSERT_EQ(run.seconds_of("ejected", "echo-z-0").size(), 1U) << run.story();
  // Three probes in a row, one a second.
  const auto unready = run.seconds_of("pod_unready", "echo-z-0");
  ASSERT_EQ(unready.size(), 1U) << run.story();
  EXPECT_GE(unready[0], 7);
  EXPECT_LT(unready[0], 8.01);
  EXPECT_EQ(run.attempts("echo-z-0", from(8.2, 30)), 0U) << "not used though its ejection is over";
  EXPECT_TRUE(run.seconds_of("pod_gone", "echo-z-0").empty());
  const auto ready = run.seconds_of("pod_ready", "echo-z-0");
  ASSERT_EQ(ready.size(), 2U);
  EXPECT_LE(ready[1], 31.01);
}

TEST(Fault, ABlackHoleIsFoundOutByTimeAlone) {
  const SimRun run(with_fault("how: blackhole", "rate: 100/s, arrivals: constant, timeout: 200ms"));
  EXPECT_EQ(run.failed(from(0, 4.79)), 0U) << run.story();
  EXPECT_GT(run.failed(from(5, 15)), 0U);
  EXPECT_EQ(run.failed(), run.failed("TIMEOUT")) << run.story();
  EXPECT_EQ(run.answered("echo-z-0", from(5.01, 30)), 0U);
  // Silent for two keepalive periods, then ten seconds more.
  const auto gone = run.seconds_of("pod_gone", "echo-z-0");
  ASSERT_EQ(gone.size(), 1U) << run.story();
  EXPECT_GE(gone[0], 20);
  EXPECT_LE(gone[0], 25.01);
  EXPECT_EQ(run.attempts("echo-z-0", from(25.2, 30)), 0U);
  EXPECT_EQ(run.failed(from(25.2)), 0U) << run.story();
  EXPECT_EQ(run.seconds_of("pod_ready", "echo-z-0").size(), 2U) << run.story();
}

TEST(Fault, ErrorsAreEjectedThreeAtATime) {
  const SimRun run(with_fault("how: error"));
  expect_share_before_and_at_the_end(run);
  const std::size_t ejections = run.seconds_of("ejected", "echo-z-0").size();
  EXPECT_GE(ejections, 2U) << run.story();
  EXPECT_EQ(run.failed(), 3 * ejections) << run.story();
  EXPECT_EQ(run.failed(), run.failed("HTTP_5XX"));
  EXPECT_EQ(run.failed(), run.failed_attempts("echo-z-0", "HTTP_5XX"));
  EXPECT_TRUE(run.seconds_of("pod_unready", "echo-z-0").empty()) << "it still takes connections";
}

TEST(Fault, AShareOfErrorsFailsThatShare) {
  const SimRun run(with_fault("how: error, share: 20%"));
  const double failing =
      static_cast<double>(run.failed(from(5, 30))) / static_cast<double>(run.answered("echo-z-0", from(5, 30)));
  EXPECT_NEAR(failing, 0.2, 0.05) << run.story();
  EXPECT_EQ(run.failed(from(30)), 0U);
}

TEST(Fault, ASlowPodGetsLess) {
  const SimRun run(with_fault("how: slow, factor: 100"));
  EXPECT_EQ(run.failed(), 0U) << run.story();
  EXPECT_LT(run.share("echo-z-0", from(6, 30)), 0.3) << "least requests";
  EXPECT_GT(run.answered("echo-z-0", from(6, 30)), 20U);
  EXPECT_NEAR(run.share("echo-z-0", from(31)), 0.5, 0.05);
  EXPECT_EQ(run.events("ejected"), 0U);
}

// A control plane dies and comes back: proxies go on as they were.
class ControlPlaneCrash : public testing::TestWithParam<int> {};

TEST_P(ControlPlaneCrash, DisturbsNothing) {
  const std::string back = std::to_string(5 + GetParam()) + "s";
  const SimRun run(scenario_text("150s", "  echo: {pods: {z: 4}, workers: 8, handler: [{compute: 1ms}]}\n",
                                 "load: [{from: z, to: echo, rate: 100/s}]\n"
                                 "timeline:\n- {at: 5s, fail: {pod: control-plane, how: crash}}\n- {at: " +
                                     back + ", restore: {pod: control-plane}}\n"));
  EXPECT_EQ(run.failed(), 0U) << run.story();
  EXPECT_EQ(run.events("config"), 0U) << "no proxy was given other endpoints\n" << run.story();
  EXPECT_EQ(run.events("pod_gone"), 0U) << run.story();
  EXPECT_EQ(run.events("push", from(5)), 1U) << run.story();
  for (const char* pod : {"echo-z-0", "echo-z-1", "echo-z-2", "echo-z-3"}) {
    EXPECT_EQ(run.seconds_of("pod_ready", pod).size(), 2U) << pod << ": to the first control plane and to the second";
    for (int begin = 0; begin < 150; begin += 10) {
      EXPECT_NEAR(run.share(pod, from(begin, begin + 10)), 0.25, 0.08) << pod << " from " << begin << " s";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(SecondsAway, ControlPlaneCrash, testing::Values(1, 5, 20, 60));

// The dead backend is ejected as ever; that nobody can tell the proxies of its death costs a try for each ejection.
TEST(ControlPlaneAndBackendCrash, IsNoWorseThanOutlierDetectionMakesIt) {
  const SimRun run(scenario_text(
      "100s", "  echo: {pods: {z: 4}, workers: 8, handler: [{compute: 1ms}]}\n",
      "resources:\n- apiVersion: networking.istio.io/v1\n  kind: DestinationRule\n  metadata: {name: echo}\n"
      "  spec: {host: echo, trafficPolicy: {outlierDetection: {consecutive5xxErrors: 3, interval: 1s,"
      " baseEjectionTime: 4s, maxEjectionPercent: 50}}}\n"
      "load: [{from: z, to: echo, rate: 100/s, arrivals: constant}]\n"
      "timeline:\n- {at: 5s, fail: {pod: control-plane, how: crash}}\n- {at: 5s, fail: {pod: echo-z-0, how: crash}}\n"
      "- {at: 8s, restore: {pod: control-plane}}\n- {at: 60s, restore: {pod: echo-z-0}}\n"));
  EXPECT_LE(run.failed(), 1U) << run.story();
  for (const char* pod : {"echo-z-1", "echo-z-2", "echo-z-3"}) {
    EXPECT_NEAR(run.share(pod, from(6, 60)), 1.0 / 3, 0.04) << pod;
  }
  const auto gone = run.seconds_of("pod_gone", "echo-z-0");
  ASSERT_EQ(gone.size(), 1U) << run.story();
  EXPECT_NEAR(gone[0], 43, 0.1) << "the second control plane's patience";
  EXPECT_NEAR(run.share("echo-z-0", from(65)), 0.25, 0.05);
}

// Time zero needs no allowance: by then every proxy has every endpoint.
TEST(StartUp, EveryEndpointIsThereAtTimeZero) {
  const SimRun run(scenario_text("2s", "  echo: {pods: {z: 50}, workers: 8, handler: [{compute: 1ms}]}\n",
                                 "load: [{from: z, to: echo, rate: 1000/s}]\n"));
  EXPECT_EQ(run.events("push"), 1U) << run.story();
  EXPECT_EQ(run.events("push", from(0)), 0U);
  EXPECT_EQ(run.failed(), 0U);
  std::size_t busy = 0;
  for (int i = 0; i < 50; ++i) busy += run.answered("echo-z-" + std::to_string(i), from(0, 0.5)) > 0;
  EXPECT_GE(busy, 49U) << "500 requests reach nearly all of 50 pods";
}

}  // namespace
}  // namespace meshtwin
