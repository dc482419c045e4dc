// The spans of requests on their way through sidecars, with both codecs, in a world of memory.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/support/mesh_fixture.h"

namespace meshtwin::testing_world {
namespace {

constexpr const char* kSampled = "00-0123456789abcdeffedcba9876543210-00000000deadbeef-01";
constexpr const char* kUnsampled = "00-0123456789abcdeffedcba9876543210-00000000deadbeef-00";
using Fields = std::vector<std::pair<std::string, std::string>>;

class Tracing : public ::testing::TestWithParam<Wire> {
 protected:
  MeshFixture mesh{GetParam()};
  void run(Duration time) { mesh.world.clock.run_until(mesh.world.clock.now() + time); }

  void add_backends(std::uint32_t count) {
    WorkloadConfig config;
    config.service = "backend";
    config.port = kPort;
    config.workers = 64;
    HandlerStep step;
    step.compute.a = 5 * kMillisecond;
    config.handler = {step};
    for (std::uint32_t i = 0; i < count; ++i) {
      mesh.add_backend_pod();
      mesh.add_workload(i, config);
    }
  }
  void trace(double sampling = 0, Propagation propagation = Propagation::w3c) {
    for (std::size_t i = 0; i <= mesh.proxies.size(); ++i) mesh.context_of(i).tracing = {sampling, propagation};
  }
  void get(HandClient& client, const Fields& fields) {
    auto head = make_request("GET", "backend:8080", "/");
    for (const auto& [name, value] : fields) head->headers.add(name, value);
    client.begin(std::move(head), 0, true);
    run(kSecond);
  }
  const SpanRecord& only(SpanKind kind) {
    const auto has = [kind](const SpanRecord& span) { return span.kind == kind; };
    EXPECT_EQ(std::ranges::count_if(mesh.recorder.spans, has), 1) << name_of(kind);
    return *std::ranges::find_if(mesh.recorder.spans, has);
  }
};

INSTANTIATE_TEST_SUITE_P(Codecs, Tracing, ::testing::Values(Wire::real, Wire::modelled),
                         [](const auto& parameter) { return parameter.param == Wire::real ? "http1" : "modelled"; });

TEST_P(Tracing, EachHopIsTheParentOfTheNext) {
  add_backends(1);
  mesh.add_client_sidecar();
  trace();
  HandClient client(mesh);
  get(client, {{"traceparent", kSampled}});
  ASSERT_EQ(client.status, 200);
  ASSERT_EQ(mesh.recorder.spans.size(), 3u);
  const SpanRecord& outbound = only(SpanKind::outbound);
  const SpanRecord& inbound = only(SpanKind::inbound);
  const SpanRecord& server = only(SpanKind::server);
  EXPECT_EQ(outbound.parent, 0xdeadbeefu);
  EXPECT_EQ(inbound.parent, outbound.span);
  EXPECT_EQ(server.parent, inbound.span);
  EXPECT_EQ(outbound.pod, 0u);
  EXPECT_EQ(outbound.peer, 1u);
  EXPECT_EQ(inbound.pod, 1u);
  EXPECT_EQ(server.pod, 1u);
  for (const SpanRecord& span : mesh.recorder.spans) {
    EXPECT_EQ(span.trace_high, 0x0123456789abcdefULL);
    EXPECT_EQ(span.trace_low, 0xfedcba9876543210ULL);
    EXPECT_LE(span.begin, span.sent);
    EXPECT_LE(span.sent, span.returned);
    EXPECT_LE(span.returned, span.end);
    EXPECT_EQ(span.status, 200);
    EXPECT_EQ(span.failure, Failure::none);
  }
  // A hop takes 100 us, a connection 200; nothing else costs time here.
  EXPECT_EQ(inbound.begin - outbound.sent, 100 * kMicrosecond);
  EXPECT_EQ(outbound.returned - inbound.end, 100 * kMicrosecond);
  EXPECT_GT(outbound.connecting, 0);
  EXPECT_EQ(outbound.connecting, outbound.sent - outbound.begin);
  EXPECT_EQ(outbound.dialling, outbound.connecting);
  EXPECT_EQ(outbound.method, Method::get);
  EXPECT_EQ(outbound.securing, 0);
  EXPECT_EQ(server.computing, 5 * kMillisecond);
  EXPECT_EQ(server.end - server.begin, 5 * kMillisecond);

  mesh.recorder.spans.clear();
  get(client, {{"traceparent", kSampled}});
  EXPECT_EQ(only(SpanKind::outbound).connecting, 0) << "over the connection that there is";
}

TEST_P(Tracing, WhatIsNotSampledLeavesNoSpan) {
  add_backends(1);
  mesh.add_client_sidecar();
  trace(1);
  HandClient client(mesh);
  get(client, {{"traceparent", kUnsampled}});
  EXPECT_EQ(client.status, 200);
  EXPECT_TRUE(mesh.recorder.spans.empty()) << "decided where it began";
}

TEST_P(Tracing, B3IsReadAndPassedOn) {
  add_backends(1);
  mesh.add_client_sidecar();
  trace();
  HandClient client(mesh);
  for (const Fields& fields : {Fields{{"b3", "0123456789abcdeffedcba9876543210-00000000deadbeef-1"}},
                               Fields{{"x-b3-traceid", "0123456789abcdeffedcba9876543210"},
                                      {"x-b3-spanid", "00000000deadbeef"},
                                      {"x-b3-sampled", "1"}}}) {
    mesh.recorder.spans.clear();
    get(client, fields);
    ASSERT_EQ(mesh.recorder.spans.size(), 3u) << fields.front().first;
    EXPECT_EQ(only(SpanKind::outbound).parent, 0xdeadbeefu);
    EXPECT_EQ(only(SpanKind::inbound).parent, only(SpanKind::outbound).span);
    EXPECT_EQ(only(SpanKind::server).parent, only(SpanKind::inbound).span);
    EXPECT_EQ(only(SpanKind::server).trace_high, 0x0123456789abcdefULL);
  }
}

TEST_P(Tracing, TheFirstProxyBeginsTheTraceOfAClientThatSentNone) {
  add_backends(1);
  mesh.add_client_sidecar();
  trace(1);
  HandClient client(mesh);
  for (const Fields& fields : {Fields{}, Fields{{"traceparent", "nonsense"}}}) {
    mesh.recorder.spans.clear();
    get(client, fields);
    ASSERT_EQ(mesh.recorder.spans.size(), 3u);
    EXPECT_EQ(only(SpanKind::outbound).parent, 0u);
    EXPECT_EQ(only(SpanKind::inbound).parent, only(SpanKind::outbound).span);
  }
  mesh.recorder.spans.clear();
  trace(0);
  get(client, {});
  EXPECT_EQ(client.status, 200);
  EXPECT_TRUE(mesh.recorder.spans.empty());
  mesh.context_of(0).tracing = {1, Propagation::w3c};  // the backend's
  get(client, {});
  EXPECT_TRUE(mesh.recorder.spans.empty()) << "the first has decided for all";
}

TEST_P(Tracing, EarlierTriesAreTimeOfRetrying) {
  mesh.add_backend_pod(false);  // nobody listens there
  mesh.add_backend_pod();
  WorkloadConfig config;
  config.port = kPort;
  mesh.add_workload(1, config);
  mesh.add_client_sidecar();
  trace();
  HandClient client(mesh);
  int retried = 0;
  for (int i = 0; i < 4; ++i) {
    mesh.recorder.spans.clear();
    mesh.recorder.attempts.clear();
    get(client, {{"traceparent", kSampled}});
    EXPECT_EQ(client.status, 200);
    const SpanRecord& span = only(SpanKind::outbound);
    EXPECT_EQ(span.attempts, mesh.recorder.attempts.size());
    EXPECT_EQ(span.peer, 2u);
    if (span.attempts < 2) continue;
    ++retried;
    EXPECT_EQ(span.retrying, mesh.recorder.attempts[1].at - mesh.recorder.attempts[0].at);
    EXPECT_EQ(span.sent - span.begin, span.retrying + span.connecting);
  }
  EXPECT_GE(retried, 1);
}

TEST_P(Tracing, WhatTheProxyAnswersItselfWentNowhere) {
  add_backends(1);
  mesh.route().match.path = "/api";
  mesh.add_client_sidecar();
  trace();
  HandClient client(mesh);
  get(client, {{"traceparent", kSampled}});
  EXPECT_EQ(client.status, 404);
  const SpanRecord& span = only(SpanKind::outbound);
  EXPECT_EQ(span.status, 404);
  EXPECT_EQ(span.attempts, 0u);
  EXPECT_EQ(span.peer, kNoPeer);
  EXPECT_EQ(span.sent, span.end);
}

TEST_P(Tracing, TheHandshakeIsPartOfTheWaitForAConnection) {
  mesh.mtls = Mtls::strict;
  mesh.transport = EndpointTransport::mtls;
  mesh.cluster.identities = {MeshFixture::identity("backend")};
  add_backends(1);
  mesh.add_client_sidecar();
  trace();
  HandClient client(mesh);
  get(client, {{"traceparent", kSampled}});
  ASSERT_EQ(client.status, 200);
  const SpanRecord& first = only(SpanKind::outbound);
  // The dial takes a round trip, the handshake another.
  EXPECT_EQ(first.securing, 200 * kMicrosecond);
  EXPECT_EQ(first.connecting, 400 * kMicrosecond);
  EXPECT_EQ(first.dialling, first.connecting);
  mesh.recorder.spans.clear();
  get(client, {{"traceparent", kSampled}});
  EXPECT_EQ(only(SpanKind::outbound).securing, 0);
}

// The same requests at the same instants, whoever is sampled and however that is said.
TEST_P(Tracing, DrawsAreTheSameWhateverIsSampled) {
  const auto latencies = [](Wire wire, TracingConfig tracing) {
    MeshFixture mesh(wire);
    WorkloadConfig config;
    config.service = "backend";
    config.port = kPort;
    config.workers = 1000;
    HandlerStep step;
    step.compute.kind = DurationModel::Kind::exponential;
    step.compute.a = 3 * kMillisecond;
    config.handler = {step};
    mesh.add_backend_pod();
    mesh.add_workload(0, config);
    mesh.add_client_sidecar();
    for (std::size_t i = 0; i < 2; ++i) mesh.context_of(i).tracing = tracing;
    LoadConfig load;
    load.service = "backend";
    load.port = kPort;
    load.arrivals = LoadConfig::Arrivals::constant;
    load.rate = {{0, 100, false}};
    load.end = kSecond;
    load.tracing = tracing;
    LoadGenerator generator(load, mesh.surroundings(0, kClientIp));
    generator.start([] {});
    generator.begin([] {});
    mesh.world.clock.run_until(5 * kSecond);
    std::map<std::uint64_t, Duration> by_number;
    std::size_t sampled = 0;
    for (const RequestRecord& request : mesh.recorder.requests) {
      by_number[request.number] = request.done - request.intended;
      sampled += request.sampled() ? 1 : 0;
    }
    EXPECT_EQ(by_number.size(), 100u);
    EXPECT_EQ(mesh.recorder.spans.size(), 4 * sampled);
    if (tracing.sampling == 0 || tracing.sampling == 1) {
      EXPECT_EQ(sampled, tracing.sampling == 0 ? 0u : 100u);
    }
    return by_number;
  };
  const auto unsampled = latencies(GetParam(), {0, Propagation::w3c});
  for (const TracingConfig& tracing : {TracingConfig{1, Propagation::w3c}, TracingConfig{0.5, Propagation::w3c},
                                       TracingConfig{1, Propagation::b3}, TracingConfig{1, Propagation::b3multi}}) {
    EXPECT_EQ(latencies(GetParam(), tracing), unsampled) << static_cast<int>(tracing.propagation);
  }
}

}  // namespace
}  // namespace meshtwin::testing_world
