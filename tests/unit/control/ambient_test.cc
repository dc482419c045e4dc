// What the control plane tells proxies about how to reach pods: identities, transports, and the addresses for ztunnels.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mesh/control/xds_codec.h"
#include "mesh/runtime/role.h"
#include "tests/unit/control/control_world.h"

namespace meshtwin {
namespace {

using ::testing::ElementsAre;
using testing_control::StoryRecorder;
using testing_world::MemoryWorld;

constexpr std::uint32_t kPlane = 0x0a010001, kBackend0 = 0x0a010002, kBackend1 = 0x0a010003, kZtunnel0 = 0x0a010004,
                        kZtunnel1 = 0x0a010005, kWaypoint = 0x0a010006;

struct AddressSink final : ConfigSink {
  std::optional<std::string> on_listener(std::shared_ptr<const ListenerConfig>) override { return "not asked for"; }
  std::optional<std::string> on_routes(std::shared_ptr<const RouteConfig>) override { return "not asked for"; }
  std::optional<std::string> on_cluster(std::shared_ptr<const ClusterConfig>) override { return "not asked for"; }
  std::optional<std::string> on_assignment(std::shared_ptr<const ClusterAssignment>) override {
    return "not asked for";
  }
  void on_removed(const char*, const std::string&) override {}
  std::optional<std::string> on_workload(std::shared_ptr<const WorkloadEntry> workload) override {
    workloads[workload->name] = *workload;
    return std::nullopt;
  }
  std::optional<std::string> on_service(std::shared_ptr<const ServiceEntryPoint> service) override {
    services[service->host] = *service;
    return std::nullopt;
  }
  std::map<std::string, WorkloadEntry> workloads;
  std::map<std::string, ServiceEntryPoint> services;
};

PodDeclaration pod(const char* name, const char* service, std::uint32_t ip, const char* account, const char* node) {
  PodDeclaration declared;
  declared.name = name;
  declared.service = service;
  declared.ip = ip;
  declared.service_account = account;
  declared.node = node;
  declared.locality = {"region-1", "az-a", ""};
  return declared;
}

std::string node_id(const char* kind, std::uint32_t ip) {
  return std::string(kind) + "~" + ip_to_string(ip) + "~x.default~default.svc.cluster.local";
}

class AmbientControl : public ::testing::TestWithParam<Wire> {
 protected:
  AmbientControl() {
    config_.data_plane = DataPlane::ambient;
    config_.gone = 3 * kSecond;
    ServiceDeclaration backend{"backend", "backend.default.svc.cluster.local", 0x0a600001, {{"http", 8080, "http"}}};
    backend.waypoint = "waypoint";
    ServiceDeclaration waypoint{"waypoint", "waypoint.default.svc.cluster.local", 0x0a600002, {}};
    config_.services = {backend, waypoint};
    config_.pods = {pod("backend-0", "backend", kBackend0, "backend", "node-0"),
                    pod("backend-1", "backend", kBackend1, "backend", "node-1"),
                    pod("ztunnel-0", "", kZtunnel0, "ztunnel", "node-0"),
                    pod("ztunnel-1", "", kZtunnel1, "ztunnel", "node-1"),
                    pod("waypoint-0", "waypoint", kWaypoint, "waypoint", "node-0")};
    config_.pods[2].node_proxy = config_.pods[3].node_proxy = true;
  }

