// A chain of filters between a client and the router: their order, pausing, answering, and ends of every kind.

#include "mesh/proxy/filter_chain.h"

#include <gtest/gtest.h>

#include "mesh/proxy/http_server.h"
#include "mesh/runtime/clock.h"
#include "tests/unit/support/http_script.h"
#include "tests/unit/support/mesh_fixture.h"

namespace meshtwin::testing_world {
namespace {

constexpr std::uint16_t kProxyPort = 9999;

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

// What a filter of a test does; counts what it saw.
struct Behaviour {
  std::string name;
  Duration pause_request = -1;   // at its head, for so long; negative: no pause
  Duration pause_data = -1;      // at its first data
  Duration pause_response = -1;  // at the answer's first data
  int answer = 0;                // with that status, at once or after the pause
  int over = 0;
  int complete = 0;
  std::size_t data = 0;
  std::size_t response_data = 0;
};

class Scripted final : public HttpFilter {
 public:
  Scripted(Clock& clock, FilterControl& control, Behaviour& behaviour)
      : clock_(clock), control_(control), does_(behaviour) {}

  FilterStep on_request_head(RequestHead& head, bool) override {
    head.headers.add("x-order", does_.name);
    if (does_.pause_request >= 0) return later(does_.pause_request, true);
    return does_.answer != 0 && does_.pause_data < 0 ? answer() : FilterStep::proceed;
  }
  FilterStep on_request_data(Buffer& data, bool) override {
    does_.data += data.size();
    if (does_.pause_data < 0 || std::exchange(paused_data_, true)) return FilterStep::proceed;
    return later(does_.pause_data, true);
  }
  FilterStep on_response_head(ResponseHead& head, bool) override {
    head.headers.add("x-order", does_.name);
    return FilterStep::proceed;
  }
  FilterStep on_response_data(Buffer& data, bool) override {
    does_.response_data += data.size();
    if (does_.pause_response < 0 || std::exchange(paused_response_, true)) return FilterStep::proceed;
    return later(does_.pause_response, false);
  }
  void on_over(bool complete) override {
    ++does_.over;
    does_.complete += complete ? 1 : 0;
  }

 private:
  FilterStep later(Duration wait, bool request) {
    timer_ = clock_.after(wait, [this, request] {
      if (does_.answer != 0) {
        answer();
      } else {
        request ? control_.resume_request() : control_.resume_response();
      }
    });
    return FilterStep::pause;
  }
  FilterStep answer() {
    control_.answer(std::make_unique<ResponseHead>(static_cast<std::uint16_t>(does_.answer)), Buffer("denied"));
    return FilterStep::answered;
  }

  Clock& clock_;
  FilterControl& control_;
  Behaviour& does_;
  bool paused_data_ = false;
  bool paused_response_ = false;
  Timer timer_;
};

struct ScriptedMaker final : HttpFilterMaker {
  ScriptedMaker(Clock& the_clock, Behaviour& the_behaviour) : clock(the_clock), behaviour(the_behaviour) {}
  std::unique_ptr<HttpFilter> make(FilterControl& control) const override {
    return std::make_unique<Scripted>(clock, control, behaviour);
  }
  Clock& clock;
  Behaviour& behaviour;
};

class FilterChain : public ::testing::Test {
 protected:
  void SetUp() override {
    Pod& pod = mesh.world.pod(backend_ip(0));
    ProxyContext& context = mesh.context(1, pod.ip());
    server = std::make_unique<HttpServer>(context);
    routes = std::make_shared<ToApplication>(context);
    for (Behaviour* behaviour : {&a, &b}) {
      makers.push_back(std::make_unique<ScriptedMaker>(mesh.world.clock, *behaviour));
    }
    proxy_listens = pod.listen({0, kProxyPort}, [this](AcceptedStream accepted) {
      server->serve(std::move(accepted.stream), mesh.codec(), {accepted.peer, accepted.original_destination, {}},
                    routes, &makers);
    });
    application_listens = pod.listen({0, kPort}, [this](AcceptedStream accepted) {
      applications.push_back(std::make_unique<ScriptServer>(mesh.world, mesh.codec(), std::move(accepted.stream)));
    });
  }
  void send(std::vector<ScriptRequest> requests) {
    dial = mesh.world.pod(kClientIp).dial(
        {backend_ip(0), kProxyPort}, {}, [this, requests](std::unique_ptr<ByteStream> stream, DialError) {
          client = std::make_unique<ScriptClient>(mesh.world, mesh.codec(), std::move(stream), requests);
        });
    run(50 * kMillisecond);
  }
  void run(Duration time) { mesh.world.clock.run_until(mesh.world.clock.now() + time); }
  std::string application_log() {
    std::string text;
    for (const auto& application : applications) text += application->log.text();
    return text;
  }
  static bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

