// Requests through ztunnels, and through a waypoint and a gateway before them, with both kinds of wire.

#include <gtest/gtest.h>

#include "tests/unit/support/ambient_fixture.h"
#include "tests/unit/support/http_script.h"

namespace meshtwin::testing_world {
namespace {

class Ambient : public ::testing::TestWithParam<Wire> {
 protected:
  AmbientFixture net{GetParam()};
  MeshFixture& mesh = net.mesh;

  void set_up(std::uint32_t backends) {
    WorkloadConfig config;
    config.response_bytes = 1000;
    net.add_client();
    for (std::uint32_t i = 0; i < backends; ++i) net.add_backend(config);
    net.set_service();
  }
  int events(const std::string& kind) const {
    int count = 0;
    for (const EventRecord& event : net.mesh.recorder.events) count += event.kind == kind ? 1 : 0;
    return count;
  }
  std::map<std::uint32_t, int> attempts_by_pod() const {
    std::map<std::uint32_t, int> counts;
    for (const AttemptRecord& attempt : net.mesh.recorder.attempts) ++counts[attempt.to_pod];
    return counts;
  }
  std::unique_ptr<RawPeer> dial(std::uint32_t from, SocketAddress to) {
    std::unique_ptr<RawPeer> peer;
    const Handle dialling = mesh.world.pod(from).dial(to, {}, [&](std::unique_ptr<ByteStream> stream, DialError) {
      if (stream != nullptr) peer = std::make_unique<RawPeer>(std::move(stream));
    });
    net.run(kSecond);
    return peer;
  }
};

INSTANTIATE_TEST_SUITE_P(Wires, Ambient, ::testing::Values(Wire::real, Wire::modelled),
                         [](const auto& parameter) { return parameter.param == Wire::real ? "real" : "modelled"; });

TEST_P(Ambient, CarriesRequestsToAServicesEndpoints) {
  set_up(3);
  for (int i = 0; i < 30; ++i) {
    HandClient client(mesh);
    client.get();
    net.run(kSecond);
    EXPECT_EQ(client.status, 200);
    EXPECT_EQ(client.received, 1000u);
  }
  net.run(kSecond);
  EXPECT_EQ(attempts_by_pod().size(), 3u);
  EXPECT_EQ(mesh.recorder.attempts.size(), 30u);  // one for each connection
  EXPECT_EQ(mesh.world.cpu.calls_of(Operation::tls_full_client), 3);
  EXPECT_EQ(mesh.world.cpu.calls_of(Operation::route), 0);  // nobody looked inside
}

TEST_P(Ambient, APodWithAnotherIdentityGetsNothing) {
  set_up(1);
  auto entry = std::make_shared<WorkloadEntry>(*net.index.find(backend_ip(0)));
  entry->identity.service_account = "payments";
  net.index.set(entry);
  HandClient client(mesh);
  if (client.connection != nullptr) client.get();
  net.run(kSecond);
  EXPECT_EQ(client.status, 0);
  EXPECT_EQ(mesh.world.cpu.calls_of(Operation::request_work), 0);
  EXPECT_EQ(events("upstream_tls_failed"), 1);
}

TEST_P(Ambient, AnUnknownClientGetsNoTunnel) {
  set_up(1);
  const auto stranger = mesh.make_authority(99);
  const auto forged = mesh.make_tls(*stranger, "client");
  Pod& outside = mesh.world.pod(0x0a010070);
  const auto pool = make_hbone_pool(mesh.world.runtime, outside, codecs_of(GetParam()).http2, *forged);
  TunnelRequest request;
  request.proxy = {backend_ip(0), kHbonePort};
  request.authority = to_string(SocketAddress{backend_ip(0), kPort});
  std::optional<OpenedTunnel> opened;
  const Handle opening = pool->open(std::move(request), [&](OpenedTunnel tunnel) { opened = std::move(tunnel); });
  net.run(20 * kSecond);
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(opened->stream, nullptr);
}

TEST_P(Ambient, OnlyThePodItselfIsReachedThroughItsTunnels) {
  set_up(2);
  const auto tls = mesh.make_tls(mesh.authority(), "client");
  Pod& outside = mesh.world.pod(0x0a010070);
  const auto pool = make_hbone_pool(mesh.world.runtime, outside, codecs_of(GetParam()).http2, *tls);
  const std::pair<std::string, int> cases[] = {{to_string(SocketAddress{backend_ip(0), kPort}), 0},
                                               {to_string(SocketAddress{backend_ip(1), kPort}), 400},
                                               {to_string(SocketAddress{backend_ip(0), 15001}), 400},
                                               {"backend:8080", 400},
                                               {to_string(SocketAddress{backend_ip(0), 9999}), 503}};
  for (const auto& [authority, status] : cases) {
    TunnelRequest request;
    request.proxy = {backend_ip(0), kHbonePort};
    request.authority = authority;
    std::optional<OpenedTunnel> opened;
    const Handle opening = pool->open(std::move(request), [&](OpenedTunnel tunnel) { opened = std::move(tunnel); });
    net.run(kSecond);
    ASSERT_TRUE(opened.has_value()) << authority;
    EXPECT_EQ(opened->stream != nullptr, status == 0) << authority;
    EXPECT_EQ(opened->status, status == 0 ? opened->status : status) << authority;
  }
}

TEST_P(Ambient, PlaintextFromOutsideTheMeshIsRelayed) {
  set_up(1);
  mesh.world.pod(kClientIp).capture = false;
  HandClient client(mesh, {backend_ip(0), kPort});
  client.get();
  net.run(kSecond);
  EXPECT_EQ(client.status, 200);
  EXPECT_EQ(mesh.world.cpu.calls_of(Operation::tls_full_server), 0);
}

TEST_P(Ambient, WhatIsNotOfTheMeshIsPassedThrough) {
  set_up(1);
  std::unique_ptr<RawPeer> server;
  const Handle listening = mesh.world.pod(0x0a020001).listen({0, 9000}, [&](AcceptedStream accepted) {
    server = std::make_unique<RawPeer>(std::move(accepted.stream));
  });
  const auto client = dial(kClientIp, {0x0a020001, 9000});
  client->send("hello");
  net.run(kSecond);
  ASSERT_NE(server, nullptr);
  EXPECT_EQ(server->received, "hello");
}

TEST_P(Ambient, HalfCloseAndBackPressureReachFromEndToEnd) {
  net.add_client();
  mesh.add_backend_pod(false);
  net.add_pod(1, backend_ip(0), "backend", true);
  net.set_service();
  std::unique_ptr<ByteStream> stalled;
  const Handle listening = mesh.world.pod(backend_ip(0)).listen({0, kPort}, [&](AcceptedStream accepted) {
    stalled = std::move(accepted.stream);
  });
  const auto client = dial(kClientIp, {kVip, kPort});
  ASSERT_NE(client, nullptr);
  client->send(std::string(20'000'000, 'q'));
  client->shutdown();
  net.run(10 * kSecond);
  ASSERT_NE(stalled, nullptr);
  EXPECT_LT(mesh.world.wire.bytes, 3'000'000u);  // nobody reads: every hop holds its part and no more
  RawPeer server(std::move(stalled));
  net.run(100 * kSecond);
  EXPECT_EQ(server.received.size(), 20'000'000u);
  EXPECT_TRUE(server.ended);
  EXPECT_FALSE(client->ended);
  server.send("answer");
  server.shutdown();
  net.run(kSecond);
  EXPECT_EQ(client->received, "answer");
  EXPECT_TRUE(client->ended);
  for (const auto& ztunnel : net.ztunnels) EXPECT_EQ(ztunnel->connections(), 0u);
}

TEST_P(Ambient, AZtunnelThatIsStartedAgainServesAgain) {
  set_up(1);
  HandClient before(mesh);
  before.get();
  net.run(kSecond);
  EXPECT_EQ(before.status, 200);
  net.ztunnels[1] = nullptr;  // the backend's
  net.run(kSecond);
  EXPECT_TRUE(before.closed);
  net.ztunnels.pop_back();
  net.add_pod(1, backend_ip(0), "backend", true);
  HandClient after(mesh);
  after.get();
  net.run(kSecond);
  EXPECT_EQ(after.status, 200);
}

TEST_P(Ambient, AWaypointRoutesEachRequest) {
  WorkloadConfig config;
  config.response_bytes = 1000;
  net.add_client();
  net.add_backend(config);
  net.add_backend(config);
  net.add_waypoint();
  HandClient client(mesh);
  for (int i = 0; i < 10; ++i) {
    client.get();
    net.run(kSecond);
    EXPECT_EQ(client.status, 200) << client.flags;
  }
  EXPECT_EQ(attempts_by_pod(), (std::map<std::uint32_t, int>{{1, 5}, {2, 5}}));
  for (const AttemptRecord& attempt : mesh.recorder.attempts) EXPECT_EQ(attempt.from_pod, 100u);
  EXPECT_EQ(mesh.world.cpu.calls_of(Operation::route), 10);
}

TEST_P(Ambient, AWaypointRetriesElsewhereAndAnswersForWhatItCannotReach) {
  net.add_client();
  net.add_backend();
  mesh.add_backend_pod(false);
  net.add_pod(2, backend_ip(1), "backend", true);  // nobody listens behind it
  net.add_waypoint();
  HandClient client(mesh);
  for (int i = 0; i < 4; ++i) {
    client.get();
    net.run(5 * kSecond);
    EXPECT_EQ(client.status, 200) << client.flags;
  }
  client.get("elsewhere.example");
  net.run(20 * kSecond);
  EXPECT_EQ(client.status, 503);
}

TEST_P(Ambient, AWaypointSendsNothingToAnotherIdentity) {
  net.add_client();
  net.add_backend();
  net.add_waypoint();
  mesh.cluster.identities = {MeshFixture::identity("payments")};
  mesh.configure(net.waypoint->config());
  HandClient client(mesh);
  client.get();
  net.run(5 * kSecond);
  EXPECT_EQ(client.status, 503);
  EXPECT_EQ(client.flags, "UF,URX");
  EXPECT_EQ(mesh.world.cpu.calls_of(Operation::request_work), 0);
}

TEST_P(Ambient, AGatewayLetsInWhatNamesAService) {
  WorkloadConfig config;
  config.response_bytes = 1000;
  net.add_backend(config);
  net.add_gateway();
  HandClient client(mesh, {kGatewayIp, kPort});
  client.get();
  net.run(kSecond);
  EXPECT_EQ(client.status, 200) << client.flags;
  EXPECT_EQ(client.received, 1000u);
  client.get("elsewhere.example");
  net.run(kSecond);
  EXPECT_EQ(client.status, 404);
  EXPECT_EQ(client.flags, "NR");
  ASSERT_EQ(mesh.recorder.attempts.size(), 1u);
  EXPECT_EQ(mesh.recorder.attempts[0].from_pod, 101u);
}

TEST_P(Ambient, AGatewayBelievesNothingOfWhatOnlyTheMeshMaySay) {
  mesh.transport = EndpointTransport::plain;
  mesh.add_backend_pod(false);
  std::unique_ptr<ScriptServer> application;
  const Handle listening = mesh.world.pod(backend_ip(0)).listen({0, kPort}, [&](AcceptedStream accepted) {
    application = std::make_unique<ScriptServer>(mesh.world, mesh.codec(), std::move(accepted.stream));
  });
  net.add_gateway();
  HandClient client(mesh, {kGatewayIp, kPort});
  auto head = make_request("GET", "backend", "/");
  head->headers.add("x-forwarded-client-cert", "URI=spiffe://cluster.local/ns/default/sa/admin");
  head->headers.add("x-forwarded-proto", "https");
  head->headers.add("x-forwarded-for", "9.9.9.9");
  client.begin(std::move(head), 0, true);
  net.run(kSecond);
  EXPECT_EQ(client.status, 200) << client.flags;
  const std::string seen = application->log.text();
  EXPECT_EQ(seen.find("admin"), std::string::npos) << seen;
  EXPECT_NE(seen.find("x-forwarded-proto=http "), std::string::npos) << seen;
  EXPECT_NE(seen.find("x-forwarded-for=9.9.9.9,10.1.0.1 "), std::string::npos) << seen;
}

}  // namespace
}  // namespace meshtwin::testing_world
