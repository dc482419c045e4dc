// Labels on their way through a proxy: a request that comes in, and one of the same trace that its application sends
// out.

#include "mesh/proxy/traffic_label_filter.h"

#include <gtest/gtest.h>

#include "mesh/proxy/http_server.h"
#include "mesh/runtime/clock.h"
#include "tests/unit/support/http_script.h"
#include "tests/unit/support/mesh_fixture.h"

namespace meshtwin::testing_world {
namespace {

constexpr std::uint16_t kInbound = 15006;
constexpr std::uint16_t kOutbound = 15001;
constexpr const char* kTrace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
constexpr const char* kOfTheSame = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-00";

struct ToApplication final : RouteSource {
  explicit ToApplication(ProxyContext& context)
      : upstream(make_static_upstream(context, "application", {kLoopback, kPort})) {}
  RouteDecision decide(const RequestHead&, SocketAddress, RouteDraws&) override {
    return {&route.route(), nullptr, upstream, nullptr};
  }
  bool records_attempts() const override { return false; }
  const FixedRoute route{"", "application"};
  const std::shared_ptr<Upstream> upstream;
};

// One proxy with an inbound and an outbound port; whatever passes either ends at the same application, which logs it.
class TrafficLabelFilter : public ::testing::TestWithParam<Wire> {
 protected:
  void SetUp() override {
    TrafficLabelConfig config;
    config.rules = {{"x-lane", {{LabelSource::Kind::inbound_request_header, "x-lane", ""}}, {}}};
    config.baggage_headers = {"x-user"};
    Pod& pod = mesh.world.pod(backend_ip(0));
    ProxyContext& context = mesh.context(1, pod.ip());
    server = std::make_unique<HttpServer>(context);
    routes = std::make_shared<ToApplication>(context);
    inbound.push_back(std::make_unique<TrafficLabelInbound>(context, config, store));
    outbound.push_back(std::make_unique<TrafficLabelOutbound>(context, config, &store));
    for (const std::uint16_t port : {kInbound, kOutbound}) {
      listeners.push_back(pod.listen({0, port}, [this, port](AcceptedStream accepted) {
        server->serve(std::move(accepted.stream), mesh.codec(), {accepted.peer, accepted.original_destination, {}},
                      routes, port == kInbound ? &inbound : &outbound);
      }));
    }
    listeners.push_back(pod.listen({0, kPort}, [this](AcceptedStream accepted) {
      applications.push_back(std::make_unique<ScriptServer>(mesh.world, mesh.codec(), std::move(accepted.stream)));
    }));
  }
  void send(std::uint16_t port, std::vector<std::pair<std::string, std::string>> headers) {
    dials.push_back(mesh.world.pod(kClientIp).dial(
        {backend_ip(0), port}, {}, [this, headers](std::unique_ptr<ByteStream> stream, DialError) {
          clients.push_back(std::make_unique<ScriptClient>(mesh.world, mesh.codec(), std::move(stream),
                                                           std::vector<ScriptRequest>{{.headers = headers}}));
        }));
    run(50 * kMillisecond);
  }
  void run(Duration time) { mesh.world.clock.run_until(mesh.world.clock.now() + time); }
  // What the application has got since it was asked last.
  std::string got() {
    std::string text;
    for (const auto& application : applications) text += application->log.text();
    const std::string fresh = text.substr(seen_);
    seen_ = text.size();
    return fresh;
  }
  static bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

  TraceLabels store;
  MeshFixture mesh{GetParam()};
  HttpFilterMakers inbound, outbound;
  std::shared_ptr<ToApplication> routes;
  std::unique_ptr<HttpServer> server;
  std::vector<std::unique_ptr<ScriptServer>> applications;
  std::vector<std::unique_ptr<ScriptClient>> clients;
  std::vector<Handle> listeners, dials;

 private:
  std::size_t seen_ = 0;
};

TEST_P(TrafficLabelFilter, TheLabelOfATraceIsOnWhatTheApplicationSendsForIt) {
  send(kInbound, {{"x-lane", "s2"}, {"traceparent", kTrace}});
  EXPECT_EQ(store.size(), 1u);
  got();
  send(kOutbound, {{"traceparent", kOfTheSame}});
  EXPECT_TRUE(holds(got(), "x-lane=s2"));
  send(kOutbound, {{"traceparent", "00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"}});
  EXPECT_FALSE(holds(got(), "x-lane"));
  run(TraceLabelLimits().grace);
  send(kOutbound, {{"traceparent", kOfTheSame}});
  EXPECT_FALSE(holds(got(), "x-lane")) << "the request is long over";
  EXPECT_EQ(store.size(), 0u);
}

TEST_P(TrafficLabelFilter, BaggageIsWrittenOnTheWayInAndReadOnTheWayOut) {
  send(kInbound, {{"x-user", "jason"}});
  EXPECT_TRUE(holds(got(), "baggage=x-user=jason"));
  send(kOutbound, {{"baggage", "x-user=jason"}});
  EXPECT_TRUE(holds(got(), "x-user=jason"));
}

// Of a request whose client goes away before it is answered nothing stays for longer than the grace.
TEST_P(TrafficLabelFilter, ARequestThatIsGivenUpIsOver) {
  send(kInbound, {{"x-lane", "s2"}, {"traceparent", kTrace}, {"x-wait", "yes"}});
  run(20 * kSecond);
  clients.clear();
  run(TraceLabelLimits().grace + kSecond);
  EXPECT_EQ(store.find("none", "x-lane", mesh.world.clock.now()), nullptr);
  EXPECT_EQ(store.size(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Wires, TrafficLabelFilter, ::testing::Values(Wire::real, Wire::modelled),
                         [](const auto& info) { return info.param == Wire::real ? "real" : "modelled"; });

}  // namespace
}  // namespace meshtwin::testing_world