  MeshFixture mesh{Wire::real};
  Behaviour a{.name = "a"};
  Behaviour b{.name = "b"};
  HttpFilterMakers makers;
  std::shared_ptr<ToApplication> routes;
  std::unique_ptr<HttpServer> server;
  std::vector<std::unique_ptr<ScriptServer>> applications;
  std::unique_ptr<ScriptClient> client;
  Handle proxy_listens;
  Handle application_listens;
  Handle dial;
};

TEST_F(FilterChain, RequestsPassFromFirstToLastAndAnswersBack) {
  send({{.method = "POST", .headers = {{"x-body", "500"}}, .body = 3000}, {.headers = {}}});
  run(kSecond);
  EXPECT_TRUE(holds(application_log(), "x-order=a x-order=b"));
  EXPECT_TRUE(holds(client->log.text(), "x-order=b x-order=a length=500\ndata 500\nend\n200"));
  EXPECT_EQ(a.data, 3000u);
  EXPECT_EQ(b.data, 3000u);
  EXPECT_EQ(a.response_data, 500u);
  EXPECT_EQ(a.over, 2);
  EXPECT_EQ(a.complete, 2);
}

TEST_F(FilterChain, APausedHeadHoldsWhatFollowsItAndTheSender) {
  a.pause_request = kSecond;
  send({{.method = "POST", .headers = {}, .body = 1'000'000}});
  run(500 * kMillisecond);
  EXPECT_EQ(application_log(), "");
  EXPECT_EQ(b.data, 0u);
  EXPECT_LT(mesh.world.wire.bytes, 300'000u);  // one read and one buffer: the client is held back
  run(2 * kSecond);
  EXPECT_TRUE(holds(application_log(), "data 1000000\nend"));
  EXPECT_TRUE(holds(client->log.text(), "200"));
}

TEST_F(FilterChain, PausedDataLetsTheHeadGoOn) {
  b.pause_data = kSecond;
  send({{.method = "POST", .headers = {}, .body = 5000}});
  run(500 * kMillisecond);
  EXPECT_TRUE(holds(application_log(), "POST"));
  EXPECT_FALSE(holds(application_log(), "data"));
  run(kSecond);
  EXPECT_TRUE(holds(application_log(), "data 5000\nend"));
}

TEST_F(FilterChain, AFilterAnswersAtOnceOrLaterAndNothingGoesUpstream) {
  for (const Duration pause : {Duration(-1), kSecond}) {
    b.pause_request = pause;
    b.answer = 403;
    send({{.method = "POST", .headers = {}, .body = 10}});
    run(3 * kSecond);
    EXPECT_TRUE(holds(client->log.text(), "403 x-order=b x-order=a length=6\ndata 6\nend"));
    EXPECT_EQ(application_log(), "");
  }
  EXPECT_EQ(a.complete, 2);
}

TEST_F(FilterChain, APausedAnswerHoldsTheUpstreamBack) {
  a.pause_response = kSecond;
  send({{.headers = {{"x-body", "2000000"}}}});
  run(500 * kMillisecond);
  EXPECT_TRUE(holds(client->log.text(), "200"));
  EXPECT_FALSE(holds(client->log.text(), "data"));
  EXPECT_LT(mesh.world.wire.bytes, 400'000u);
  run(5 * kSecond);
  EXPECT_TRUE(holds(client->log.text(), "data 2000000\nend"));
  EXPECT_EQ(a.complete, 1);
}

TEST_F(FilterChain, APauseAtAnAnswersEndOutlivesTheUpstreamsExchange) {
  b.pause_response = kSecond;
  send({{.headers = {{"x-body", "100"}}}, {.headers = {}}});
  run(500 * kMillisecond);
  EXPECT_FALSE(holds(client->log.text(), "data"));
  EXPECT_EQ(b.over, 0);
  run(3 * kSecond);
  EXPECT_TRUE(holds(client->log.text(), "data 100\nend\n200"));
  EXPECT_EQ(b.complete, 2);
}

TEST_F(FilterChain, AProxyThatDiesTakesPausedExchangesWithIt) {
  a.pause_request = kSecond;
  b.pause_response = kSecond;
  send({{.headers = {{"x-body", "100"}}}});
  server = nullptr;
  run(3 * kSecond);
  EXPECT_TRUE(client->closed);
}

constexpr const char* kSampled = "00-0123456789abcdeffedcba9876543210-00000000deadbeef-01";

TEST_F(FilterChain, WhatFiltersTakeIsTheProxysOwnTime) {
  mesh.context_of(0).tracing = {0, Propagation::w3c};
  a.pause_request = 30 * kMillisecond;
  send({{.headers = {{"traceparent", kSampled}}}, {}});
  run(kSecond);
  ASSERT_EQ(mesh.recorder.spans.size(), 1u) << "the other is not sampled";
  const SpanRecord& span = mesh.recorder.spans[0];
  EXPECT_EQ(span.kind, SpanKind::inbound);
  EXPECT_EQ(span.parent, 0xdeadbeefu);
  EXPECT_EQ(span.sent - span.begin - span.connecting, 30 * kMillisecond);
  EXPECT_EQ(span.status, 200);
}

TEST_F(FilterChain, WhatAFilterAnswersLeavesASpanThatWentNowhere) {
  mesh.context_of(0).tracing = {0, Propagation::w3c};
  a.answer = 403;
  a.pause_request = 5 * kMillisecond;
  send({{.headers = {{"traceparent", kSampled}}}});
  run(kSecond);
  ASSERT_EQ(mesh.recorder.spans.size(), 1u);
  EXPECT_EQ(mesh.recorder.spans[0].status, 403);
  EXPECT_EQ(mesh.recorder.spans[0].attempts, 0u);
  EXPECT_EQ(mesh.recorder.spans[0].end - mesh.recorder.spans[0].begin, 5 * kMillisecond);
}

TEST_F(FilterChain, ATryThatAFilterCutsOffHasAnEnd) {
  mesh.context_of(0).tracing = {0, Propagation::w3c};
  a.answer = 413;
  a.pause_data = 5 * kMillisecond;
  send({{.method = "POST", .headers = {{"traceparent", kSampled}, {"x-wait", "1"}}, .body = 3000}});
  run(kSecond);
  ASSERT_EQ(mesh.recorder.spans.size(), 1u);
  const SpanRecord& span = mesh.recorder.spans[0];
  EXPECT_EQ(span.status, 413);
  EXPECT_EQ(span.attempts, 1u);
  EXPECT_LE(span.begin, span.sent);
  EXPECT_LE(span.sent, span.returned);
  EXPECT_LE(span.returned, span.end);
}

TEST_F(FilterChain, AClientThatWentAwayIsInTheSpan) {
  mesh.context_of(0).tracing = {0, Propagation::w3c};
  send({{.headers = {{"traceparent", kSampled}, {"x-wait", "1"}}}});
  run(kSecond);
  client = nullptr;
  run(kSecond);
  ASSERT_EQ(mesh.recorder.spans.size(), 1u);
  EXPECT_EQ(mesh.recorder.spans[0].failure, Failure::reset);
}

TEST_F(FilterChain, TheAccessLogHasALineForEachRequest) {
  mesh.context_of(0).access_log = true;
  send({{.method = "POST",
         .headers = {{"x-body", "500"}, {"user-agent", "curl"}, {"content-type", "application/grpc+proto"}},
         .body = 3000},
        {.headers = {{"x-status", "404"}}}});
  run(kSecond);
  ASSERT_EQ(mesh.recorder.accesses.size(), 2u);
  const std::string& first = mesh.recorder.accesses[0].line;
  EXPECT_TRUE(holds(first, "\"POST /r/0 HTTP/1.1\" 200 - via_upstream - \"-\" 3000 500 ")) << first;
  EXPECT_TRUE(holds(first, "\"curl\"")) << first;
  EXPECT_TRUE(holds(first, "\"backend:8080\" \"127.0.0.1:8080\"")) << first;
  EXPECT_TRUE(first.ends_with(" Unknown")) << first;  // gRPC's, where the answer says none
  const std::string& second = mesh.recorder.accesses[1].line;
  EXPECT_TRUE(holds(second, "\"GET /r/1 HTTP/1.1\" 404 - via_upstream")) << second;
  EXPECT_TRUE(second.ends_with(" -")) << second;
}

TEST_F(FilterChain, AnExtraDelayHoldsEachRequestBackAndNoCore) {
  mesh.context_of(0).extra_delay = 200 * kMillisecond;
  send({{.body = 3000}, {}});
  run(100 * kMillisecond);
  EXPECT_FALSE(holds(application_log(), "GET")) << application_log();
  run(kSecond);
  EXPECT_TRUE(holds(application_log(), "/r/0")) << application_log();
  EXPECT_TRUE(holds(application_log(), "/r/1")) << application_log();
  EXPECT_TRUE(holds(client->log.text(), "end\n")) << client->log.text();
}

TEST_F(FilterChain, AnExtraDelayOfAClientThatGoesAwayIsForgotten) {
  mesh.context_of(0).extra_delay = 200 * kMillisecond;
  send({{}});
  server = nullptr;
  run(kSecond);
  EXPECT_FALSE(holds(application_log(), "/r/0")) << application_log();
}

// As a waypoint serves: it knows its client, and has no filter that says so to the application.
TEST_F(FilterChain, AnAccessLogLetsNoForgedCertificateThrough) {
  mesh.context_of(0).access_log = true;
  proxy_listens = nullptr;
  proxy_listens = mesh.world.pod(backend_ip(0)).listen({0, kProxyPort}, [this](AcceptedStream accepted) {
    ConnectionFacts facts{accepted.peer, accepted.original_destination, "spiffe://cluster.local/ns/default/sa/client"};
    server->serve(std::move(accepted.stream), mesh.codec(), std::move(facts), routes, nullptr);
  });
  send({{.headers = {{"x-forwarded-client-cert", "By=forged"}}}});
  run(kSecond);
  EXPECT_TRUE(holds(application_log(), "GET ")) << application_log();
  EXPECT_FALSE(holds(application_log(), "forged")) << application_log();
}

TEST_F(FilterChain, TheAccessLogHasTheStatusThatAGrpcAnswerEndsWith) {
  mesh.context_of(0).access_log = true;
  const std::pair<std::string, std::string> grpc{"content-type", "application/grpc"};
  send({{.headers = {grpc, {"x-body", "50"}, {"x-piece", "20"}, {"x-grpc-status", "5"}}},
        {.headers = {grpc, {"x-body", "50"}, {"x-piece", "20"}, {"x-grpc-status", "0"}}}});
  run(kSecond);
  EXPECT_TRUE(holds(client->log.text(), "trailers grpc-status=5\nend\n")) << client->log.text();
  ASSERT_EQ(mesh.recorder.accesses.size(), 2u);
  EXPECT_TRUE(mesh.recorder.accesses[0].line.ends_with(" NotFound")) << mesh.recorder.accesses[0].line;
  EXPECT_TRUE(mesh.recorder.accesses[1].line.ends_with(" OK")) << mesh.recorder.accesses[1].line;
}

TEST_F(FilterChain, TheAccessLogSaysWhenAClientWentAway) {
  mesh.context_of(0).access_log = true;
  send({{.headers = {{"x-wait", "1"}}}});
  run(kSecond);
  client = nullptr;
  run(kSecond);
  ASSERT_EQ(mesh.recorder.accesses.size(), 1u);
  EXPECT_TRUE(holds(mesh.recorder.accesses[0].line, "\" 0 DC downstream_remote_disconnect "))
      << mesh.recorder.accesses[0].line;
}

}  // namespace
}  // namespace meshtwin::testing_world
