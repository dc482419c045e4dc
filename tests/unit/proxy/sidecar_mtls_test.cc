// Mutual TLS between sidecars, by OpenSSL and by the model of it: who is let through, and what happens to those who
// are not.

#include <gtest/gtest.h>

#include "tests/unit/support/http_script.h"
#include "tests/unit/support/mesh_fixture.h"

namespace meshtwin::testing_world {
namespace {

class SidecarMtls : public ::testing::TestWithParam<Wire> {
 protected:
  MeshFixture mesh{GetParam()};

  void run(Duration time) { mesh.world.clock.run_until(mesh.world.clock.now() + time); }
  // One backend behind a sidecar of that mode, and a client sidecar that sends mutual TLS.
  void set_up(Mtls mode) {
    mesh.mtls = mode;
    mesh.transport = EndpointTransport::mtls;
    mesh.cluster.server_name = "outbound_.8080_._.backend";
    mesh.cluster.identities = {MeshFixture::identity("backend")};
    WorkloadConfig config;
    config.service = "backend";
    config.port = kPort;
    config.workers = 64;
    config.response_bytes = 1000;
    mesh.add_backend_pod();
    mesh.add_workload(0, config);
    mesh.add_client_sidecar();
  }
  // What the application behind the sidecar was sent, byte for byte.
  std::unique_ptr<ScriptServer> application;
  Handle listening;
  void listen_as_application() {
    listening = mesh.world.pod(backend_ip(0)).listen({0, kPort}, [this](AcceptedStream accepted) {
      application = std::make_unique<ScriptServer>(mesh.world, mesh.codec(), std::move(accepted.stream));
    });
  }
  int events(const std::string& kind) const {
    int count = 0;
    for (const EventRecord& event : mesh.recorder.events) count += event.kind == kind ? 1 : 0;
    return count;
  }
};

INSTANTIATE_TEST_SUITE_P(Wires, SidecarMtls, ::testing::Values(Wire::real, Wire::modelled),
                         [](const auto& parameter) { return parameter.param == Wire::real ? "real" : "modelled"; });

TEST_P(SidecarMtls, CarriesRequestsOverOneConnection) {
  set_up(Mtls::strict);
  HandClient client(mesh);
  for (int i = 0; i < 5; ++i) {
    client.get();
    run(kSecond);
    EXPECT_EQ(client.status, 200);
    EXPECT_EQ(client.received, 1000u);
  }
  EXPECT_EQ(mesh.world.cpu.calls_of(Operation::tls_full_client), 1);
  EXPECT_EQ(mesh.world.cpu.calls_of(Operation::tls_full_server), 1);
  EXPECT_GT(mesh.world.cpu.amount_of(Operation::tls_seal), 5000);
  EXPECT_EQ(mesh.recorder.attempts.size(), 5u);
}

TEST_P(SidecarMtls, TellsTheApplicationWhoTheClientIsAndBelievesNobodyElse) {
  mesh.mtls = Mtls::permissive;
  mesh.cluster.identities = {MeshFixture::identity("backend")};
  mesh.add_backend_pod();
  listen_as_application();
  std::size_t seen_before = 0;
  for (const bool secured : {true, false}) {
    mesh.transport = secured ? EndpointTransport::mtls : EndpointTransport::plain;
    mesh.client_proxy = nullptr;
    mesh.add_client_sidecar();
    HandClient client(mesh);
    auto head = make_request("GET", "backend", "/");
    head->headers.add("x-forwarded-client-cert", "URI=spiffe://cluster.local/ns/default/sa/admin");
    client.begin(std::move(head), 0, true);
    run(kSecond);
    EXPECT_EQ(client.status, 200);
    const std::string seen = application->log.text().substr(seen_before);
    seen_before = application->log.text().size();
    EXPECT_EQ(seen.find("admin"), std::string::npos) << seen;
    const std::string told = "x-forwarded-client-cert=By=" + MeshFixture::identity("backend") +
                             ";Subject=\"\";URI=" + MeshFixture::identity("client");
    EXPECT_EQ(seen.find(told) != std::string::npos, secured) << seen;
  }
}

TEST_P(SidecarMtls, StrictRefusesPlaintextAndPermissiveTakesIt) {
  for (const Mtls mode : {Mtls::strict, Mtls::permissive}) {
    MeshFixture fresh(GetParam());
    fresh.mtls = mode;
    fresh.route().retry = {};
    WorkloadConfig config;
    config.service = "backend";
    config.port = kPort;
    fresh.add_backend_pod();
    fresh.add_workload(0, config);
    fresh.add_client_sidecar();
    HandClient client(fresh);
    client.get();
    fresh.world.clock.run_until(5 * kSecond);
    EXPECT_EQ(client.status, mode == Mtls::strict ? 503 : 200);
    EXPECT_EQ(client.flags, mode == Mtls::strict ? "UC" : "");
    EXPECT_EQ(fresh.world.cpu.calls_of(Operation::request_work), mode == Mtls::strict ? 0 : 1);
  }
}

// An endpoint whose certificate is good but another's: it gets nothing, not even the head of a request.
TEST_P(SidecarMtls, AnotherIdentityGetsNothing) {
  set_up(Mtls::strict);
  mesh.cluster.identities = {MeshFixture::identity("payments")};
  mesh.route().retry = {};
  mesh.configure();
  HandClient client(mesh);
  client.get();
  run(kSecond);
  EXPECT_EQ(client.status, 503);
  EXPECT_EQ(client.flags, "UF");
  EXPECT_EQ(mesh.world.cpu.calls_of(Operation::request_work), 0);
  EXPECT_EQ(mesh.recorder.attempts.size(), 1u);
  EXPECT_EQ(mesh.recorder.attempts[0].failure, Failure::reset);
  ASSERT_GE(events("upstream_tls_failed"), 1);
}

// The identities expected change: connections made before are not used again.
TEST_P(SidecarMtls, AChangeOfTheExpectedIdentityEndsTheTrustInWhatIsConnected) {
  set_up(Mtls::strict);
  HandClient client(mesh);
  client.get();
  run(kSecond);
  EXPECT_EQ(client.status, 200);
  mesh.cluster.identities = {MeshFixture::identity("payments")};
  mesh.configure();
  client.get();
  run(kSecond);
  EXPECT_EQ(client.status, 503);
  EXPECT_EQ(mesh.world.cpu.calls_of(Operation::request_work), 1);
}

TEST_P(SidecarMtls, AnUnknownAuthorityIsRefusedByBothSides) {
  for (const bool client_is_strange : {true, false}) {
    MeshFixture fresh(GetParam());
    const auto stranger = fresh.make_authority(99);
    fresh.mtls = Mtls::strict;
    fresh.transport = EndpointTransport::mtls;
    fresh.route().retry = {};
    fresh.add_backend_pod();
    WorkloadConfig config;
    config.port = kPort;
    fresh.add_workload(0, config);
    fresh.add_client_sidecar();
    ProxyContext& strange = fresh.context_of(client_is_strange ? 1 : 0);
    const auto forged = fresh.make_tls(*stranger, client_is_strange ? "client" : "backend");
    strange.tls = forged.get();
    HandClient client(fresh);
    client.get();
    fresh.world.clock.run_until(5 * kSecond);
    EXPECT_EQ(client.status, 503);
    EXPECT_EQ(fresh.world.cpu.calls_of(Operation::request_work), 0) << client_is_strange;
    fresh.client_proxy = nullptr;
    fresh.proxies.clear();
  }
}

TEST_P(SidecarMtls, WithoutACertificateNothingIsSent) {
  set_up(Mtls::permissive);
  mesh.tls[1]->update(nullptr, nullptr);
  mesh.route().retry = {};
  mesh.configure();
  HandClient client(mesh);
  client.get();
  run(kSecond);
  EXPECT_EQ(client.status, 503);
  EXPECT_EQ(client.flags, "UF");
  EXPECT_EQ(mesh.world.cpu.calls_of(Operation::request_work), 0);
}

// One byte every five seconds, and nothing at all: neither holds a connection for long.
TEST_P(SidecarMtls, SlowClientsAreGivenUp) {
  set_up(Mtls::strict);
  std::vector<std::unique_ptr<RawPeer>> peers;
  std::vector<Handle> dials;
  for (int i = 0; i < 2; ++i) {
    dials.push_back(mesh.world.pod(0x0a010063).dial({backend_ip(0), kPort}, {}, [&](auto stream, DialError) {
      peers.push_back(std::make_unique<RawPeer>(std::move(stream)));
    }));
  }
  run(kSecond);
  ASSERT_EQ(peers.size(), 2u);
  EXPECT_EQ(mesh.proxies[0]->connections(), 2u);
  const char hello[] = {0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0x7c, 0x03, 0x03};
  for (const char byte : hello) {
    peers[0]->send(std::string(1, byte));
    run(5 * kSecond);
  }
  EXPECT_EQ(mesh.proxies[0]->connections(), 0u);
  EXPECT_TRUE(peers[1]->reset);
}

TEST_P(SidecarMtls, TcpIsRelayedWithHalfClose) {
  mesh.mtls = Mtls::strict;
  mesh.transport = EndpointTransport::mtls;
  mesh.app_protocol = AppProtocol::tcp;
  mesh.cluster.identities = {MeshFixture::identity("backend")};
  mesh.add_backend_pod();
  mesh.add_client_sidecar();
  mesh.client_proxy->config().on_listener(
      std::make_shared<ListenerConfig>(ListenerConfig{"db", {kVip, kPort}, "", mesh.cluster.name}));
  std::unique_ptr<RawPeer> server;
  listening = mesh.world.pod(backend_ip(0)).listen({0, kPort}, [&](AcceptedStream accepted) {
    server = std::make_unique<RawPeer>(std::move(accepted.stream));
  });
  std::unique_ptr<RawPeer> client;
  const Handle dial = mesh.world.pod(kClientIp).dial(
      {kVip, kPort}, {}, [&](auto stream, DialError) { client = std::make_unique<RawPeer>(std::move(stream)); });
  run(kSecond);
  client->send(std::string(300'000, 'q'));
  client->shutdown();
  run(kSecond);
  ASSERT_NE(server, nullptr);
  EXPECT_EQ(server->received.size(), 300'000u);
  EXPECT_TRUE(server->ended);
  EXPECT_FALSE(client->ended);
  server->send("answer");
  server->shutdown();
  run(kSecond);
  EXPECT_EQ(client->received, "answer");
  EXPECT_TRUE(client->ended);
  EXPECT_EQ(mesh.client_proxy->connections(), 0u);
}

// Killed in the midst of an answer: the client hears of it, and the server stops.
TEST_P(SidecarMtls, AProxyKilledMidStreamResetsBothSides) {
  for (const bool client_side : {true, false}) {
    MeshFixture fresh(GetParam());
    fresh.mtls = Mtls::strict;
    fresh.transport = EndpointTransport::mtls;
    WorkloadConfig config;
    config.port = kPort;
    config.response_bytes = 50'000'000;
    fresh.add_backend_pod();
    fresh.add_workload(0, config);
    fresh.add_client_sidecar();
    HandClient client(fresh);
    client.stalls = true;
    client.get();
    fresh.world.clock.run_until(fresh.world.clock.now() + kSecond);
    EXPECT_EQ(client.status, 200);
    client_side ? void(fresh.client_proxy = nullptr) : fresh.proxies.clear();
    client.stalls = false;
    client.exchange->resume();
    fresh.world.clock.run_until(fresh.world.clock.now() + 10 * kSecond);
    EXPECT_TRUE(client.reset);
    EXPECT_FALSE(client.ended);
    EXPECT_EQ(fresh.workloads[0]->busy(), 0u);
  }
}

}  // namespace
}  // namespace meshtwin::testing_world