  void start() {
    const RoleSurroundings surroundings{world_.runtime, world_.pod(kPlane), recorder_, GetParam(), 0, no_pods_};
    plane_ = std::make_unique<ControlPlane>(config_, surroundings);
    plane_->start([] {});
  }
  std::unique_ptr<XdsClient> client(std::uint32_t ip, AddressSink& sink) {
    XdsClientOptions options;
    options.node_id = node_id("ztunnel", ip);
    options.control_plane = {kPlane, config_.port};
    options.modelled_wire = GetParam() == Wire::modelled;
    options.subscription = XdsSubscription::addresses;
    auto made = std::make_unique<XdsClient>(world_.runtime, world_.pod(ip), options, sink);
    made->start([this] { ++synced_; });
    return made;
  }
  std::unique_ptr<XdsClient> waypoint() {
    XdsClientOptions options;
    options.node_id = node_id("waypoint", kWaypoint);
    options.control_plane = {kPlane, config_.port};
    options.modelled_wire = GetParam() == Wire::modelled;
    auto made = std::make_unique<XdsClient>(world_.runtime, world_.pod(kWaypoint), options, routing_);
    made->start([] {});
    made->report_health(true, "");
    return made;
  }
  void run(Duration length) { world_.clock.run_until(world_.clock.now() + length); }

