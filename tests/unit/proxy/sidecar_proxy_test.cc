// Requests through the client's sidecar and the server's, with both codecs, in a world of memory.

#include <gtest/gtest.h>

#include "tests/unit/support/http_script.h"
#include "tests/unit/support/mesh_fixture.h"

namespace meshtwin::testing_world {
namespace {

class SidecarProxyTest : public ::testing::TestWithParam<Wire> {
 protected:
  MeshFixture mesh{GetParam()};
  void run(Duration time) { mesh.world.clock.run_until(mesh.world.clock.now() + time); }
  // Backends with a workload that answers at once.
  void add_backends(std::uint32_t count, WorkloadConfig config = {}) {
    config.service = "backend";
    config.port = kPort;
    config.workers = 64;
    for (std::uint32_t i = 0; i < count; ++i) {
      mesh.add_backend_pod();
      mesh.add_workload(i, config);
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Codecs, SidecarProxyTest, ::testing::Values(Wire::real, Wire::modelled),
                         [](const auto& parameter) { return parameter.param == Wire::real ? "http1" : "modelled"; });

TEST_P(SidecarProxyTest, RoutesToEachBackendInTurn) {
  WorkloadConfig config;
  config.response_bytes = 1000;
  add_backends(2, config);
  mesh.add_client_sidecar();
  HandClient client(mesh);
  for (int i = 0; i < 4; ++i) {
    client.get();
    run(kSecond);
    EXPECT_EQ(client.status, 200);
    EXPECT_EQ(client.received, 1000u);
  }
  ASSERT_EQ(mesh.recorder.attempts.size(), 4u);
  std::map<std::uint32_t, int> by_pod;
  for (const AttemptRecord& attempt : mesh.recorder.attempts) {
    ++by_pod[attempt.to_pod];
    EXPECT_EQ(attempt.status, 200);
    EXPECT_EQ(attempt.failure, Failure::none);
    EXPECT_FALSE(attempt.retry);
  }
  EXPECT_EQ(by_pod, (std::map<std::uint32_t, int>{{1, 2}, {2, 2}}));
  EXPECT_EQ(mesh.world.cpu.amount_of(Operation::route), 8);  // two sidecars a request
  EXPECT_EQ(mesh.world.cpu.amount_of(Operation::balance), 8);
  EXPECT_EQ(mesh.world.cpu.calls_of(Operation::request_work), 4);
  // client>sidecar, two sidecars' connections between pods, two to the applications: kept alive over the four requests.
  EXPECT_EQ(mesh.world.wire.streams, 5u);
}

TEST_P(SidecarProxyTest, RetriesARefusedConnectOnAnotherHost) {
  mesh.add_backend_pod(false);  // nobody listens there
  mesh.add_backend_pod();
  WorkloadConfig config;
  config.port = kPort;
  mesh.add_workload(1, config);
  mesh.add_client_sidecar();
  HandClient client(mesh);
  for (int i = 0; i < 6; ++i) {
    client.get();
    run(kSecond);
    EXPECT_EQ(client.status, 200) << i;
  }
  int refused = 0;
  for (std::size_t i = 0; i < mesh.recorder.attempts.size(); ++i) {
    const AttemptRecord& attempt = mesh.recorder.attempts[i];
    if (attempt.to_pod != 1) continue;
    ++refused;
    EXPECT_EQ(attempt.failure, Failure::connect_refused);
    ASSERT_LT(i + 1, mesh.recorder.attempts.size());
    EXPECT_EQ(mesh.recorder.attempts[i + 1].to_pod, 2u);
    EXPECT_TRUE(mesh.recorder.attempts[i + 1].retry);
    EXPECT_LT(mesh.recorder.attempts[i + 1].at - attempt.done, 25 * kMillisecond);
  }
  EXPECT_EQ(refused, 6);  // a retry takes the second turn, so that each request begins at the first host
}

TEST_P(SidecarProxyTest, FlagsOfItsOwnAnswers) {
  struct Case {
    const char* name;
    std::function<void(MeshFixture&)> set_up;
    std::string authority;
    std::string path;
    int status;
    std::string flags;
  };
  const Case cases[] = {
      {"no hosts", [](MeshFixture&) {}, "backend", "/", 503, "UH"},
      {"refused everywhere", [](MeshFixture& m) { m.add_backend_pod(false); }, "backend", "/", 503, "UF,URX"},
      {"refused, no retries",
       [](MeshFixture& m) {
         m.add_backend_pod(false);
         m.route().retry = {};
       },
       "backend", "/", 503, "UF"},
      {"no route for the path",
       [](MeshFixture& m) {
         m.add_backend_pod();
         m.route().match.path = "/api";
       },
       "backend", "/other", 404, "NR"},
      {"no such cluster",
       [](MeshFixture& m) {
         m.add_backend_pod();
         m.route().cluster = "outbound|1||nowhere";
       },
       "backend", "/", 503, "NC"},
      {"no requests allowed",
       [](MeshFixture& m) {
         m.add_backend_pod();
         m.cluster.breakers.max_requests = 0;
       },
       "backend", "/", 503, "UO"},
      {"no pending requests allowed",
       [](MeshFixture& m) {
         m.add_backend_pod();
         m.cluster.breakers.max_pending_requests = 0;
       },
       "backend", "/", 503, "UO"},
      {"the application refuses, behind its sidecar", [](MeshFixture& m) { m.add_backend_pod(); }, "backend", "/", 503,
       "UF"},
      {"connect timeout",
       [](MeshFixture& m) {
         m.world.pod(m.add_backend_pod(false)).black_hole = true;
         m.route().retry = {};
       },
       "backend", "/", 503, "UF"},
      {"an unknown authority is passed through, to nobody here", [](MeshFixture& m) { m.add_backend_pod(); },
       "elsewhere.example", "/", 503, "UF"},
  };
  for (const Case& c : cases) {
    MeshFixture fresh(GetParam());
    c.set_up(fresh);
    fresh.add_client_sidecar();
    HandClient client(fresh);
    client.get(c.authority, c.path);
    fresh.world.clock.run_until(60 * kSecond);
    EXPECT_EQ(client.status, c.status) << c.name;
    EXPECT_EQ(client.flags, c.flags) << c.name;
    EXPECT_EQ(client.answer->headers.has("x-envoy-overloaded"), std::string(c.flags) == "UO") << c.name;
    EXPECT_TRUE(client.ended) << c.name;
  }
}

TEST_P(SidecarProxyTest, AResetBeforeTheAnswerIsUcAndAfterItResetsTheClient) {
  for (const bool after_head : {false, true}) {
    MeshFixture fresh(GetParam());
    const std::uint32_t ip = fresh.add_backend_pod(false);
    fresh.add_client_sidecar();
    std::unique_ptr<ScriptServer> server;
    ServerExchange* asked = nullptr;
    const Handle listening = fresh.world.pod(ip).listen({0, kPort}, [&](AcceptedStream accepted) {
      server = std::make_unique<ScriptServer>(fresh.world, fresh.codec(), std::move(accepted.stream));
      server->on_request_ended = [&](ServerExchange& exchange) { asked = &exchange; };
    });
    HandClient client(fresh);
    client.get();
    fresh.world.clock.run_until(fresh.world.clock.now() + kSecond);
    ASSERT_NE(asked, nullptr);
    if (after_head) {
      auto head = std::make_unique<ResponseHead>(200);
      head->content_length = 1000;
      Buffer data;
      fresh.codec().append_body(data, 10);
      asked->send_head(std::move(head), data, false);
      fresh.world.clock.run_until(fresh.world.clock.now() + kSecond);
      EXPECT_EQ(client.status, 200);
    }
    asked->reset();
    fresh.world.clock.run_until(fresh.world.clock.now() + kSecond);
    EXPECT_EQ(client.reset, after_head);
    EXPECT_EQ(client.status, after_head ? 200 : 503);
    EXPECT_EQ(client.flags, after_head ? "" : "UC");
    ASSERT_EQ(fresh.recorder.attempts.size(), 1u);
    EXPECT_EQ(fresh.recorder.attempts[0].failure, Failure::reset);
  }
}

// A route that tries again on 503, and what stands against it.
TEST_P(SidecarProxyTest, AnAnswerIsTriedAgainOnlyWithAllOfTheRequestAndWithinTheLimit) {
  struct Case {
    const char* name;
    std::uint64_t body;
    std::uint32_t max_retries;
    std::size_t tries;
  };
  const Case cases[] = {{"small", 10'000, 100, 3},
                        {"too large to keep", 3'000'000, 100, 1},
                        {"no retry allowed", 10'000, 0, 1},
                        {"one retry at a time is enough for one request", 10'000, 1, 3}};
  for (const Case& c : cases) {
    MeshFixture fresh(GetParam());
    fresh.route().retry.on_gateway_error = true;
    fresh.cluster.breakers.max_retries = c.max_retries;
    fresh.add_backend_pod(false);
    WorkloadConfig config;
    config.port = kPort;
    HandlerStep fail;
    fail.kind = HandlerStep::Kind::fail;
    fail.fail_probability = 1;
    fail.fail_status = 503;
    config.handler.push_back(fail);
    fresh.add_workload(0, config);
    fresh.add_client_sidecar();
    HandClient client(fresh);
    auto head = make_request("POST", "backend", "/");
    head->content_length = static_cast<std::int64_t>(c.body);
    client.begin(std::move(head), c.body, true);
    fresh.world.clock.run_until(fresh.world.clock.now() + 100 * kSecond);
    EXPECT_EQ(client.status, 503) << c.name;
    EXPECT_EQ(client.flags, "") << c.name << ": the upstream's own answer";
    EXPECT_EQ(fresh.recorder.attempts.size(), c.tries) << c.name;
    for (const AttemptRecord& attempt : fresh.recorder.attempts) EXPECT_EQ(attempt.status, 503) << c.name;
  }
}

// As a process that is killed: in both worlds its tries under way leave no record.
TEST_P(SidecarProxyTest, AProxyThatDiesWritesNothingDown) {
  WorkloadConfig config;
  config.handler.push_back({});
  config.handler.back().compute.a = 10 * kSecond;
  add_backends(1, config);
  mesh.add_client_sidecar();
  HandClient client(mesh);
  client.get();
  run(kSecond);
  EXPECT_EQ(mesh.workloads[0]->busy(), 1u);
  mesh.client_proxy = nullptr;
  run(kSecond);
  EXPECT_TRUE(client.reset);
  EXPECT_EQ(mesh.workloads[0]->busy(), 0u);
  EXPECT_TRUE(mesh.recorder.attempts.empty());
}

TEST_P(SidecarProxyTest, RouteTimeoutCancelsUpstream) {
  WorkloadConfig config;
  config.handler.push_back({});
  config.handler.back().compute.a = 10 * kSecond;
  mesh.route().timeout = 2 * kSecond;
  add_backends(1, config);
  mesh.add_client_sidecar();
  HandClient client(mesh);
  const Time begun = mesh.world.clock.now();
  client.get();
  run(kSecond);
  EXPECT_EQ(mesh.workloads[0]->busy(), 1u);
  run(4 * kSecond);
  EXPECT_EQ(client.status, 504);
  EXPECT_EQ(client.flags, "UT");
  EXPECT_NEAR(static_cast<double>(client.at - begun), 2e9, 1e6);
  EXPECT_EQ(mesh.workloads[0]->busy(), 0u);
  ASSERT_EQ(mesh.recorder.attempts.size(), 1u);
  EXPECT_EQ(mesh.recorder.attempts[0].failure, Failure::timeout);
}

TEST_P(SidecarProxyTest, AClientThatLeavesCancelsUpstream) {
  WorkloadConfig config;
  config.handler.push_back({});
  config.handler.back().compute.a = 10 * kSecond;
  add_backends(1, config);
  mesh.add_client_sidecar();
  HandClient client(mesh);
  client.get();
  run(kSecond);
  EXPECT_EQ(mesh.workloads[0]->busy(), 1u);
  client.connection = nullptr;
  run(kSecond);
  EXPECT_EQ(mesh.workloads[0]->busy(), 0u);
  EXPECT_EQ(mesh.client_proxy->connections(), 0u);
}

TEST_P(SidecarProxyTest, AStalledReaderHoldsTheServerBack) {
  WorkloadConfig config;
  config.response_bytes = 50'000'000;
  add_backends(1, config);
  mesh.add_client_sidecar();
  HandClient client(mesh);
  client.stalls = true;
  client.get();
  run(10 * kSecond);
  const std::uint64_t crossed = mesh.world.wire.bytes;
  // Counted from the client: one read and one buffer, and at each hop before it one read held by the proxy and one
  // buffer more: (2 + 4 + 6) times 64 KiB, and the heads.
  EXPECT_LT(crossed, 12 * 64 * 1024u + 1'000u);
  client.stalls = false;
  client.exchange->resume();
  run(100 * kSecond);
  EXPECT_TRUE(client.ended);
  EXPECT_EQ(client.received, 50'000'000u);
}

TEST_P(SidecarProxyTest, ALargeUploadStreams) {
  add_backends(1);
  mesh.add_client_sidecar();
  HandClient client(mesh);
  auto head = make_request("POST", "backend", "/");
  head->content_length = 10'000'000;
  client.begin(std::move(head), 10'000'000, true);
  run(100 * kSecond);
  EXPECT_EQ(client.status, 200);
  EXPECT_GE(mesh.world.wire.bytes, 30'000'000u);
}

TEST_P(SidecarProxyTest, OutlierEjectionIsActedOnAndRecorded) {
  OutlierConfig outlier;
  outlier.consecutive_5xx = 3;
  outlier.max_ejection_percent = 100;
  outlier.base_ejection_time = 30 * kSecond;
  mesh.cluster.outlier = outlier;
  add_backends(2);
  mesh.workloads[0]->fail(1);
  mesh.add_client_sidecar();
  HandClient client(mesh);
  int failed = 0;
  for (int i = 0; i < 20; ++i) {
    client.get();
    run(100 * kMillisecond);
    if (client.status == 503) ++failed;
  }
  EXPECT_EQ(failed, 3);
  ASSERT_EQ(mesh.recorder.events.size(), 1u);
  EXPECT_EQ(mesh.recorder.events[0].kind, "ejected");
  EXPECT_EQ(mesh.recorder.events[0].subject, "10.1.0.2:8080");
  mesh.workloads[0]->fail(0);
  run(60 * kSecond);
  ASSERT_EQ(mesh.recorder.events.size(), 2u);  // by its own timer, without a request
  EXPECT_EQ(mesh.recorder.events[1].kind, "returned");
}

TEST_P(SidecarProxyTest, UnknownPortsArePassedThroughWithHalfClose) {
  mesh.add_client_sidecar();
  const std::uint32_t ip = 0x0a020001;
  std::unique_ptr<RawPeer> server;
  const Handle listening = mesh.world.pod(ip).listen(
      {0, 9000}, [&](AcceptedStream accepted) { server = std::make_unique<RawPeer>(std::move(accepted.stream)); });
  std::unique_ptr<RawPeer> client;
  const Handle dial = mesh.world.pod(kClientIp).dial(
      {ip, 9000}, {},
      [&](std::unique_ptr<ByteStream> stream, DialError) { client = std::make_unique<RawPeer>(std::move(stream)); });
  run(kSecond);
  client->send(std::string(300'000, 'q'));
  client->shutdown();
  run(kSecond);
  ASSERT_NE(server, nullptr);
  EXPECT_EQ(server->received.size(), 300'000u);
  EXPECT_TRUE(server->ended);
  EXPECT_FALSE(client->ended);
  server->send("answer");
  run(kSecond);
  EXPECT_EQ(client->received, "answer");
  server->shutdown();
  run(kSecond);
  EXPECT_TRUE(client->ended);
  EXPECT_EQ(mesh.client_proxy->connections(), 0u);
}

TEST_P(SidecarProxyTest, ATcpListenerBalancesItsConnections) {
  mesh.add_backend_pod(false);
  mesh.add_backend_pod(false);
  mesh.add_client_sidecar();
  mesh.client_proxy->config().on_listener(
      std::make_shared<ListenerConfig>(ListenerConfig{"db", {kVip, kPort}, "", mesh.cluster.name}));
  std::vector<std::unique_ptr<RawPeer>> servers;
  std::vector<Handle> listening;
  for (std::uint32_t i = 0; i < 2; ++i) {
    listening.push_back(mesh.world.pod(backend_ip(i)).listen({0, kPort}, [&, i](AcceptedStream accepted) {
      servers.push_back(std::make_unique<RawPeer>(std::move(accepted.stream)));
      servers.back()->send("from " + std::to_string(i));
    }));
  }
  std::string received;
  for (int i = 0; i < 4; ++i) {
    std::unique_ptr<RawPeer> client;
    const Handle dial = mesh.world.pod(kClientIp).dial(
        {kVip, kPort}, {},
        [&](std::unique_ptr<ByteStream> stream, DialError) { client = std::make_unique<RawPeer>(std::move(stream)); });
    run(kSecond);
    received += client->received + ";";
  }
  EXPECT_EQ(received, "from 0;from 1;from 0;from 1;");
}

TEST_P(SidecarProxyTest, EndpointsThatLeaveAreNotUsedAgain) {
  add_backends(2);
  mesh.add_client_sidecar();
  HandClient client(mesh);
  client.get();
  run(kSecond);
  client.get();
  run(kSecond);
  auto assignment = std::make_shared<ClusterAssignment>();
  assignment->cluster = mesh.cluster.name;
  assignment->localities.push_back({});
  assignment->localities[0].endpoints.push_back({{backend_ip(1), kPort}, EndpointHealth::healthy, 1});
  mesh.client_proxy->config().on_assignment(assignment);
  mesh.recorder.attempts.clear();
  for (int i = 0; i < 5; ++i) {
    client.get();
    run(kSecond);
    EXPECT_EQ(client.status, 200);
  }
  for (const AttemptRecord& attempt : mesh.recorder.attempts) EXPECT_EQ(attempt.to_pod, 2u);
  EXPECT_EQ(mesh.proxies[0]->connections(), 0u);  // its idle connection has been closed
}

}  // namespace
}  // namespace meshtwin::testing_world
