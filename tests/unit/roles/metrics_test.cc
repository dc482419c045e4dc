// Istio's metrics as the real roles count them, held against the records of the same run.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/unit/roles/sim_run.h"

namespace meshtwin {
namespace {

using testing_roles::scenario_text;
using testing_roles::SimRun;
using Labels = std::vector<std::string>;

// The last value of each series whose text begins so and holds these labels, summed over all pods.
double last_of(const SimRun& run, const std::string& begins, const Labels& labels) {
  std::map<std::pair<std::uint32_t, std::string>, double> last;
  run.store.each_metric([&](Time, std::uint32_t pod, const std::string& series, double value) {
    if (series.starts_with(begins)) last[{pod, series}] = value;
  });
  double sum = 0;
  for (const auto& [key, value] : last) {
    const bool meant = std::ranges::all_of(
        labels, [&series = key.second](const std::string& label) { return series.find(label) != std::string::npos; });
    if (meant) sum += value;
  }
  return sum;
}

const std::string kLoad = "load: [{from: z, to: echo, rate: 50/s, arrivals: constant, request: 100B}]\n";
const std::string kEcho = "  echo: {pods: {z: 2}, workers: 100, handler: [{compute: 2ms}], response: 1KB}\n";

TEST(MetricsOfRoles, EachRequestOnceAtEitherEnd) {
  const SimRun run(scenario_text("4s", kEcho, kLoad));
  const auto sent = static_cast<double>(run.sent());
  for (const std::string reporter : {"reporter=\"source\"", "reporter=\"destination\""}) {
    const Labels labels = {reporter, "response_code=\"200\"", "destination_workload=\"echo-z\""};
    EXPECT_EQ(last_of(run, "istio_requests_total{", labels), sent) << reporter;
    EXPECT_EQ(last_of(run, "istio_request_bytes_sum{", labels), 100 * sent) << reporter;
    EXPECT_EQ(last_of(run, "istio_response_bytes_sum{", labels), 1000 * sent) << reporter;
    EXPECT_NEAR(last_of(run, "istio_request_duration_milliseconds_sum{", labels) / sent, 2, 0.01) << reporter;
  }
  // Nothing costs anything here: who asks is known before the first request has been answered.
  EXPECT_EQ(last_of(run, "istio_requests_total{", {"reporter=\"destination\"", "source_workload=\"load-0\""}), sent);
}

TEST(MetricsOfRoles, FailuresHaveTheirFlags) {
  const SimRun run(scenario_text("4s", "  echo: {pods: {z: 1}, workers: 100, handler: [{compute: 2ms}]}\n",
                                 kLoad + "timeline: [{at: 2s, fail: {pod: echo-z-0, how: crash}}]\n"));
  const auto failed = static_cast<double>(run.failed());
  ASSERT_GT(failed, 90) << run.story();
  EXPECT_EQ(last_of(run, "istio_requests_total{", {"reporter=\"source\"", "response_code=\"503\""}), failed);
  EXPECT_GE(last_of(run, "istio_requests_total{", {"response_flags=\"UF,URX\""}), failed - 1);
}

TEST(MetricsOfRoles, AnApplicationsOwnErrorsAreNotTheProxys) {
  const SimRun run(scenario_text("4s", "  echo: {pods: {z: 1}, handler: [{fail: {probability: 100%, status: 503}}]}\n",
                                 "load: [{from: z, to: echo, rate: 50/s, arrivals: constant}]\n"));
  const auto sent = static_cast<double>(run.sent());
  EXPECT_EQ(last_of(run, "istio_requests_total{",
                    {"reporter=\"destination\"", "response_code=\"503\"", "response_flags=\"-\""}),
            sent);
}

TEST(MetricsOfRoles, EjectionsNowAndInAll) {
  const SimRun run(scenario_text(
      "6s", kEcho,
      "resources:\n- apiVersion: networking.istio.io/v1\n  kind: DestinationRule\n  metadata: {name: echo}\n"
      "  spec: {host: echo, trafficPolicy: {outlierDetection: {consecutive5xxErrors: 3, interval: 1s, "
      "baseEjectionTime: "
      "60s, maxEjectionPercent: 100}}}\n" +
          kLoad + "timeline: [{at: 2s, fail: {pod: echo-z-0, how: app-crash}}]\n"));
  ASSERT_EQ(run.events("ejected"), 1U) << run.story();
  const Labels cluster = {"cluster_name=\"outbound|8080||echo.default.svc.cluster.local\""};
  EXPECT_EQ(last_of(run, "envoy_cluster_outlier_detection_ejections_active{", cluster), 1);
  EXPECT_EQ(last_of(run, "envoy_cluster_outlier_detection_ejections_enforced_total{", cluster), 1);
}

TEST(MetricsOfRoles, AWaypointSaysWhoAskedWhom) {
  const SimRun run(scenario_text("4s", kEcho, kLoad,
                                 "mesh: {mode: ambient, labels: {istio.io/use-waypoint: way}, waypoints: {way: {pods: "
                                 "{z: 1}}}}\n"));
  const auto sent = static_cast<double>(run.sent());
  const Labels labels = {"reporter=\"waypoint\"", "source_principal=\"spiffe://cluster.local/ns/default/sa/load-0\"",
                         "destination_workload=\"echo-z\"", "destination_service_name=\"echo\"",
                         "connection_security_policy=\"mutual_tls\""};
  EXPECT_EQ(last_of(run, "istio_requests_total{", labels), sent);
  const Labels at_client = {"reporter=\"source\"", "destination_workload=\"way-z\"", "source_workload=\"load-0\""};
  EXPECT_GE(last_of(run, "istio_tcp_connections_opened_total{", at_client), 1);
  EXPECT_GT(last_of(run, "istio_tcp_received_bytes_total{", at_client), 100 * sent);
  EXPECT_GT(last_of(run, "istio_tcp_sent_bytes_total{", at_client), 1000 * sent);
}

TEST(MetricsOfRoles, AreWrittenAtTheIntervalAndOnceAtTheEnd) {
  const auto instants = [](const std::string& mesh) {
    const SimRun run(scenario_text("4s", kEcho, kLoad, "mesh: {mode: sidecar, metrics: {interval: " + mesh + "}}\n"));
    std::set<Time> all;
    run.store.each_metric([&](Time at, std::uint32_t pod, const std::string& series, double) {
      if (pod == 0 && series.starts_with("istio_requests_total{")) all.insert(at);
    });
    return all.size();
  };
  EXPECT_EQ(instants("0s"), 1U);
  EXPECT_GE(instants("1s"), 4U);
}

}  // namespace
}  // namespace meshtwin