  MemoryWorld world_;
  StoryRecorder recorder_;
  ControlPlaneConfig config_;
  std::map<std::uint32_t, std::uint32_t> no_pods_;
  std::unique_ptr<ControlPlane> plane_;
  testing_control::NotingSink routing_;
  int synced_ = 0;
};

TEST_P(AmbientControl, ZtunnelsLearnWorkloadsAndServicesAndSpeakForTheirPods) {
  start();
  AddressSink zero, one;
  const auto ztunnel0 = client(kZtunnel0, zero), ztunnel1 = client(kZtunnel1, one);
  const auto front = waypoint();
  ztunnel0->report_health(node_id("ambient", kBackend0), true, "");
  ztunnel1->report_health(node_id("ambient", kBackend1), true, "");
  run(kSecond);
  EXPECT_EQ(synced_, 2);
  ASSERT_TRUE(zero.workloads.contains("backend-1"));
  const WorkloadEntry& backend = zero.workloads["backend-1"];
  EXPECT_EQ(backend.ip, kBackend1);
  EXPECT_EQ(to_string(backend.identity), "spiffe://cluster.local/ns/default/sa/backend");
  EXPECT_EQ(backend.node, "node-1");
  EXPECT_TRUE(backend.hbone);
  EXPECT_TRUE(backend.healthy);
  EXPECT_EQ(backend.services.at("backend.default.svc.cluster.local").at(8080), 8080);
  EXPECT_EQ(zero.services.at("backend.default.svc.cluster.local").waypoint, (SocketAddress{kWaypoint, 15008}));
  EXPECT_EQ(zero.services.at("waypoint.default.svc.cluster.local").waypoint.port, 0);
  EXPECT_EQ(zero.workloads, one.workloads);

  ztunnel1->report_health(node_id("ambient", kBackend1), false, "it does not answer");
  run(kSecond);
  EXPECT_FALSE(zero.workloads["backend-1"].healthy);
  EXPECT_TRUE(zero.workloads["backend-0"].healthy);
}

TEST_P(AmbientControl, APodIsGoneWhenItsNodesProxyIs) {
  start();
  AddressSink zero, one;
  const auto ztunnel0 = client(kZtunnel0, zero);
  auto ztunnel1 = client(kZtunnel1, one);
  const auto front = waypoint();
  ztunnel0->report_health(node_id("ambient", kBackend0), true, "");
  ztunnel1->report_health(node_id("ambient", kBackend1), true, "");
  run(kSecond);
  ASSERT_TRUE(zero.workloads["backend-1"].healthy);
  ztunnel1.reset();
  run(5 * kSecond);
  EXPECT_FALSE(zero.workloads["backend-1"].healthy);
  EXPECT_TRUE(zero.workloads["backend-0"].healthy);
}

TEST_P(AmbientControl, ANodesProxySpeaksForNoOtherNode) {
  config_.patience = 0;
  start();
  AddressSink zero;
  const auto ztunnel0 = client(kZtunnel0, zero);
  ztunnel0->report_health(node_id("ambient", kBackend1), true, "");
  run(kSecond);
  EXPECT_FALSE(zero.workloads["backend-1"].healthy);
}

INSTANTIATE_TEST_SUITE_P(Wires, AmbientControl, ::testing::Values(Wire::real, Wire::modelled),
                         [](const auto& info) { return info.param == Wire::real ? "real" : "modelled"; });

// Both directions of what is new in the encodings.
TEST(AmbientCodec, ComesBackWhole) {
  WorkloadEntry workload{"uid",
                         "backend-0",
                         kBackend0,
                         {"td", "ns", "sa"},
                         "node-0",
                         {"r", "z", "s"},
                         true,
                         false,
                         {{"backend.ns.svc", {{80, 8080}}}},
                         {"backend-az-a", "ns", "backend", "v2", "Kubernetes"}};
  ServiceEntryPoint service{"backend.default.svc.cluster.local", 0x0a600001, {{80, 8080}}, {kWaypoint, 15008}};
  for (const AddressEntry& entry : {AddressEntry(workload), AddressEntry(service)}) {
    const XdsBody body = std::make_shared<const AddressEntry>(entry);
    const XdsResource read = decode_body(XdsKind::address, encode_body(body));
    ASSERT_EQ(read.problem, "");
    EXPECT_EQ(read.name, address_name(entry));
    EXPECT_EQ(*std::get<std::shared_ptr<const AddressEntry>>(read.body), entry);
  }
  // By itself, as it is told to whoever asks about its address.
  const XdsBody body = std::make_shared<const WorkloadEntry>(workload);
  const XdsResource read = decode_body(XdsKind::workload, encode_body(body));
  ASSERT_EQ(read.problem, "");
  EXPECT_EQ(read.name, peer_name(workload.ip));
  EXPECT_EQ(*std::get<std::shared_ptr<const WorkloadEntry>>(read.body), workload);
}

TEST(AmbientCodec, TransportsAndIdentitiesComeBack) {
  ClusterConfig cluster;
  cluster.name = "c";
  cluster.http2 = true;
  cluster.server_name = "sni";
  cluster.identities = {"spiffe://a/ns/b/sa/c", "spiffe://a/ns/b/sa/d"};
  const XdsResource read =
      decode_body(XdsKind::cluster, encode_body(XdsBody(std::make_shared<const ClusterConfig>(cluster))));
  ASSERT_EQ(read.problem, "");
  const ClusterConfig& back = *std::get<std::shared_ptr<const ClusterConfig>>(read.body);
  EXPECT_TRUE(back.http2);
  EXPECT_EQ(back.server_name, "sni");
  EXPECT_EQ(back.identities, cluster.identities);
  ClusterAssignment assignment;
  assignment.cluster = "c";
  LocalityEndpoints& group = assignment.localities.emplace_back();
  for (const EndpointTransport transport :
       {EndpointTransport::plain, EndpointTransport::mtls, EndpointTransport::hbone}) {
    group.endpoints.push_back({{kBackend0, 80}, EndpointHealth::healthy, 1, transport});
  }
  const XdsResource endpoints =
      decode_body(XdsKind::endpoints, encode_body(XdsBody(std::make_shared<const ClusterAssignment>(assignment))));
  ASSERT_EQ(endpoints.problem, "");
  const auto& got = std::get<std::shared_ptr<const ClusterAssignment>>(endpoints.body)->localities[0].endpoints;
  ASSERT_EQ(got.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(got[i].transport, group.endpoints[i].transport);
}

TEST(AmbientCodec, RefusesWhatCannotBe) {
  const std::string any_identity =
      "\x0a\x01"
      "c"
      "\x10\x03"
      "\xda\x02\x55\x1a\x53\x1a\x51\x0a\x4f"
      "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";
  EXPECT_NE(decode_body(XdsKind::cluster, any_identity).problem, "");
  EXPECT_EQ(decode_body(XdsKind::address, "").problem, "an address that is neither a workload nor a service");
  EXPECT_EQ(decode_body(XdsKind::address, std::string("\x0a\x00", 2)).problem, "a workload without a uid");
  EXPECT_EQ(decode_body(XdsKind::address, std::string("\x12\x00", 2)).problem, "a service without a host");
}

}  // namespace
}  // namespace meshtwin
