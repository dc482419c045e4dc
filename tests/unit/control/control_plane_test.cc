#include "mesh/control/control_plane.h"

#include <gtest/gtest.h>

#include "tests/unit/control/control_world.h"

namespace meshtwin {
namespace {

using testing_control::ControlWorld;
using testing_control::kBackend;
using testing_control::kFrontend;
using testing_control::Proxy;
using testing_control::two_services;
using Story = std::vector<std::string>;

const Story kPodKinds{"pod_ready", "pod_unready", "pod_gone"};

class ControlPlaneOn : public testing::TestWithParam<Wire> {
 protected:
  ControlPlaneOn() : w(two_services(), GetParam()) {}

  void start(const std::vector<std::string>& pods) {
    w.start_control_plane();
    for (const std::string& pod : pods) w.proxy(pod).start();
    w.run_for(kSecond);
  }
  void ready(const std::string& pod) { w.proxy(pod).client->report_health(true, ""); }

  ControlWorld w;
};

INSTANTIATE_TEST_SUITE_P(Wires, ControlPlaneOn, testing::Values(Wire::modelled, Wire::real),
                         [](const auto& info) { return info.param == Wire::modelled ? "modelled" : "real"; });

TEST_P(ControlPlaneOn, AProxyIsSyncedWithEverythingItNeeds) {
  start({"frontend-a-0"});
  EXPECT_TRUE(w.ready);
  Proxy& proxy = w.proxy("frontend-a-0");
  EXPECT_GE(proxy.synced_at, 0);
  EXPECT_LT(proxy.synced_at, 10 * kMillisecond);
  EXPECT_EQ(proxy.sink.log, (Story{"cluster " + kBackend, "cluster " + kFrontend, "listener 0.0.0.0_8080",
                                   "endpoints " + kBackend, "endpoints " + kFrontend, "routes 8080"}));
  EXPECT_EQ(proxy.sink.endpoints(kBackend), "") << "declared pods are not endpoints before they report";
  EXPECT_TRUE(proxy.sink.clusters[kBackend]->outlier.has_value());
  EXPECT_FALSE(proxy.sink.clusters[kFrontend]->outlier.has_value());
}

TEST_P(ControlPlaneOn, ReadinessBecomesEndpoints) {
  start({"frontend-a-0", "backend-a-0", "backend-b-0"});
  Proxy& proxy = w.proxy("frontend-a-0");
  ready("backend-a-0");
  ready("backend-b-0");
  w.run_for(kSecond);
  EXPECT_EQ(proxy.sink.endpoints(kBackend), "10.0.2.1=0 10.0.2.11=1");
  w.proxy("backend-a-0").client->report_health(false, "connect refused");
  w.run_for(kSecond);
  EXPECT_EQ(proxy.sink.endpoints(kBackend), "10.0.2.1=0! 10.0.2.11=1");
  ready("backend-a-0");
  ready("backend-a-0");  // said twice, done once
  w.run_for(kSecond);
  EXPECT_EQ(proxy.sink.endpoints(kBackend), "10.0.2.1=0 10.0.2.11=1");
  EXPECT_EQ(w.recorder.story(kPodKinds), (Story{"1000ms pod_ready backend-a-0", "1000ms pod_ready backend-b-0",
                                                "2000ms pod_unready backend-a-0", "3000ms pod_ready backend-a-0"}));
  EXPECT_EQ(w.recorder.events[3].detail, "connect refused");
}

TEST_P(ControlPlaneOn, PrioritiesDependOnWhereTheProxyIs) {
  start({"frontend-a-0", "frontend-b-0", "backend-a-0", "backend-b-0"});
  for (const char* pod : {"frontend-a-0", "frontend-b-0", "backend-a-0", "backend-b-0"}) ready(pod);
  w.run_for(kSecond);
  EXPECT_EQ(w.proxy("frontend-a-0").sink.endpoints(kBackend), "10.0.2.1=0 10.0.2.11=1");
  EXPECT_EQ(w.proxy("frontend-b-0").sink.endpoints(kBackend), "10.0.2.1=1 10.0.2.11=0");
  EXPECT_EQ(w.proxy("frontend-b-0").sink.endpoints(kFrontend), "10.0.1.1=0 10.0.1.11=0") << "no outlier detection";
}

TEST_P(ControlPlaneOn, OnlyWhatChangedIsPushedAndCloseChangesAsOne) {
  start({"frontend-a-0", "backend-a-0", "backend-a-1"});
  Proxy& proxy = w.proxy("frontend-a-0");
  proxy.sink.log.clear();
  ready("backend-a-0");
  w.run_for(60 * kMillisecond);
  ready("backend-a-1");
  w.run_for(60 * kMillisecond);
  EXPECT_EQ(proxy.sink.log, Story{}) << "100 ms of quiet are not over";
  w.run_for(60 * kMillisecond);
  EXPECT_EQ(proxy.sink.log, Story{"endpoints " + kBackend});
  EXPECT_EQ(proxy.sink.endpoints(kBackend), "10.0.2.1=0 10.0.2.2=0");
  EXPECT_EQ(w.recorder.story({"push"}), Story{"1160ms push endpoints"});
  EXPECT_EQ(w.recorder.events.back().detail, "version 2, 1 resources, 3 proxies");
}

TEST_P(ControlPlaneOn, ChangesThatNeverCeaseArePushedAfterTenSeconds) {
  start({"frontend-a-0", "backend-a-0"});
  for (int i = 0; i < 240; ++i) {  // 12 s
    w.proxy("backend-a-0").client->report_health(i % 2 == 0, "flapping");
    w.run_for(50 * kMillisecond);
  }
  EXPECT_EQ(w.recorder.story({"push"}), Story{"11000ms push endpoints"});
}

TEST_P(ControlPlaneOn, APodWhoseStreamBrokeIsGoneAfterTenSeconds) {
  start({"frontend-a-0", "backend-a-0"});
  ready("backend-a-0");
  w.run_for(kSecond);
  w.proxies.erase("backend-a-0");  // 2 s: its process ends
  w.run_for(9900 * kMillisecond);
  EXPECT_EQ(w.proxy("frontend-a-0").sink.endpoints(kBackend), "10.0.2.1=0");
  w.run_for(kSecond);
  EXPECT_EQ(w.proxy("frontend-a-0").sink.endpoints(kBackend), "");
  EXPECT_EQ(w.recorder.story(kPodKinds).back(), "12000ms pod_gone backend-a-0");
}

TEST_P(ControlPlaneOn, APodThatIsBackInTimeIsNotMissed) {
  start({"frontend-a-0", "backend-a-0"});
  ready("backend-a-0");
  w.run_for(kSecond);
  w.proxy("frontend-a-0").sink.log.clear();
  w.proxies.erase("backend-a-0");
  w.run_for(9 * kSecond);
  w.proxy("backend-a-0").start();
  ready("backend-a-0");
  w.run_for(20 * kSecond);
  EXPECT_EQ(w.proxy("frontend-a-0").sink.log, Story{});
  EXPECT_EQ(w.recorder.story(kPodKinds).size(), 1U);
}

// Cut off without a word at 2 s, last heard of at 1 s: its stream is given up at 11 s, the pod at 21 s.
TEST_P(ControlPlaneOn, ASilentStreamIsFoundOutByKeepalive) {
  start({"frontend-a-0", "backend-a-0"});
  ready("backend-a-0");
  w.run_for(kSecond);
  w.proxy("backend-a-0").network.cut(true);
  w.run_for(18900 * kMillisecond);
  EXPECT_EQ(w.proxy("frontend-a-0").sink.endpoints(kBackend), "10.0.2.1=0");
  w.run_for(1100 * kMillisecond);
  EXPECT_EQ(w.proxy("frontend-a-0").sink.endpoints(kBackend), "");
  EXPECT_EQ(w.recorder.events[w.recorder.events.size() - 2].detail, "stream silent");

  w.proxy("backend-a-0").network.cut(false);  // its client has noticed too and comes back by itself
  w.run_for(31 * kSecond);
  EXPECT_EQ(w.proxy("frontend-a-0").sink.endpoints(kBackend), "10.0.2.1=0");
}

TEST_P(ControlPlaneOn, AQuietStreamStaysOpenByKeepalives) {
  start({"frontend-a-0", "backend-a-0"});
  ready("backend-a-0");
  w.run_for(kSecond);
  const std::uint64_t streams = w.world.wire.streams;
  w.run_for(600 * kSecond);
  EXPECT_EQ(w.world.wire.streams, streams);
  EXPECT_EQ(w.proxy("frontend-a-0").sink.endpoints(kBackend), "10.0.2.1=0");
}

TEST_P(ControlPlaneOn, ARefusedResourceKeepsTheLastGoodOne) {
  start({"frontend-a-0", "backend-a-0", "backend-a-1"});
  Proxy& proxy = w.proxy("frontend-a-0");
  ready("backend-a-0");
  w.run_for(kSecond);
  const auto good = proxy.sink.assignments[kBackend];
  proxy.sink.refuse[kBackend] = "no memory";
  ready("backend-a-1");
  w.run_for(kSecond);
  EXPECT_EQ(proxy.sink.assignments[kBackend], good);
  EXPECT_EQ(w.recorder.story({"refused_config"}), Story{"2100ms refused_config frontend-a-0"});
  EXPECT_NE(w.recorder.events.back().detail.find("no memory"), std::string::npos) << w.recorder.events.back().detail;
  const std::size_t told = proxy.sink.log.size();
  w.run_for(30 * kSecond);
  EXPECT_EQ(proxy.sink.log.size(), told) << "the same is not sent again";
  proxy.sink.refuse.clear();
  w.proxy("backend-a-1").client->report_health(false, "x");
  w.run_for(kSecond);
  EXPECT_EQ(proxy.sink.endpoints(kBackend), "10.0.2.1=0 10.0.2.2=0!") << "a later change is";
}

TEST_P(ControlPlaneOn, AReconnectBringsTheDifferenceOnly) {
  start({"frontend-a-0", "backend-a-0", "backend-a-1"});
  Proxy& proxy = w.proxy("frontend-a-0");
  ready("backend-a-0");
  w.run_for(kSecond);
  proxy.sink.log.clear();
  proxy.network.cut(true);
  w.run_for(15 * kSecond);
  ready("backend-a-1");
  w.run_for(kSecond);
  EXPECT_EQ(proxy.sink.log, Story{});
  proxy.network.cut(false);
  w.run_for(40 * kSecond);
  EXPECT_EQ(proxy.sink.log, Story{"endpoints " + kBackend});
  EXPECT_EQ(proxy.sink.endpoints(kBackend), "10.0.2.1=0 10.0.2.2=0");
}

TEST_P(ControlPlaneOn, ANewControlPlaneWithTheSameContentSendsNothingAgain) {
  start({"frontend-a-0"});
  Proxy& proxy = w.proxy("frontend-a-0");
  proxy.sink.log.clear();
  w.stop_control_plane();
  w.run_for(5 * kSecond);
  w.start_control_plane();
  w.run_for(40 * kSecond);
  EXPECT_EQ(proxy.sink.log, Story{});
  EXPECT_GT(w.world.wire.streams, 1U);
}

// A control plane with patience, two backends that serve and a client that does not.
class PatientControlPlane : public ControlPlaneOn {
 protected:
  PatientControlPlane() {
    w.config.patience = 35 * kSecond;
    std::erase_if(w.config.pods, [](const PodDeclaration& pod) {
      return pod.name != "frontend-a-0" && pod.name != "backend-a-0" && pod.name != "backend-a-1";
    });
    w.config.pods.front().service.clear();
  }
  Proxy& client() { return w.proxy("frontend-a-0"); }
};

INSTANTIATE_TEST_SUITE_P(Wires, PatientControlPlane, testing::Values(Wire::modelled, Wire::real),
                         [](const auto& info) { return info.param == Wire::modelled ? "modelled" : "real"; });

TEST_P(PatientControlPlane, AProxyIsSyncedWhenEveryPodHasReportedAndIsToldOnce) {
  start({"frontend-a-0", "backend-a-0", "backend-a-1"});
  ready("backend-a-0");
  w.run_for(kSecond);
  EXPECT_EQ(client().synced_at, -1);
  EXPECT_EQ(client().sink.endpoints(kBackend), "none") << "a list with a pod missing";
  EXPECT_EQ(client().sink.log,
            (Story{"cluster " + kBackend, "cluster " + kFrontend, "listener 0.0.0.0_8080", "routes 8080"}));
  w.proxy("backend-a-1").client->report_health(false, "not yet");  // a report too
  w.run_for(10 * kMillisecond);
  EXPECT_EQ(client().sink.endpoints(kBackend), "10.0.2.1=0 10.0.2.2=0!");
  EXPECT_EQ(client().synced_at / (10 * kMillisecond), 200);
  EXPECT_EQ(w.recorder.story({"push", "pod_gone"}), Story{"2000ms push endpoints"});
  ready("backend-a-1");
  w.run_for(kSecond);
  EXPECT_EQ(client().sink.endpoints(kBackend), "10.0.2.1=0 10.0.2.2=0") << "from then on changes are pushed";
}

TEST_P(PatientControlPlane, APodThatNeverReportsIsGivenUp) {
  start({"frontend-a-0", "backend-a-0"});
  ready("backend-a-0");
  w.run_for(33 * kSecond);
  EXPECT_EQ(client().synced_at, -1);
  w.run_for(2 * kSecond);
  EXPECT_EQ(client().sink.endpoints(kBackend), "10.0.2.1=0");
  EXPECT_GE(client().synced_at, 35 * kSecond);
  EXPECT_EQ(w.recorder.story({"push", "pod_gone"}), (Story{"35000ms pod_gone backend-a-1", "35000ms push endpoints"}));
}

// Proxies come back one by one, the last after most of the longest back-off. None may see a list that lacks the others.
TEST_P(PatientControlPlane, ARestartedOneDisturbsNobody) {
  start({"frontend-a-0", "backend-a-0", "backend-a-1"});
  ready("backend-a-0");
  ready("backend-a-1");
  w.run_for(kSecond);
  ASSERT_EQ(client().sink.endpoints(kBackend), "10.0.2.1=0 10.0.2.2=0");
  for (auto& [name, proxy] : w.proxies) proxy->sink.log.clear();
  w.stop_control_plane();
  w.run_for(100 * kSecond);
  w.start_control_plane();
  w.run_for(60 * kSecond);
  for (auto& [name, proxy] : w.proxies) EXPECT_EQ(proxy->sink.log, Story{}) << name;
  EXPECT_EQ(w.recorder.story({"pod_gone"}), Story{});
  EXPECT_EQ(w.recorder.story({"pod_ready"}).size(), 4U) << "both reported to both";
}

TEST_P(PatientControlPlane, WhoDiedMeanwhileIsMissedAfterItsPatience) {
  start({"frontend-a-0", "backend-a-0", "backend-a-1"});
  ready("backend-a-0");
  ready("backend-a-1");
  w.run_for(kSecond);
  w.stop_control_plane();
  w.proxies.erase("backend-a-1");
  w.run_for(kSecond);
  w.start_control_plane();
  w.run_for(34 * kSecond);
  EXPECT_EQ(client().sink.endpoints(kBackend), "10.0.2.1=0 10.0.2.2=0");
  w.run_for(2 * kSecond);
  EXPECT_EQ(client().sink.endpoints(kBackend), "10.0.2.1=0");
}

TEST_P(ControlPlaneOn, AProxyMayComeBeforeTheControlPlane) {
  Proxy& proxy = w.proxy("frontend-a-0");
  proxy.start();
  w.run_for(20 * kSecond);
  EXPECT_EQ(proxy.synced_at, -1);
  w.start_control_plane();
  w.run_for(31 * kSecond);
  EXPECT_GE(proxy.synced_at, 20 * kSecond);
}

TEST_P(ControlPlaneOn, ThePortMustBeFree) {
  const Handle taken = w.world.pod(testing_control::kControlPlaneIp).listen({0, 15010}, [](AcceptedStream) {});
  EXPECT_THROW(w.start_control_plane(), std::runtime_error);
}

TEST_P(ControlPlaneOn, AnUnknownProxyIsServedButIsNoEndpoint) {
  start({});
  Proxy stranger(w.world, 0x0a0000aa, testing_control::kControlPlaneIp, GetParam() == Wire::modelled);
  stranger.start();
  stranger.client->report_health(true, "");
  w.run_for(kSecond);
  EXPECT_GE(stranger.synced_at, 0);
  EXPECT_EQ(w.recorder.events.size(), 0U);
}

TEST_P(ControlPlaneOn, AProxyThatDoesNotReadGetsOnlyTheLatest) {
  w.world.shape.buffer = 600;  // less than a configuration
  start({"frontend-a-0", "backend-a-0"});
  for (int i = 0; i < 20; ++i) {
    w.proxy("backend-a-0").client->report_health(i % 2 == 1, "flapping");
    w.run_for(300 * kMillisecond);
  }
  w.run_for(kSecond);
  EXPECT_EQ(w.proxy("frontend-a-0").sink.endpoints(kBackend), "10.0.2.1=0");
}

// The modelled wire must cost what the real one does.
TEST(ControlPlaneWires, CarryTheSameBytesAndChargeTheSameWork) {
  const auto run = [](Wire wire) {
    ControlWorld w(two_services(), wire);
    w.start_control_plane();
    for (const char* pod : {"frontend-a-0", "backend-a-0", "backend-b-0"}) {
      w.proxy(pod).start();
      w.proxy(pod).client->report_health(true, "");
    }
    w.run_for(4 * kSecond);
    w.proxy("backend-b-0").client->report_health(false, "away");
    w.run_for(20 * kSecond);
    return std::pair(w.world.wire.bytes, w.world.cpu.amount_of(Operation::control_apply));
  };
  const auto modelled = run(Wire::modelled);
  const auto real = run(Wire::real);
  EXPECT_EQ(modelled, real);
  EXPECT_GT(real.second, 3000);
  EXPECT_GT(static_cast<std::int64_t>(real.first), real.second);
}

TEST(ControlPlaneSharing, ProxiesOfALocalityShareOneAssignment) {
  ControlWorld w(two_services(), Wire::modelled);
  w.start_control_plane();
  for (const char* pod : {"frontend-a-0", "frontend-a-1", "frontend-b-0"}) w.proxy(pod).start();
  for (const char* pod : {"backend-a-0", "backend-b-0"}) {
    w.proxy(pod).start();
    w.proxy(pod).client->report_health(true, "");
  }
  w.run_for(kSecond);
  const auto& a0 = w.proxy("frontend-a-0").sink;
  const auto& a1 = w.proxy("frontend-a-1").sink;
  const auto& b0 = w.proxy("frontend-b-0").sink;
  EXPECT_EQ(a0.assignments.at(kBackend), a1.assignments.at(kBackend));
  EXPECT_NE(a0.assignments.at(kBackend), b0.assignments.at(kBackend));
  EXPECT_EQ(a0.assignments.at(kFrontend), b0.assignments.at(kFrontend)) << "no failover: one for all";
  EXPECT_EQ(a0.clusters.at(kBackend), b0.clusters.at(kBackend));
}

}  // namespace
}  // namespace meshtwin
