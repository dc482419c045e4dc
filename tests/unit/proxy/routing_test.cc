// What a sidecar does with the requests of its application as their routes say, with both kinds of wire.

#include <gtest/gtest.h>

#include <map>

#include "mesh/wire/trace_context.h"
#include "tests/unit/support/http_script.h"
#include "tests/unit/support/mesh_fixture.h"

namespace meshtwin::testing_world {
namespace {

class Routing : public ::testing::TestWithParam<Wire> {
 protected:
  void run(Duration time) { mesh.world.clock.run_until(mesh.world.clock.now() + time); }

  // A pod that answers as the request's headers ask.
  void add_scripted(std::uint32_t place) {
    const std::uint32_t ip = mesh.add_backend_pod(false);
    logs.resize(place + 1);
    listening.push_back(mesh.world.pod(ip).listen({0, kPort}, [this, place](AcceptedStream accepted) {
      servers.push_back({place, std::make_unique<ScriptServer>(mesh.world, mesh.codec(), std::move(accepted.stream))});
    }));
  }
  std::string log_of(std::uint32_t place) {
    std::string text;
    for (auto& [of, server] : servers) {
      if (of == place) text += server->log.text();
    }
    return text;
  }
  static bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

  // A cluster of one pod.
  void add_cluster(const std::string& name, std::uint32_t place) {
    ClusterConfig config = mesh.cluster;
    config.name = name;
    mesh.client_proxy->config().on_cluster(std::make_shared<ClusterConfig>(config));
    auto assignment = std::make_shared<ClusterAssignment>();
    assignment->cluster = name;
    LocalityEndpoints here;
    here.endpoints.push_back({{backend_ip(place), kPort}});
    assignment->localities = {here};
    mesh.client_proxy->config().on_assignment(assignment);
  }
  std::unique_ptr<RequestHead> traced(std::uint64_t path) {
    auto head = make_request("GET", "backend:8080", "/");
    head->headers.add(kTraceparent, to_traceparent({1, path, path, path, false}));
    return head;
  }

