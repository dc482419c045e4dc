// The delta protocol as a conversation between its two ends, without streams or time.

#include <gtest/gtest.h>

#include <map>

#include "mesh/base/random.h"
#include "mesh/control/delta_client.h"
#include "mesh/control/delta_session.h"
#include "mesh/control/xds_codec.h"
#include "tests/unit/control/control_world.h"

namespace meshtwin {
namespace {

using testing_control::NotingSink;
using Story = std::vector<std::string>;

XdsResourcePtr cluster(const std::string& name, std::uint32_t max_connections = 1) {
  ClusterConfig config;
  config.name = name;
  config.breakers.max_connections = max_connections;
  return make_resource(std::make_shared<const ClusterConfig>(config), false);
}
XdsResourcePtr endpoints(const std::string& name, std::uint32_t ip = 1) {
  ClusterAssignment assignment;
  assignment.cluster = name;
  assignment.localities = {{{}, 0, 0, {{{ip, 80}, EndpointHealth::healthy, 1}}}};
  return make_resource(std::make_shared<const ClusterAssignment>(assignment), false);
}
XdsResourcePtr listener(const std::string& name, const std::string& routes) {
  return make_resource(std::make_shared<const ListenerConfig>(ListenerConfig{name, {0, 80}, routes, ""}), false);
}
XdsResourcePtr routes(const std::string& name) {
  return make_resource(std::make_shared<const RouteConfig>(RouteConfig{name, {}}), false);
}

XdsSnapshot snapshot(std::uint64_t version, XdsSnapshot::Set clusters, XdsSnapshot::Set assignments,
                     XdsSnapshot::Set listeners = {}, XdsSnapshot::Set route_sets = {}) {
  return {version, {std::move(clusters), std::move(assignments), std::move(listeners), std::move(route_sets)}};
}

class Conversation {
 public:
  explicit Conversation(XdsSnapshot first) : snapshot_(std::move(first)), client_(sink, [](std::size_t) {}) {}

  void connect() {
    session_ = DeltaSession();
    settle(client_.open("node"));
  }
  void change(XdsSnapshot next, const std::vector<std::pair<XdsKind, std::string>>& changed) {
    snapshot_ = std::move(next);
    for (const auto& [kind, name] : changed) session_.changed(kind, name);
    settle({});
  }
  // What the sink was given, and refusals, since the last time.
  Story take() {
    Story story = std::exchange(sink.log, {});
    story.insert(story.end(), refusals_.begin(), refusals_.end());
    refusals_.clear();
    return story;
  }
  void ask(XdsKind kind, const std::string& name) {
    std::vector<DeltaRequest> requests;
    if (auto request = client_.want(kind, name)) requests.push_back(std::move(*request));
    settle(std::move(requests));
  }
  bool synced() const { return client_.synced(); }
  int responses() const { return responses_; }

  NotingSink sink;

 private:
  void settle(std::vector<DeltaRequest> requests) {
    do {
      for (const DeltaRequest& request : requests) {
        if (const auto refused = session_.take(request, snapshot_)) refusals_.push_back("NACK " + refused->reason);
      }
      requests.clear();
      for (const DeltaResponse& response : session_.collect(snapshot_)) {
        ++responses_;
        for (DeltaRequest& request : client_.take(response)) requests.push_back(std::move(request));
      }
    } while (!requests.empty());
  }

