// Where a gateway listens, and connections that go by their first bytes or their destination.

#include <gtest/gtest.h>

#include "mesh/control/xds_messages.h"
#include "mesh/proxy/gateway_proxy.h"
#include "mesh/wire/client_hello.h"
#include "tests/unit/support/http_script.h"
#include "tests/unit/support/mesh_fixture.h"

namespace meshtwin::testing_world {
namespace {

constexpr std::uint32_t kGatewayIp = 0x0a0100fe;
constexpr std::uint16_t kTlsPort = 443;

class Listeners : public ::testing::TestWithParam<Wire> {
 protected:
  void SetUp() override {
    mesh.add_backend_pod(false);
    mesh.add_backend_pod(false);
    proxy = std::make_unique<GatewayProxy>(mesh.context(9, kGatewayIp), std::vector<std::uint16_t>{});
    ASSERT_TRUE(proxy->listen());
  }
  void run(Duration time) { mesh.world.clock.run_until(mesh.world.clock.now() + time); }
  void add_cluster(const std::string& name, std::uint32_t place, std::uint16_t port) {
    ClusterConfig config = mesh.cluster;
    config.name = name;
    proxy->config().on_cluster(std::make_shared<ClusterConfig>(config));
    auto assignment = std::make_shared<ClusterAssignment>();
    assignment->cluster = name;
    LocalityEndpoints here;
    here.endpoints.push_back({{backend_ip(place), port}});
    assignment->localities = {here};
    proxy->config().on_assignment(assignment);
  }
  void put(const ListenerConfig& listener) {
    EXPECT_EQ(proxy->config().on_listener(std::make_shared<ListenerConfig>(listener)), std::nullopt);
  }
  static ListenerConfig on_port(std::uint16_t port) {
    ListenerConfig listener;
    listener.name = "0.0.0.0_" + std::to_string(port);
    listener.address = {0, port};
    return listener;
  }

  MeshFixture mesh{GetParam()};
  std::unique_ptr<GatewayProxy> proxy;
};
INSTANTIATE_TEST_SUITE_P(Wires, Listeners, ::testing::Values(Wire::real, Wire::modelled));

TEST_P(Listeners, AGatewayListensWhereItsListenersSay) {
  mesh.configure(proxy->config());
  WorkloadConfig config;
  config.port = kPort;
  mesh.add_workload(0, config);
  mesh.add_workload(1, config);
  proxy->config().on_removed(kXdsTypeUrls[2], "0.0.0.0_8080");
  ListenerConfig listener = on_port(80);
  listener.route_config = "8080";
  const auto status = [&](std::uint16_t port) {
    HandClient client(mesh, {kGatewayIp, port});
    if (client.connection == nullptr) return 0;
    client.get();
    run(kSecond);
    return client.status;
  };
  EXPECT_EQ(status(80), 0);
  EXPECT_EQ(status(8080), 0);
  put(listener);
  EXPECT_EQ(status(80), 200);
  proxy->config().on_removed(kXdsTypeUrls[2], listener.name);
  EXPECT_EQ(status(80), 0);
}

// The handshake is with whom the name stands for: the gateway only looks at it.
TEST_P(Listeners, TlsPassesThroughByServerName) {
  ListenerConfig listener = on_port(kTlsPort);
  listener.tcp_routes = {{{"a.example"}, {}, {{"a", 1, {}}}}, {{"*.b.example"}, {}, {{"b", 1, {}}}}};
  put(listener);
  add_cluster("a", 0, kTlsPort);
  add_cluster("b", 1, kTlsPort);
  const auto server = mesh.make_tls(mesh.authority(), "server");
  const auto client = mesh.make_tls(mesh.authority(), "client");
  std::vector<Handle> handles;
  std::vector<std::unique_ptr<ByteStream>> kept;
  std::string seen;
  for (std::uint32_t place = 0; place < 2; ++place) {
    handles.push_back(mesh.world.pod(backend_ip(place)).listen({0, kTlsPort}, [&, place](AcceptedStream accepted) {
      seen += std::to_string(place);
      handles.push_back(server->accept(std::move(accepted.stream), {}, [&](SecuredStream secured) {
        seen += secured.stream != nullptr ? "+" : "-";
        kept.push_back(std::move(secured.stream));
      }));
    }));
  }
  const auto connect = [&](const std::string& name) {
    seen.clear();
    handles.push_back(mesh.world.pod(kClientIp).dial(
        {kGatewayIp, kTlsPort}, {}, [&, name](std::unique_ptr<ByteStream> stream, DialError) {
          TlsClientOptions options;
          options.server_name = name;
          handles.push_back(client->connect(std::move(stream), options, [&](SecuredStream secured) {
            seen += secured.stream != nullptr ? "ok" : "failed";
            kept.push_back(std::move(secured.stream));
          }));
        }));
    run(kSecond);
    return seen;
  };
  EXPECT_EQ(connect("a.example"), "0ok+");
  EXPECT_EQ(connect("x.b.example").substr(0, 1), "1");
  EXPECT_EQ(connect("c.example"), "failed");
  EXPECT_EQ(connect(""), "failed");
}

TEST_P(Listeners, TcpByWeightAndSubnet) {
  ListenerConfig listener = on_port(5432);
  listener.tcp_routes = {{{}, {"10.9.0.0/16"}, {{"a", 1, {}}}}, {{}, {}, {{"a", 0, {}}, {"b", 1, {}}}}};
  put(listener);
  add_cluster("a", 0, 5432);
  add_cluster("b", 1, 5432);
  std::vector<std::unique_ptr<RawPeer>> peers;
  std::vector<Handle> handles;
  for (std::uint32_t place = 0; place < 2; ++place) {
    handles.push_back(mesh.world.pod(backend_ip(place)).listen({0, 5432}, [&, place](AcceptedStream accepted) {
      peers.push_back(std::make_unique<RawPeer>(std::move(accepted.stream)));
      peers.back()->send("from " + std::to_string(place));
    }));
  }
  std::unique_ptr<RawPeer> client;
  handles.push_back(mesh.world.pod(kClientIp).dial(
      {kGatewayIp, 5432}, {},
      [&](std::unique_ptr<ByteStream> stream, DialError) { client = std::make_unique<RawPeer>(std::move(stream)); }));
  run(kSecond);
  ASSERT_NE(client, nullptr);
  EXPECT_EQ(client->received, "from 1");
}

TEST(ClientHello, BadBytesAreNoName) {
  EXPECT_EQ(server_name_of("GET / HTTP/1.1\r\n"), "");
  EXPECT_EQ(server_name_of(std::string("\x16\x03\x01\x00", 4)), std::nullopt);
  EXPECT_EQ(server_name_of(std::string("\x16\x03\x01\x00\x05\x02\x00\x00\x01\x00", 10)), "") << "another message";
  EXPECT_EQ(server_name_of(std::string("\x16\x03\x01\x00\x06\x01\x00\x00\x02\x03\x03", 11)), "") << "cut short inside";
}

}  // namespace
}  // namespace meshtwin::testing_world