  MeshFixture mesh{GetParam()};
  std::vector<std::string> logs;
  std::vector<std::pair<std::uint32_t, std::unique_ptr<ScriptServer>>> servers;
  std::vector<Handle> listening;
};
INSTANTIATE_TEST_SUITE_P(Wires, Routing, ::testing::Values(Wire::real, Wire::modelled));

TEST_P(Routing, RewritesWhatGoesOnAndWhatComesBack) {
  add_scripted(0);
  RouteConfigEntry& route = mesh.route();
  route.match.path = "/old";
  route.rewrite.prefix = "/new";
  route.rewrite.authority = "other.example";
  route.headers.request = {{"x-secret"}, {{"x-kind", "route"}}, {{"x-more", "2"}}};
  route.headers.response = {{"x-answer"}, {{"x-seen", "route"}}, {}};
  route.weighted_clusters = {{route.cluster, 1, {}}};
  route.weighted_clusters[0].headers.request.set = {{"x-kind", "destination"}, {"x-of", "destination"}};
  route.weighted_clusters[0].headers.response.add = {{"x-from", "destination"}};
  route.cluster.clear();
  mesh.add_client_sidecar();
  HandClient client(mesh);
  auto head = make_request("GET", "backend", "/old/path?q=1");
  head->headers.add("x-secret", "s");
  head->headers.add("x-more", "1");
  client.begin(std::move(head), 0, true);
  run(kSecond);
  EXPECT_EQ(client.status, 200);
  const std::string log = log_of(0);
  EXPECT_TRUE(holds(log, "GET other.example /new/path?q=1")) << log;
  EXPECT_TRUE(holds(log, "x-envoy-original-path=/old/path?q=1")) << log;
  EXPECT_TRUE(holds(log, "x-kind=route")) << "the route's own come last: " << log;
  EXPECT_TRUE(holds(log, "x-of=destination") && holds(log, "x-more=1 ") && holds(log, "x-more=2")) << log;
  EXPECT_FALSE(holds(log, "x-secret")) << log;
  EXPECT_EQ(headers_text(client.answer->headers), " x-from=destination x-seen=route");
}

TEST_P(Routing, RedirectsAndAnswers) {
  mesh.route().cluster.clear();
  mesh.route().redirect = RedirectAction{"/there", std::nullopt, "new.example", "https", 0, 302};
  RouteConfigEntry direct;
  direct.match.path = "/direct";
  direct.direct_response = {418, "short and stout"};
  direct.headers.response.add = {{"x-a", "b"}};
  RouteConfigEntry prefix;
  prefix.match.path = "/prefix";
  prefix.redirect = RedirectAction{std::nullopt, "/p", "", "", 81, 308};
  auto& routes = mesh.routes.virtual_hosts[0].routes;
  routes.insert(routes.begin(), {direct, prefix});
  mesh.add_client_sidecar();
  HandClient client(mesh);
  client.get("backend:80", "/x?q=1");
  run(kSecond);
  EXPECT_EQ(client.status, 302);
  EXPECT_EQ(client.answer->headers.get("location"), "https://new.example/there?q=1");
  client.get("backend:80", "/prefix/x");
  run(kSecond);
  EXPECT_EQ(client.status, 308);
  EXPECT_EQ(client.answer->headers.get("location"), "http://backend:81/p/x");
  client.get("backend", "/direct/x");
  run(kSecond);
  EXPECT_EQ(client.status, 418);
  EXPECT_EQ(client.text, "short and stout");
  EXPECT_EQ(client.answer->headers.get("x-a"), "b");
  EXPECT_EQ(client.flags, "");
  EXPECT_TRUE(mesh.recorder.attempts.empty());
}

// The request's place in its call path decides, not the order in which requests come.
TEST_P(Routing, WeightsAreSharesAndTheSameRequestGoesTheSameWay) {
  for (std::uint32_t i = 0; i < 3; ++i) add_scripted(i);
  mesh.route().cluster.clear();
  mesh.route().weighted_clusters = {{"a", 60, {}}, {"b", 20, {}}, {"c", 20, {}}};
  mesh.add_client_sidecar();
  add_cluster("a", 0);
  add_cluster("b", 1);
  add_cluster("c", 2);
  HandClient client(mesh);
  constexpr int kRequests = 2000;
  std::map<std::uint32_t, int> counts;
  std::map<std::uint64_t, std::uint32_t> first;
  for (int round = 0; round < 2; ++round) {
    for (std::uint64_t i = 0; i < kRequests; ++i) {
      const std::uint64_t path = round == 0 ? i + 1 : kRequests - i;
      mesh.recorder.attempts.clear();
      client.begin(traced(path), 0, true);
      run(10 * kMillisecond);
      ASSERT_EQ(mesh.recorder.attempts.size(), 1u);
      const std::uint32_t pod = mesh.recorder.attempts[0].to_pod;
      if (round == 0) ++counts[pod];
      if (round == 0) first[path] = pod;
      ASSERT_EQ(first[path], pod) << path;
    }
  }
  EXPECT_NEAR(counts[1], 1200, 4 * 21.9);  // four standard deviations
  EXPECT_NEAR(counts[2], 400, 4 * 17.9);
  EXPECT_NEAR(counts[3], 400, 4 * 17.9);
  if (GetParam() == Wire::modelled) return;
  EXPECT_EQ(counts[1] + counts[2] + counts[3], kRequests);
}

TEST_P(Routing, AFaultDelaysThenAborts) {
  add_scripted(0);
  mesh.route().fault.emplace();
  FaultAction& fault = *mesh.route().fault;
  fault.delay = 3 * kSecond;
  fault.delay_share = 1;
  mesh.route().timeout = kSecond;  // of the upstream alone
  mesh.add_client_sidecar();
  HandClient client(mesh);
  const Time begun = mesh.world.clock.now();
  auto head = make_request("POST", "backend", "/");
  head->content_length = 500'000;
  client.begin(std::move(head), 500'000, true);
  run(10 * kSecond);
  EXPECT_EQ(client.status, 200);
  EXPECT_NEAR(static_cast<double>(client.at - begun), 3e9, 3e7);
  EXPECT_TRUE(holds(log_of(0), "data 500000"));

  fault.abort_status = 555;
  fault.abort_share = 1;
  mesh.configure();
  mesh.recorder.attempts.clear();
  client.get();
  run(2 * kSecond);
  EXPECT_EQ(client.status, 0);
  run(2 * kSecond);
  EXPECT_EQ(client.status, 555);
  EXPECT_EQ(client.flags, "DI,FI");
  EXPECT_EQ(client.text, "fault filter abort");
  EXPECT_TRUE(mesh.recorder.attempts.empty());

  fault.delay = 0;
  fault.abort_grpc_status = 14;
  mesh.configure();
  auto grpc = make_request("POST", "backend", "/s/m");
  grpc->headers.add("content-type", "application/grpc");
  client.begin(std::move(grpc), 0, true);
  run(kSecond);
  EXPECT_EQ(client.status, 200);
  EXPECT_EQ(client.answer->headers.get("grpc-status"), "14");
  client.get();
  run(kSecond);
  EXPECT_EQ(client.status, 503);
}

TEST_P(Routing, AClientThatLeavesDuringADelayLeavesNothing) {
  add_scripted(0);
  mesh.route().fault.emplace();
  mesh.route().fault->delay = 3 * kSecond;
  mesh.route().fault->delay_share = 1;
  mesh.add_client_sidecar();
  {
    HandClient client(mesh);
    client.get();
    run(kSecond);
  }
  run(10 * kSecond);
  EXPECT_EQ(mesh.client_proxy->connections(), 0u);
  EXPECT_EQ(log_of(0), "");
}

TEST_P(Routing, MirrorsCopyAndForget) {
  add_scripted(0);
  add_scripted(1);
  mesh.route().mirrors = {{"shadow", 1}, {"unknown", 1}, {"shadow", 0}};
  mesh.add_client_sidecar();
  add_cluster("outbound|8080||backend", 0);
  add_cluster("shadow", 1);
  HandClient client(mesh);
  auto head = make_request("POST", "backend:8080", "/x");
  head->content_length = 300'000;
  head->headers.add("x-status", "503");
  client.begin(std::move(head), 300'000, true);
  run(kSecond);
  EXPECT_EQ(client.status, 503);
  EXPECT_TRUE(holds(log_of(0), "POST backend:8080 /x")) << log_of(0);
  EXPECT_TRUE(holds(log_of(1), "POST backend-shadow:8080 /x")) << log_of(1);
  EXPECT_TRUE(holds(log_of(1), "data 300000")) << log_of(1);
  ASSERT_EQ(mesh.recorder.attempts.size(), 2u) << "one each, none again";
  EXPECT_NE(mesh.recorder.attempts[0].to_pod, mesh.recorder.attempts[1].to_pod);

  // Too large to keep: it goes its own way alone.
  mesh.recorder.attempts.clear();
  head = make_request("POST", "backend:8080", "/x");
  head->content_length = 3'000'000;
  client.begin(std::move(head), 3'000'000, true);
  run(10 * kSecond);
  EXPECT_EQ(client.status, 200);
  EXPECT_EQ(mesh.recorder.attempts.size(), 1u);

  // A copy that is never answered keeps nobody waiting, and ends with its proxy.
  servers.back().second->on_request_ended = [](ServerExchange&) {};
  for (auto& [place, server] : servers) {
    if (place == 1) server->on_request_ended = [](ServerExchange&) {};
  }
  client.get();
  run(kSecond);
  EXPECT_EQ(client.status, 200);
  mesh.client_proxy = nullptr;
  run(kSecond);
}

TEST_P(Routing, ATryThatTakesTooLongIsTriedAgain) {
  add_scripted(0);
  add_scripted(1);
  mesh.route().retry = {};
  mesh.route().retry.attempts = 2;
  mesh.route().retry.on_gateway_error = true;
  mesh.route().retry.per_try_timeout = 300 * kMillisecond;
  mesh.route().retry.skip_previous_hosts = true;
  mesh.route().timeout = 10 * kSecond;
  mesh.add_client_sidecar();
  HandClient client(mesh);
  const Time begun = mesh.world.clock.now();
  auto head = make_request("GET", "backend", "/");
  head->headers.add("x-wait", "1");
  client.begin(std::move(head), 0, true);
  run(20 * kSecond);
  EXPECT_EQ(client.status, 504);
  EXPECT_EQ(client.flags, "UT,URX");
  ASSERT_EQ(mesh.recorder.attempts.size(), 3u);
  for (const AttemptRecord& attempt : mesh.recorder.attempts) {
    EXPECT_EQ(attempt.failure, Failure::timeout);
    EXPECT_NEAR(static_cast<double>(attempt.done - attempt.at), 3e8, 1e7);
  }
  EXPECT_NE(mesh.recorder.attempts[0].to_pod, mesh.recorder.attempts[1].to_pod);
  EXPECT_LT(client.at - begun, kSecond + 300 * kMillisecond);
}

TEST_P(Routing, RetriesByStatusAndWithinTheBudget) {
  add_scripted(0);
  mesh.route().retry.attempts = 5;
  mesh.route().retry.on_status = {418};
  mesh.cluster.breakers.retry_budget = RetryBudget{20, 1};
  mesh.add_client_sidecar();
  HandClient client(mesh);
  auto head = make_request("GET", "backend", "/");
  head->headers.add("x-status", "418");
  client.begin(std::move(head), 0, true);
  run(20 * kSecond);
  EXPECT_EQ(client.status, 418);
  EXPECT_EQ(mesh.recorder.attempts.size(), 6u);
  mesh.cluster.breakers.retry_budget = RetryBudget{20, 0};
  mesh.configure();
  mesh.recorder.attempts.clear();
  head = make_request("GET", "backend", "/");
  head->headers.add("x-status", "418");
  client.begin(std::move(head), 0, true);
  run(20 * kSecond);
  EXPECT_EQ(mesh.recorder.attempts.size(), 1u) << "a fifth of one request is no retry";
}

TEST_P(Routing, CorsAnswersPreflightsAndMarksAnswers) {
  add_scripted(0);
  auto rules = std::make_shared<CorsRules>();
  rules->allow_origins = {{StringMatch::Kind::exact, "https://good.example", false}};
  rules->allow_methods = {"GET", "POST"};
  rules->allow_headers = {"x-a"};
  rules->expose_headers = {"x-b"};
  rules->max_age = 60 * kSecond;
  rules->allow_credentials = true;
  mesh.route().cors = rules;
  mesh.add_client_sidecar();
  HandClient client(mesh);
  const auto preflight = [&](const char* origin) {
    auto head = make_request("OPTIONS", "backend", "/");
    head->headers.add("origin", origin);
    head->headers.add("access-control-request-method", "POST");
    client.begin(std::move(head), 0, true);
    run(kSecond);
    return headers_text(client.answer->headers);
  };
  EXPECT_EQ(preflight("https://good.example"),
            " access-control-allow-origin=https://good.example access-control-allow-credentials=true"
            " access-control-allow-methods=GET,POST access-control-allow-headers=x-a access-control-max-age=60");
  EXPECT_EQ(log_of(0), "");
  EXPECT_EQ(preflight("https://bad.example"), " x-answer=yes") << "passed on";
  auto head = make_request("GET", "backend", "/");
  head->headers.add("origin", "https://good.example");
  client.begin(std::move(head), 0, true);
  run(kSecond);
  EXPECT_EQ(headers_text(client.answer->headers),
            " x-answer=yes access-control-allow-origin=https://good.example access-control-allow-credentials=true"
            " access-control-expose-headers=x-b");
  auto strict = std::make_shared<CorsRules>(*rules);
  strict->forward_not_matching_preflights = false;
  mesh.route().cors = strict;
  mesh.configure();
  EXPECT_EQ(preflight("https://bad.example"), "") << "answered, with nothing allowed";
}

TEST_P(Routing, AListenersRateLimit) {
  add_scripted(0);
  mesh.add_client_sidecar();
  ListenerConfig listener;
  listener.name = "0.0.0.0_8080";
  listener.address = {0, kPort};
  listener.route_config = "8080";
  RateLimitConfig& limit = listener.filters.rate_limit.emplace();
  limit.max_tokens = 2;
  limit.fill_interval = 10 * kSecond;
  limit.response_headers = {{"x-limited", "yes"}};
  HandClient client(mesh);  // a connection that was there before
  mesh.client_proxy->config().on_listener(std::make_shared<ListenerConfig>(listener));
  std::string seen;
  const auto ask = [&] {
    client.get();
    run(100 * kMillisecond);
    seen += std::to_string(client.status) + " ";
  };
  for (int i = 0; i < 4; ++i) ask();
  EXPECT_EQ(client.flags, "RL");
  EXPECT_EQ(client.text, "local_rate_limited");
  EXPECT_EQ(client.answer->headers.get("x-limited"), "yes");
  listener.route_config = "8080";
  mesh.client_proxy->config().on_listener(std::make_shared<ListenerConfig>(listener));
  ask();  // the same limit, told again: the bucket stays as it is
  run(10 * kSecond);
  ask();
  ask();
  EXPECT_EQ(seen, "200 200 429 429 429 200 429 ");
  listener.filters = {};
  mesh.client_proxy->config().on_listener(std::make_shared<ListenerConfig>(listener));
  ask();
  EXPECT_EQ(client.status, 200);
}

TEST_P(Routing, ARateLimitOfWhatComesIn) {
  mesh.add_backend_pod();
  WorkloadConfig config;
  config.port = kPort;
  mesh.add_workload(0, config);
  ListenerConfig inbound;
  inbound.name = kVirtualInbound;
  inbound.address = {0, 15006};
  inbound.filters.rate_limit.emplace();
  inbound.filters.rate_limit->max_tokens = 1;
  inbound.filters.rate_limit->fill_interval = 100 * kSecond;
  mesh.proxies[0]->config().on_listener(std::make_shared<ListenerConfig>(inbound));
  mesh.add_client_sidecar();
  HandClient client(mesh);
  client.get();
  run(kSecond);
  EXPECT_EQ(client.status, 200);
  client.get();
  run(kSecond);
  EXPECT_EQ(client.status, 429);
  ASSERT_EQ(mesh.recorder.attempts.size(), 2u);
  EXPECT_EQ(mesh.recorder.attempts[1].status, 429);
}

TEST_P(Routing, HashingByACookieThatIsMade) {
  for (std::uint32_t i = 0; i < 4; ++i) add_scripted(i);
  mesh.cluster.lb_policy = LbPolicy::ring_hash;
  mesh.route().hash = {{HashPolicy::Kind::header, "x-user", "", std::nullopt},
                       {HashPolicy::Kind::cookie, "session", "/", 60 * kSecond}};
  mesh.add_client_sidecar();
  HandClient client(mesh);
  client.get();
  run(kSecond);
  const std::string made(client.answer->headers.get("set-cookie"));
  EXPECT_TRUE(made.starts_with("session=\"") && made.ends_with("\"; Max-Age=60; Path=/; HttpOnly")) << made;
  const std::uint32_t pod = mesh.recorder.attempts[0].to_pod;
  for (int i = 0; i < 10; ++i) {
    HandClient other(mesh);
    auto head = make_request("GET", "backend", "/");
    head->headers.add("cookie", "a=b; " + made.substr(0, made.find(';')));
    other.begin(std::move(head), 0, true);
    run(kSecond);
    EXPECT_FALSE(other.answer->headers.has("set-cookie"));
    EXPECT_EQ(mesh.recorder.attempts.back().to_pod, pod);
  }
  std::map<std::uint32_t, int> pods;
  for (int i = 0; i < 40; ++i) {
    auto head = make_request("GET", "backend", "/");
    head->headers.add("x-user", "user-" + std::to_string(i));
    client.begin(std::move(head), 0, true);
    run(kSecond);
    ++pods[mesh.recorder.attempts.back().to_pod];
  }
  EXPECT_EQ(pods.size(), 4u);
}

TEST_P(Routing, RefusesWhatItCannotActOn) {
  mesh.add_client_sidecar();
  RouteConfig routes = mesh.routes;
  routes.virtual_hosts[0].routes[0].match.path_kind = RouteMatch::PathKind::regex;
  routes.virtual_hosts[0].routes[0].match.path = "/(unclosed";
  const auto problem = mesh.client_proxy->config().on_routes(std::make_shared<RouteConfig>(routes));
  ASSERT_TRUE(problem.has_value());
  EXPECT_TRUE(holds(*problem, "/(unclosed")) << *problem;
  ListenerConfig listener;
  listener.name = "l";
  listener.address = {0, 80};
  listener.tcp_routes = {{{}, {"nowhere"}, {{"c", 1, {}}}}};
  EXPECT_TRUE(mesh.client_proxy->config().on_listener(std::make_shared<ListenerConfig>(listener)).has_value());
}

}  // namespace
}  // namespace meshtwin::testing_world