  XdsSnapshot snapshot_;
  DeltaClient client_;
  DeltaSession session_;
  Story refusals_;
  int responses_ = 0;
};

XdsResourcePtr peer(std::uint32_t ip, const std::string& workload) {
  WorkloadEntry entry;
  entry.uid = workload + "-0";
  entry.ip = ip;
  entry.labels.workload = workload;
  return make_resource(std::make_shared<const WorkloadEntry>(entry), false);
}

TEST(Delta, PeersAreToldOnlyWhenAskedAbout) {
  XdsSnapshot known(1, {XdsSnapshot::Set{cluster("c")}, XdsSnapshot::Set{endpoints("c")}, XdsSnapshot::Set{},
                        XdsSnapshot::Set{}, XdsSnapshot::Set{}, XdsSnapshot::Set{peer(7, "front"), peer(8, "back")}});
  Conversation talk(known);
  talk.connect();
  EXPECT_EQ(talk.take(), (Story{"cluster c", "endpoints c"}));
  talk.ask(XdsKind::workload, peer_name(8));
  EXPECT_EQ(talk.take(), Story{"peer back"});
  talk.ask(XdsKind::workload, peer_name(7));
  talk.ask(XdsKind::workload, peer_name(8));  // known
  talk.ask(XdsKind::workload, peer_name(9));  // nobody
  EXPECT_EQ(talk.take(), Story{"peer front"});
  EXPECT_TRUE(talk.synced());
  talk.connect();  // with the versions at hand: nothing is told twice
  EXPECT_EQ(talk.take(), Story{});
}

TEST(Delta, FollowsReferencesUntilSynced) {
  Conversation talk(snapshot(1, {cluster("c")}, {endpoints("c"), endpoints("unused")}, {listener("l", "80")},
                             {routes("80"), routes("81")}));
  EXPECT_FALSE(talk.synced());
  talk.connect();
  EXPECT_EQ(talk.take(), (Story{"cluster c", "listener l", "endpoints c", "routes 80"}));
  EXPECT_TRUE(talk.synced());
}

TEST(Delta, AnEmptyMeshIsSyncedToo) {
  Conversation talk(snapshot(1, {}, {}));
  talk.connect();
  EXPECT_TRUE(talk.synced());
  EXPECT_EQ(talk.responses(), 2) << "clusters and listeners are answered, if with nothing";
}

TEST(Delta, AReferenceToNothingIsAnswered) {
  Conversation talk(snapshot(1, {cluster("c")}, {}, {listener("l", "80")}, {}));
  talk.connect();
  EXPECT_TRUE(talk.synced());
}

TEST(Delta, ChangesAndRemovalsReachTheSink) {
  Conversation talk(snapshot(1, {cluster("a"), cluster("b")}, {endpoints("a"), endpoints("b")}));
  talk.connect();
  talk.take();
  talk.change(snapshot(2, {cluster("a"), cluster("b")}, {endpoints("a", 2), endpoints("b")}),
              {{XdsKind::endpoints, "a"}, {XdsKind::endpoints, "b"}});
  EXPECT_EQ(talk.take(), Story{"endpoints a"}) << "b was named, but is the same";
  talk.change(snapshot(3, {cluster("b"), cluster("n")}, {endpoints("b"), endpoints("n")}),
              {{XdsKind::cluster, "a"}, {XdsKind::cluster, "n"}, {XdsKind::endpoints, "a"}});
  EXPECT_EQ(talk.take(), (Story{"cluster n", "removed Cluster a", "removed ClusterLoadAssignment a", "endpoints n"}));
  EXPECT_TRUE(talk.synced());
}

TEST(Delta, ARefusalKeepsTheRestAndIsNotRepeated) {
  Conversation talk(snapshot(1, {cluster("a"), cluster("b")}, {endpoints("a"), endpoints("b")}));
  talk.sink.refuse = {{"a", "too odd"}};
  talk.connect();
  EXPECT_EQ(talk.take(), (Story{"cluster a", "cluster b", "endpoints b", "NACK a: too odd"}));
  EXPECT_TRUE(talk.synced()) << "a refused resource is not waited for";
  talk.sink.refuse.clear();
  talk.change(snapshot(2, {cluster("a"), cluster("b")}, {endpoints("a"), endpoints("b")}), {{XdsKind::cluster, "a"}});
  EXPECT_EQ(talk.take(), Story{});
  talk.change(snapshot(3, {cluster("a", 2), cluster("b")}, {endpoints("a"), endpoints("b")}),
              {{XdsKind::cluster, "a"}});
  EXPECT_EQ(talk.take(), (Story{"cluster a", "endpoints a"}));
}

TEST(Delta, SeveralRefusalsStandInOneNack) {
  Conversation talk(snapshot(1, {cluster("a"), cluster("b")}, {}));
  talk.sink.refuse = {{"a", "odd"}, {"b", "even"}};
  talk.connect();
  EXPECT_EQ(talk.take().back(), "NACK a: odd; b: even");
}

TEST(Delta, AReconnectBringsWhatChangedMeanwhile) {
  Conversation talk(snapshot(1, {cluster("a"), cluster("b")}, {endpoints("a"), endpoints("b")}, {listener("l", "80")},
                             {routes("80")}));
  talk.connect();
  talk.take();
  talk.connect();
  EXPECT_EQ(talk.take(), Story{});
  talk.change(snapshot(2, {cluster("b")}, {endpoints("b", 9)}, {listener("l", "80")}, {routes("80")}), {});
  EXPECT_EQ(talk.take(), Story{}) << "nobody told the session";
  talk.connect();
  EXPECT_EQ(talk.take(), (Story{"endpoints b", "removed Cluster a", "removed ClusterLoadAssignment a"}))
      << "what routes may lead to goes last";
}

TEST(Delta, ARefusedResourceIsSentAgainOnReconnect) {
  Conversation talk(snapshot(1, {cluster("a")}, {endpoints("a")}));
  talk.sink.refuse = {{"a", "odd"}};
  talk.connect();
  talk.take();
  talk.sink.refuse.clear();
  talk.connect();
  EXPECT_EQ(talk.take(), (Story{"cluster a", "endpoints a"}));
}

// What each cluster and its endpoints are, by name.
using Mesh = std::map<std::string, std::pair<std::uint32_t, std::uint32_t>>;

XdsSnapshot snapshot_of(std::uint64_t version, const Mesh& mesh) {
  XdsSnapshot::Set clusters;
  XdsSnapshot::Set assignments;
  for (const auto& [name, values] : mesh) {
    clusters.push_back(cluster(name, values.first));
    assignments.push_back(endpoints(name, values.second));
  }
  return snapshot(version, std::move(clusters), std::move(assignments));
}

Mesh mesh_of(const NotingSink& sink) {
  Mesh mesh;
  for (const auto& [name, config] : sink.clusters) mesh[name].first = config->breakers.max_connections;
  for (const auto& [name, assignment] : sink.assignments) {
    mesh[name].second = assignment->localities.at(0).endpoints.at(0).address.ip;
  }
  return mesh;
}

TEST(Delta, TheProxyHasWhatThereIsAfterAnyHistory) {
  RandomStream random(1, "delta");
  Mesh mesh;
  Conversation talk(snapshot_of(1, mesh));
  talk.connect();
  for (std::uint64_t version = 2; version < 400; ++version) {
    std::vector<std::pair<XdsKind, std::string>> changed;
    for (std::uint64_t changes = random.below(6); changes > 0; --changes) {
      const std::string name = "c" + std::to_string(random.below(20));
      if (random.chance(0.3)) {
        mesh.erase(name);
      } else {
        mesh[name] = {static_cast<std::uint32_t>(1 + random.below(3)), static_cast<std::uint32_t>(1 + random.below(3))};
      }
      changed.emplace_back(XdsKind::endpoints, name);
      changed.emplace_back(XdsKind::cluster, name);
    }
    const bool unheard = random.chance(0.1);  // the stream broke before the session was told
    talk.change(snapshot_of(version, mesh), unheard ? decltype(changed){} : changed);
    if (unheard) talk.connect();
    ASSERT_EQ(mesh_of(talk.sink), mesh) << "version " << version;
    ASSERT_TRUE(talk.synced()) << "version " << version;
  }
}

TEST(DeltaSession, SubscribingAgainSendsAgainAndUnsubscribingStopsIt) {
  const XdsSnapshot s = snapshot(1, {}, {endpoints("a"), endpoints("b")});
  DeltaSession session;
  DeltaRequest request;
  request.type_url = type_url_of(XdsKind::endpoints);
  request.subscribe = {"a", "b"};
  session.take(request, s);
  auto responses = session.collect(s);
  ASSERT_EQ(responses.size(), 1U);
  EXPECT_EQ(responses[0].resources.size(), 2U);
  EXPECT_EQ(responses[0].nonce, "1");
  EXPECT_EQ(session.collect(s).size(), 0U);
  request.subscribe = {"a"};
  request.unsubscribe = {"b"};
  session.take(request, s);
  responses = session.collect(s);
  ASSERT_EQ(responses.size(), 1U);
  ASSERT_EQ(responses[0].resources.size(), 1U);
  EXPECT_EQ(responses[0].resources[0]->name, "a");
  EXPECT_EQ(responses[0].nonce, "2");
  session.changed(XdsKind::endpoints, "b");
  EXPECT_EQ(session.collect(s).size(), 0U);
}

TEST(DeltaSession, CountsAsSentOnlyWhatItWasToldOf) {
  const auto of_both = [](std::uint64_t version, std::uint32_t ip) {
    return snapshot(version, {}, {endpoints("a", ip), endpoints("b", ip)});
  };
  const XdsSnapshot second = of_both(2, 2);
  DeltaSession session;
  DeltaRequest request;
  request.type_url = type_url_of(XdsKind::endpoints);
  request.subscribe = {"a", "b"};
  session.take(request, of_both(1, 1));
  session.collect(of_both(1, 1));
  for (const std::string name : {"b", "a"}) {
    session.changed(XdsKind::endpoints, name);
    const auto responses = session.collect(second);
    ASSERT_EQ(responses.size(), 1U) << name;
    ASSERT_EQ(responses[0].resources.size(), 1U) << name;
    EXPECT_EQ(responses[0].resources[0]->name, name);
  }
}

TEST(DeltaSession, UnknownTypesAndNoncesAreHarmless) {
  const XdsSnapshot s = snapshot(1, {cluster("a")}, {});
  DeltaSession session;
  DeltaRequest request;
  request.type_url = "type.googleapis.com/unknown";
  request.error = "x";
  EXPECT_FALSE(session.take(request, s).has_value());
  EXPECT_TRUE(session.collect(s).empty());
  request.type_url = type_url_of(XdsKind::cluster);
  request.nonce = "999";
  EXPECT_TRUE(session.take(request, s).has_value());
  EXPECT_EQ(session.collect(s).size(), 1U);
}

TEST(DeltaClient, RefusesAnUnknownType) {
  NotingSink sink;
  DeltaClient client(sink, [](std::size_t) {});
  client.open("n");
  DeltaResponse response;
  response.type_url = "type.googleapis.com/unknown";
  response.nonce = "5";
  const auto requests = client.take(response);
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].nonce, "5");
  EXPECT_TRUE(requests[0].error.has_value());
}

TEST(DeltaClient, PassesOverWhatItDidNotAskFor) {
  NotingSink sink;
  DeltaClient client(sink, [](std::size_t) {});
  client.open("n");
  DeltaResponse response;
  response.type_url = type_url_of(XdsKind::endpoints);
  response.resources = {endpoints("stranger")};
  response.removed = {"nobody"};
  EXPECT_FALSE(client.take(response)[0].error.has_value());
  EXPECT_EQ(sink.log, Story{});
}

}  // namespace
}  // namespace meshtwin
