// Which roles leave spans on each of the mesh's paths: every one that looks into HTTP, each the child of the one
// before.

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "tests/unit/roles/sim_run.h"

namespace meshtwin {
namespace {

using testing_roles::scenario_text;
using testing_roles::SimRun;

struct Path {
  const char* name;
  std::string mesh;
  std::string load;
  std::vector<SpanKind> kinds;  // from the root to the leaf
};

class TracedPath : public ::testing::TestWithParam<Path> {};

const std::string kWay = "labels: {istio.io/use-waypoint: way}, waypoints: {way: {pods: {z: 1}}}";
const std::string kGate = "gateways: {gate: {pods: {z: 1}, ports: [8080]}}";
const std::string kDirect = "load: [{from: z, to: back, rate: 100/s}]\n";
const std::string kThroughGate = "load: [{from: z, to: gate, host: back, rate: 100/s}]\n";

INSTANTIATE_TEST_SUITE_P(
    Paths, TracedPath,
    ::testing::Values(
        Path{"none", "mode: none", kDirect, {SpanKind::load, SpanKind::server}},
        Path{"sidecar",
             "mode: sidecar",
             kDirect,
             {SpanKind::load, SpanKind::outbound, SpanKind::inbound, SpanKind::server}},
        Path{"sidecar_mtls",
             "mode: sidecar, mtls: strict, access_log: true",
             kDirect,
             {SpanKind::load, SpanKind::outbound, SpanKind::inbound, SpanKind::server}},
        Path{"ambient", "mode: ambient", kDirect, {SpanKind::load, SpanKind::server}},
        Path{"waypoint", "mode: ambient, " + kWay, kDirect, {SpanKind::load, SpanKind::waypoint, SpanKind::server}},
        Path{"gateway",
             "mode: sidecar, mtls: strict, " + kGate,
             kThroughGate,
             {SpanKind::load, SpanKind::gateway, SpanKind::inbound, SpanKind::server}},
        Path{"gateway_ambient",
             "mode: ambient, " + kGate,
             kThroughGate,
             {SpanKind::load, SpanKind::gateway, SpanKind::server}}),
    [](const auto& info) { return info.param.name; });

TEST_P(TracedPath, HasASpanForEachRoleThatLooksIntoHttp) {
  const Path& path = GetParam();
  for (const char* propagation : {"w3c", "b3", "b3multi"}) {
    const SimRun run(
        scenario_text("2s", "  back: {pods: {z: 2}, workers: 8, handler: [{compute: 1ms}]}\n", path.load,
                      "mesh: {" + path.mesh + ", tracing: {sampling: 40%, propagation: " + propagation + "}}\n"));
    EXPECT_EQ(run.failed(), 0u) << run.story();
    std::map<std::uint64_t, const SpanRecord*> by_id;
    for (const SpanRecord& span : run.store.spans()) by_id[span.span] = &span;
    EXPECT_EQ(by_id.size(), run.store.spans().size()) << "ids are unique";
    std::size_t leaves = 0;
    for (const SpanRecord& leaf : run.store.spans()) {
      if (leaf.kind != SpanKind::server) continue;
      ++leaves;
      std::vector<SpanKind> kinds = {leaf.kind};
      for (const SpanRecord* span = &leaf; span->parent != 0; span = by_id.at(span->parent)) {
        ASSERT_TRUE(by_id.contains(span->parent)) << path.name;
        EXPECT_EQ(by_id[span->parent]->trace_low, leaf.trace_low);
        kinds.insert(kinds.begin(), by_id[span->parent]->kind);
      }
      EXPECT_EQ(kinds, path.kinds) << propagation;
    }
    std::size_t sampled = 0;
    for (const RequestRecord& request : run.requests) sampled += request.sampled() ? 1 : 0;
    EXPECT_EQ(leaves, sampled);
    EXPECT_GT(sampled, 30u);
    EXPECT_LT(sampled, run.sent());
  }
}

// The same requests take the same times in every mode and at every sampling: what is drawn is the call path's.
TEST(Tracing, DrawsNothingAndMovesNoDraw) {
  const auto latencies = [](const std::string& mode, const char* sampling) {
    const SimRun run(
        scenario_text("2s",
                      "  front: {pods: {z: 1}, workers: 999, handler: [{compute: {exponential: {mean: "
                      "1ms}}}, {parallel: [back, back]}]}\n"
                      "  back: {pods: {z: 2}, workers: 999, handler: [{compute: {exponential: {mean: 1ms}}}]}\n",
                      "load: [{from: z, to: front, rate: 100/s}]\n",
                      "mesh: {mode: " + mode + ", tracing: {sampling: " + sampling + "}}\n"));
    EXPECT_EQ(run.failed(), 0u) << run.story();
    std::vector<Duration> all;
    for (const RequestRecord& request : run.requests) all.push_back(request.done - request.intended);
    return all;
  };
  const auto bare = latencies("none", "0%");
  EXPECT_GT(bare.size(), 150u);
  EXPECT_EQ(latencies("none", "100%"), bare);
  EXPECT_EQ(latencies("sidecar", "0%"), latencies("sidecar", "100%"));
  // Nothing is charged: what a mesh adds is its connections' set-up, which later requests do without.
  const auto meshed = latencies("sidecar", "50%");
  ASSERT_EQ(meshed.size(), bare.size());
  std::size_t equal = 0;
  for (std::size_t i = 0; i < bare.size(); ++i) equal += meshed[i] == bare[i] ? 1 : 0;
  EXPECT_GT(equal, bare.size() * 9 / 10);
}

}  // namespace
}  // namespace meshtwin
