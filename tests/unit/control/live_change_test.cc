// Documents applied and deleted while the proxies run.

#include <gtest/gtest.h>

#include "tests/unit/control/control_world.h"
#include "tests/unit/control/mesh_documents.h"

namespace meshtwin {
namespace {

using testing_control::bookinfo;
using testing_control::ControlWorld;
using Story = std::vector<std::string>;

const std::string kV2 = "outbound|8080|v2|reviews.default.svc.cluster.local";

const DocumentText kRule{
    "{apiVersion: networking.istio.io/v1, kind: DestinationRule, metadata: {name: reviews}, spec: {host: reviews,"
    " subsets: [{name: v2, labels: {version: v2}}]}}",
    "rule.yaml", 1};
const DocumentText kRoutes{
    "{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: reviews}, spec: {hosts: [reviews],"
    " http: [{route: [{destination: {host: reviews, subset: v2}}]}]}}",
    "routes.yaml", 1};

class LiveChange : public testing::TestWithParam<Wire> {
 protected:
  LiveChange() : w(bookinfo(), GetParam()) {
    w.start_control_plane();
    for (const PodDeclaration& pod : w.config.pods) {
      w.proxy(pod.name).start();
      w.proxy(pod.name).client->report_health(true, "");
    }
    w.run_for(kSecond);
    w.recorder.events.clear();
    sink().log.clear();
  }
  testing_control::NotingSink& sink() { return w.proxy("reviews-v1-0").sink; }

  ControlWorld w;
};

INSTANTIATE_TEST_SUITE_P(Wires, LiveChange, testing::Values(Wire::modelled, Wire::real),
                         [](const auto& info) { return info.param == Wire::modelled ? "modelled" : "real"; });

TEST_P(LiveChange, ReachesTheProxiesInOrderAndGoesAgain) {
  w.plane().configure({false, {kRule, kRoutes}});
  w.run_for(kSecond);
  EXPECT_EQ(sink().log, (Story{"cluster " + kV2, "routes 8080", "endpoints " + kV2}));
  EXPECT_EQ(sink().endpoints(kV2), "10.0.1.2=0 10.0.1.3=0");
  EXPECT_EQ(sink().applied, (std::vector<std::uint64_t>{3}));
  EXPECT_EQ(w.recorder.story({"config_change", "push"}),
            (Story{"1000ms config_change DestinationRule default/reviews",
                   "1000ms config_change VirtualService default/reviews", "1100ms push configuration"}));
  EXPECT_EQ(w.recorder.events.front().detail, "version 3");

  sink().log.clear();
  w.plane().configure({true, {kRule, kRoutes}});
  w.run_for(kSecond);
  EXPECT_EQ(sink().log, (Story{"routes 8080", "removed Cluster " + kV2, "removed ClusterLoadAssignment " + kV2}));
  EXPECT_EQ(sink().applied, (std::vector<std::uint64_t>{3, 4}));
}

TEST_P(LiveChange, WithAMistakeIsRefusedWhole) {
  w.plane().configure({false,
                       {kRule,
                        {"{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: x},"
                         " spec: {hots: [reviews]}}",
                         "bad.yaml", 7}}});
  w.run_for(kSecond);
  EXPECT_EQ(sink().log, Story{});
  EXPECT_EQ(w.recorder.story(), Story{"1000ms config_refused rule.yaml"});
  EXPECT_NE(w.recorder.events.front().detail.find("hots"), std::string::npos) << w.recorder.events.front().detail;
}

TEST_P(LiveChange, ANewProxyIsToldEverythingAndSaysNothingOfIt) {
  w.plane().configure({false, {kRule}});
  w.run_for(kSecond);
  w.proxies.erase("reviews-v2-1");
  w.proxy("reviews-v2-1").start();
  w.run_for(kSecond);
  EXPECT_EQ(w.proxy("reviews-v2-1").sink.clusters.count(kV2), 1U);
  EXPECT_EQ(w.proxy("reviews-v2-1").sink.applied, std::vector<std::uint64_t>{});
}

}  // namespace
}  // namespace meshtwin
