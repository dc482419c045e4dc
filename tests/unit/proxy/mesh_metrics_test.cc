// Who asked whom, in Istio's words: pairs, outcomes, and peers of whom one learns later.

#include "mesh/proxy/mesh_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mesh/traffic/config.h"

namespace meshtwin {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::uint32_t kPeer = 0x0a010005;

WorkloadLabels labels(const std::string& name) {
  WorkloadLabels made;
  made.workload = name + "-az-a";
  made.app = name;
  made.version = "v1";
  return made;
}

RequestOutcome answered(std::uint16_t status, Duration lasted = 3 * kMillisecond) {
  RequestOutcome outcome;
  outcome.status = status;
  outcome.lasted = lasted;
  outcome.response_bytes = 1000;
  return outcome;
}

ClusterConfig backend_cluster() {
  ClusterConfig cluster;
  cluster.name = "outbound|8080||backend.shop.svc.cluster.local";
  cluster.identities = {"spiffe://cluster.local/ns/shop/sa/backend"};
  return cluster;
}

TEST(MeshMetrics, AClientsSide) {
  MetricRegistry registry;
  MeshMetrics metrics(registry, Reporter::source, labels("front"), "spiffe://x/ns/default/sa/front", "");
  const MetricDestination& to = metrics.endpoint(backend_cluster(), to_text(labels("backend")), true);
  metrics.self().is->count(to, answered(200));
  metrics.self().is->count(to, answered(200));
  EXPECT_THAT(
      registry.text(),
      HasSubstr("istio_requests_total{reporter=\"source\",source_workload=\"front-az-a\","
                "source_canonical_service=\"front\",source_canonical_revision=\"v1\","
                "source_workload_namespace=\"default\",source_principal=\"spiffe://x/ns/default/sa/front\","
                "source_app=\"front\",source_version=\"v1\",source_cluster=\"Kubernetes\","
                "destination_workload=\"backend-az-a\",destination_canonical_service=\"backend\","
                "destination_canonical_revision=\"v1\",destination_workload_namespace=\"default\","
                "destination_principal=\"spiffe://cluster.local/ns/shop/sa/backend\",destination_app=\"backend\","
                "destination_version=\"v1\",destination_cluster=\"Kubernetes\","
                "destination_service=\"backend.shop.svc.cluster.local\",destination_service_name=\"backend\","
                "destination_service_namespace=\"shop\",request_protocol=\"http\",response_code=\"200\","
                "response_flags=\"-\",connection_security_policy=\"unknown\"} 2\n"));
}

TEST(MeshMetrics, NobodysIdentityIsNamedWhereNoneIsProved) {
  MetricRegistry registry;
  MeshMetrics metrics(registry, Reporter::source, labels("front"), "spiffe://x/ns/default/sa/front", "");
  metrics.self().is->count(metrics.endpoint(backend_cluster(), "", false), answered(200));
  EXPECT_THAT(registry.text(), HasSubstr("source_principal=\"unknown\""));
  EXPECT_THAT(registry.text(), HasSubstr("destination_principal=\"unknown\""));
  EXPECT_THAT(registry.text(), HasSubstr("destination_workload=\"unknown\""));
}

TEST(MeshMetrics, OutcomesAreSeriesOfTheirOwn) {
  MetricRegistry registry;
  MeshMetrics metrics(registry, Reporter::source, labels("front"), "", "");
  const MetricDestination& cart = metrics.cluster("outbound|80||cart.default.svc.cluster.local");
  MetricSource& self = *metrics.self().is;
  self.count(cart, answered(200, 400'000));
  RequestOutcome failed = answered(503);
  failed.response_flags = "UF,URX";
  self.count(cart, failed);
  RequestOutcome grpc = answered(200);
  grpc.grpc = true;
  grpc.grpc_status = "14";
  self.count(cart, grpc);
  const std::string text = registry.text();
  EXPECT_THAT(text, HasSubstr("response_code=\"503\",response_flags=\"UF,URX\""));
  EXPECT_THAT(text, HasSubstr("request_protocol=\"grpc\",response_code=\"200\",grpc_response_status=\"14\""));
  EXPECT_THAT(text, HasSubstr("response_code=\"200\",response_flags=\"-\",connection_security_policy=\"unknown\","
                              "le=\"0.5\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("connection_security_policy=\"unknown\",le=\"3600000\"} 1\n"));
}

TEST(MeshMetrics, APeerIsAskedAboutOnceAndNamedFromThenOn) {
  MetricRegistry registry;
  MeshMetrics metrics(registry, Reporter::destination, labels("backend"), "spiffe://x/ns/default/sa/backend",
                      "backend.default.svc.cluster.local");
  std::vector<std::uint32_t> asked;
  metrics.ask_with([&asked](std::uint32_t ip) { asked.push_back(ip); });
  MetricPeer& source = metrics.source(kPeer, "spiffe://x/ns/default/sa/front");
  EXPECT_EQ(&metrics.source(kPeer, "spiffe://x/ns/default/sa/front"), &source);
  const MetricDestination& self = metrics.self_as_destination(true);
  source.is->count(self, answered(200));
  metrics.name(kPeer, labels("front"));
  source.is->count(self, answered(200));
  source.is->count(self, answered(200));
  metrics.source(kPeer, "").is->count(metrics.self_as_destination(false), answered(200));
  EXPECT_EQ(asked, std::vector<std::uint32_t>{kPeer});
  const std::string text = registry.text();
  EXPECT_THAT(text, HasSubstr("source_workload=\"front-az-a\""));
  EXPECT_THAT(text, HasSubstr("connection_security_policy=\"mutual_tls\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("connection_security_policy=\"mutual_tls\"} 1\n"));  // before it was named
  EXPECT_THAT(text, HasSubstr("connection_security_policy=\"none\"} 1\n"));
}

TEST(MeshMetrics, WhoWasNotAskedAboutIsNotKept) {
  MetricRegistry registry;
  MeshMetrics metrics(registry, Reporter::destination, labels("backend"), "", "");
  metrics.name(kPeer, labels("front"));
  metrics.source(kPeer, "").is->count(metrics.self_as_destination(false), answered(200));
  EXPECT_THAT(registry.text(), Not(HasSubstr("front")));
}

TEST(MeshMetrics, PeersOfOneWorkloadAreOneSeries) {
  MetricRegistry registry;
  MeshMetrics metrics(registry, Reporter::destination, labels("backend"), "", "");
  metrics.ask_with([&metrics](std::uint32_t ip) { metrics.name(ip, labels("front")); });
  for (std::uint32_t i = 0; i < 3; ++i) {
    metrics.source(kPeer + i, "").is->count(metrics.self_as_destination(false), answered(200));
  }
  EXPECT_THAT(registry.text(), HasSubstr("connection_security_policy=\"none\"} 3\n"));
  std::vector<std::pair<std::string, double>> changes;
  const auto keep = [&changes](std::string series, double value) { changes.emplace_back(std::move(series), value); };
  registry.changes(keep);
  ASSERT_EQ(changes.size(), 4U);
  EXPECT_THAT(changes[0].first,
              ::testing::StartsWith("istio_requests_total{reporter=\"destination\",source_workload="));
  EXPECT_EQ(changes[0].second, 3);
  EXPECT_THAT(changes[1].first, ::testing::StartsWith("istio_request_duration_milliseconds_sum{"));
  EXPECT_EQ(changes[1].second, 9);
  EXPECT_THAT(changes[3].first, ::testing::StartsWith("istio_response_bytes_sum{"));
  EXPECT_EQ(changes[3].second, 3000);
  registry.changes(keep);
  EXPECT_EQ(changes.size(), 4U);
}

TEST(MeshMetrics, TcpConnections) {
  MetricRegistry registry;
  MeshMetrics metrics(registry, Reporter::source, labels("front"), "", "");
  const TcpSeries series = metrics.self().is->tcp_to(metrics.unknown());
  series.open();
  series.open();
  series.close();
  series.received->add(10);
  series.sent->add(2000);
  const std::string text = registry.text();
  EXPECT_THAT(text, HasSubstr("request_protocol=\"tcp\",response_flags=\"-\""));
  for (const char* line : {"istio_tcp_connections_opened_total", "istio_tcp_connections_closed_total",
                           "istio_tcp_received_bytes_total", "istio_tcp_sent_bytes_total"}) {
    EXPECT_THAT(text, HasSubstr(std::string("# TYPE ") + line + " counter\n"));
  }
  EXPECT_THAT(text, HasSubstr("\"} 2000\n"));
}

}  // namespace
}  // namespace meshtwin
