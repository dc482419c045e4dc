// Documents in, routes of one proxy out.

#include <gtest/gtest.h>

#include <algorithm>

#include "mesh/control/pod_registry.h"
#include "mesh/control/service_clusters.h"
#include "mesh/control/snapshot_store.h"
#include "tests/unit/control/mesh_documents.h"

namespace meshtwin {
namespace {

using testing_control::mesh_of;
using testing_control::routes;
using testing_control::told;
using Lines = std::vector<std::string>;

std::string virtual_service(const std::string& spec, const std::string& name = "reviews",
                            const std::string& name_space = "default") {
  return "---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: " + name +
         ", namespace: " + name_space + "}\nspec: " + spec + "\n";
}

TEST(RoutingDocuments, VirtualServicesBecomeRoutes) {
  const struct {
    const char* what;
    const char* spec;
    Lines routes;
  } rows[] = {
      {"weights and subsets",
       "{hosts: [reviews], http: [{route: [{destination: {host: reviews, subset: v1}, weight: 80},"
       " {destination: {host: reviews, subset: v2}, weight: 20}]}]}",
       {"/ prefix -> 8080|v1|reviews.default 80% 8080|v2|reviews.default 20%"}},
      {"matches in order, several of one rule as several routes",
       "{hosts: [reviews], http: [{match: [{headers: {End-User: {exact: jason}}}, {uri: {prefix: /v2}}],"
       " route: [{destination: {host: reviews, subset: v2}}]}, {route: [{destination: {host: reviews}}]}]}",
       {"/ prefix end-user=jason -> 8080|v2|reviews.default", "/v2 prefix -> 8080|v2|reviews.default",
        "/ prefix -> 8080||reviews.default"}},
      {"everything a request can be matched by",
       "{hosts: [reviews], http: [{match: [{uri: {exact: /a}, method: {exact: GET}, queryParams: {q: {exact: x}},"
       " withoutHeaders: {b: {exact: c}}}], route: [{destination: {host: ratings}}]}]}",
       {"/a exact b!=c :method=GET ?q=x -> 8080||ratings.default"}},
      {"nothing gets past what takes all",
       "{hosts: [reviews], http: [{route: [{destination: {host: reviews}}]},"
       " {match: [{uri: {prefix: /late}}], route: [{destination: {host: ratings}}]}]}",
       {"/ prefix -> 8080||reviews.default"}},
      {"of other clients",
       "{hosts: [reviews], http: [{match: [{sourceLabels: {app: other}}, {sourceNamespace: far}, {port: 9}],"
       " route: [{destination: {host: ratings}}]}, {route: [{destination: {host: reviews}}]}]}",
       {"/ prefix -> 8080||reviews.default"}},
      {"of its clients",
       "{hosts: [reviews], http: [{match: [{sourceLabels: {app: front}, port: 8080}],"
       " route: [{destination: {host: ratings}}]}]}",
       {"/ prefix -> 8080||ratings.default"}},
      {"nothing for this proxy: as without it",
       "{hosts: [reviews], http: [{match: [{port: 9}], route: [{destination: {host: ratings}}]}]}",
       {"/ prefix -> 8080||reviews.default"}},
      {"redirect", "{hosts: [reviews], http: [{redirect: {uri: /new}}]}", {"/ prefix -> redirect 301"}},
      {"a wildcard",
       "{hosts: ['*.default.svc.cluster.local'], http: [{route: [{destination: {host: ratings}}]}]}",
       {"/ prefix -> 8080||ratings.default"}},
      {"of a gateway only",
       "{hosts: [reviews], gateways: [edge], http: [{route: [{destination: {host: ratings}}]}]}",
       {"/ prefix -> 8080||reviews.default"}}};
  for (const auto& row : rows) {
    const auto mesh = mesh_of(virtual_service(row.spec));
    EXPECT_EQ(routes(told(*mesh, {ProxyKind::sidecar, "default", {{"app", "front"}}}), "8080", "reviews"), row.routes)
        << row.what;
  }
}

TEST(RoutingDocuments, TheFirstVirtualServiceOfAHostCounts) {
  const auto mesh = mesh_of(virtual_service("{hosts: [reviews], http: [{route: [{destination: {host: ratings}}]}]}") +
                            virtual_service("{hosts: [reviews], http: [{redirect: {uri: /}}]}", "second"));
  EXPECT_EQ(routes(told(*mesh), "8080", "reviews"), Lines{"/ prefix -> 8080||ratings.default"});
}

TEST(RoutingDocuments, ExportLimitsWhoIsTold) {
  const auto mesh = mesh_of(
      virtual_service("{hosts: [reviews], exportTo: ['.'], http: [{route: [{destination: {host: ratings}}]}]}"));
  EXPECT_EQ(routes(told(*mesh), "8080", "reviews"), Lines{"/ prefix -> 8080||ratings.default"});
  const ProxyListeners far = told(*mesh, {ProxyKind::sidecar, "far", {}});
  EXPECT_EQ(routes(far, "8080", "reviews"), Lines{}) << "a short name is of its own namespace";
  EXPECT_EQ(routes(far, "8080", "reviews.default"), Lines{"/ prefix -> 8080||reviews.default"});
}

TEST(RoutingDocuments, DelegatesStandUnderTheirRoots) {
  const auto mesh =
      mesh_of(virtual_service("{hosts: [reviews], http: [{match: [{uri: {prefix: /api}}], delegate: {name: part}},"
                              " {route: [{destination: {host: reviews}}]}]}") +
              virtual_service("{http: [{match: [{uri: {prefix: /api/v2}}, {headers: {a: {exact: b}}}],"
                              " route: [{destination: {host: ratings}}]},"
                              " {match: [{uri: {prefix: /other}}], route: [{destination: {host: ratings}}]}]}",
                              "part"));
  EXPECT_EQ(routes(told(*mesh), "8080", "reviews"),
            (Lines{"/api/v2 prefix -> 8080||ratings.default", "/api prefix a=b -> 8080||ratings.default",
                   "/ prefix -> 8080||reviews.default"}));
}

TEST(RoutingDocuments, RetriesAreIstios) {
  const auto retry_of = [](const std::string& retries) {
    const auto mesh = mesh_of(
        virtual_service("{hosts: [reviews], http: [{" + retries + "route: [{destination: {host: reviews}}]}]}"));
    return told(*mesh).routes.front().virtual_hosts.front().routes.front().retry;
  };
  const RetryPolicy byDefault = retry_of("");
  EXPECT_EQ(byDefault.attempts, 2U);
  EXPECT_TRUE(byDefault.on_connect_failure && byDefault.on_refused_stream && byDefault.on_unavailable &&
              byDefault.on_cancelled && byDefault.skip_previous_hosts);
  EXPECT_FALSE(byDefault.on_5xx || byDefault.on_reset);
  EXPECT_EQ(retry_of("retries: {attempts: 0}, ").attempts, 0U);
  const RetryPolicy own = retry_of("retries: {attempts: 5, perTryTimeout: 2s, retryOn: '5xx,reset,429'}, ");
  EXPECT_EQ(own.attempts, 5U);
  EXPECT_EQ(own.per_try_timeout, 2 * kSecond);
  EXPECT_TRUE(own.on_5xx && own.on_reset);
  EXPECT_FALSE(own.on_connect_failure);
  EXPECT_EQ(own.on_status, std::vector<std::uint16_t>{429});
}

TEST(RoutingDocuments, GatewaysMergeWhatTheyServe) {
  const std::string gateway =
      "---\napiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: edge}\n"
      "spec: {selector: {istio: ingress}, servers: [{port: {number: 80, name: http, protocol: HTTP},"
      " hosts: ['*.example.com']}]}\n";
  const auto mesh = mesh_of(
      gateway +
      virtual_service(
          "{hosts: [shop.example.com], gateways: [edge], http: [{route: [{destination: {host: reviews}}]}]}", "all") +
      virtual_service("{hosts: [shop.example.com], gateways: [edge], http: [{match: [{uri: {prefix: /r}}],"
                      " route: [{destination: {host: ratings, port: {number: 8080}}}]}]}",
                      "more") +
      virtual_service("{hosts: [other.org], gateways: [edge], http: [{redirect: {uri: /}}]}", "elsewhere"));
  const ProxyListeners edge = told(*mesh, {ProxyKind::router, "default", {{"istio", "ingress"}}});
  ASSERT_EQ(edge.listeners.size(), 1U);
  EXPECT_EQ(edge.listeners[0].name, "0.0.0.0_80");
  EXPECT_EQ(edge.listeners[0].route_config, "http.80");
  EXPECT_EQ(routes(edge, "http.80", "shop.example.com"),
            (Lines{"/r prefix -> 8080||ratings.default", "/ prefix -> 8080||reviews.default"}));
  EXPECT_EQ(routes(edge, "http.80", "other.org"), Lines{}) << "no server is for it";
  const ProxyListeners other = told(*mesh, {ProxyKind::router, "default", {{"istio", "egress"}}});
  EXPECT_EQ(routes(other, "8080", "reviews"), Lines{"/ prefix -> 8080||reviews.default"})
      << "a gateway that no document selects";
}

TEST(RoutingDocuments, ASidecarLimitsWhatItsProxiesAreTold) {
  const auto mesh = mesh_of(
      "apiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: {name: default}\n"
      "spec: {egress: [{hosts: ['./ratings.default.svc.cluster.local']}],"
      " outboundTrafficPolicy: {mode: REGISTRY_ONLY}}\n");
  const ProxyListeners limited = told(*mesh);
  EXPECT_EQ(routes(limited, "8080", "reviews"), Lines{});
  EXPECT_EQ(routes(limited, "8080", "ratings"), Lines{"/ prefix -> 8080||ratings.default"});
  EXPECT_EQ(routes(limited, "8080", "*"), Lines{"/ prefix -> answer 502"});
}

TEST(RoutingDocuments, DestinationRulesMergeAndGoByNamespace) {
  const auto rule = [](const std::string& name, const std::string& name_space, const std::string& spec) {
    return "---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: " + name +
           ", namespace: " + name_space + "}\nspec: " + spec + "\n";
  };
  const std::string host = "host: reviews.default.svc.cluster.local";
  const auto mesh =
      mesh_of(rule("a", "default",
                   "{" + host +
                       ", trafficPolicy: {loadBalancer: {simple: RANDOM}, portLevelSettings:"
                       " [{port: {number: 9}, loadBalancer: {simple: LEAST_REQUEST}}]},"
                       " subsets: [{name: v1, labels: {version: v1}}]}") +
              rule("b", "default",
                   "{" + host +
                       ", trafficPolicy: {loadBalancer: {simple: ROUND_ROBIN}}, subsets: [{name: v2, labels:"
                       " {version: v2}, trafficPolicy: {connectionPool: {tcp: {maxConnections: 3}}}}]}") +
              rule("c", "far", "{" + host + ", trafficPolicy: {loadBalancer: {simple: ROUND_ROBIN}}}"));
  const MeshService& reviews = *mesh->services().find("reviews.default.svc.cluster.local");
  const EffectiveRule* here = mesh->rules().find(reviews.host, "default", "default", {});
  ASSERT_NE(here, nullptr);
  ASSERT_EQ(here->subsets.size(), 2U) << "of both documents";
  const ClusterConfig v2 = build_cluster(reviews, reviews.ports[0], here, here->subset("v2"));
  EXPECT_EQ(v2.name, "outbound|8080|v2|reviews.default.svc.cluster.local");
  EXPECT_EQ(v2.lb_policy, LbPolicy::random) << "the first document's policy";
  EXPECT_EQ(v2.breakers.max_connections, 3U);
  const ClusterConfig all = build_cluster(reviews, reviews.ports[0], here, nullptr);
  EXPECT_EQ(all.breakers.max_connections, 0xffffffffU);
  EXPECT_EQ(all.connect_timeout, 10 * kSecond);
  EXPECT_EQ(build_cluster(reviews, {"x", 9, "http"}, here, nullptr).lb_policy, LbPolicy::least_request);
  const EffectiveRule* far = mesh->rules().find(reviews.host, "default", "far", {});
  EXPECT_EQ(build_cluster(reviews, reviews.ports[0], far, nullptr).lb_policy, LbPolicy::round_robin)
      << "the client's own namespace goes first";
}

TEST(RoutingDocuments, AServiceEntryIsAService) {
  const auto mesh = mesh_of(
      "apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: api}\n"
      "spec: {hosts: [api.example.com], resolution: STATIC, ports: [{number: 8080, name: http, protocol: HTTP}],"
      " endpoints: [{address: 10.9.0.1, ports: {http: 9090}}]}\n");
  EXPECT_EQ(routes(told(*mesh), "8080", "api.example.com"), Lines{"/ prefix -> 8080||api.example.com"});
  const MeshService& api = *mesh->services().find("api.example.com");
  EXPECT_EQ(api.vip >> 16, 0xf0f0U);
  const ClusterAssignment endpoints = build_assignment(api, api.ports[0], {}, nullptr, nullptr, {});
  ASSERT_EQ(endpoints.localities.size(), 1U);
  EXPECT_EQ(endpoints.localities[0].endpoints.at(0).address, (SocketAddress{0x0a090001, 9090}));
}

TEST(RoutingDocuments, StreamsGoByWeight) {
  const auto mesh = mesh_of(virtual_service(
      "{hosts: [ratings], tcp: [{match: [{port: 3306}], route: [{destination: {host: ratings, subset: v1}, weight: 90},"
      " {destination: {host: ratings, subset: v2}, weight: 10}]}]}",
      "ratings"));
  const ProxyListeners sidecar = told(*mesh);
  const auto listener = std::ranges::find(sidecar.listeners, "10.96.0.2_3306", &ListenerConfig::name);
  ASSERT_NE(listener, sidecar.listeners.end());
  EXPECT_EQ(listener->cluster, "outbound|3306||ratings.default.svc.cluster.local");
  ASSERT_EQ(listener->tcp_routes.size(), 1U);
  ASSERT_EQ(listener->tcp_routes[0].clusters.size(), 2U);
  EXPECT_EQ(listener->tcp_routes[0].clusters[0].cluster, "outbound|3306|v1|ratings.default.svc.cluster.local");
  EXPECT_EQ(listener->tcp_routes[0].clusters[0].weight, 90U);
}

TEST(RoutingDocuments, ConsistentHashIsForTheClusterAndForTheRoutes) {
  const auto mesh = mesh_of(
      "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: reviews}\n"
      "spec: {host: reviews, trafficPolicy: {loadBalancer: {consistentHash: {httpHeaderName: x-user}}}}\n");
  const MeshService& reviews = *mesh->services().find("reviews.default.svc.cluster.local");
  const EffectiveRule* rule = mesh->rules().find(reviews.host, "default", "default", {});
  EXPECT_EQ(build_cluster(reviews, reviews.ports[0], rule, nullptr).lb_policy, LbPolicy::ring_hash);
  const ProxyListeners sidecar = told(*mesh);
  const RouteConfigEntry& route = sidecar.routes.at(0).virtual_hosts.at(0).routes.at(0);
  ASSERT_EQ(route.hash.size(), 1U);
  EXPECT_EQ(route.hash[0], (HashPolicy{HashPolicy::Kind::header, "x-user", "", {}}));
}

TEST(RoutingDocuments, AServiceDocumentChangesWhatWasDeclared) {
  const auto mesh = mesh_of(
      "apiVersion: v1\nkind: Service\nmetadata: {name: reviews}\n"
      "spec: {selector: {app: reviews, version: v2}, ports: [{name: http, port: 8080, targetPort: 9080}]}\n");
  const MeshService& reviews = *mesh->services().find("reviews.default.svc.cluster.local");
  EXPECT_EQ(reviews.vip, 0x0a600001U) << "as it was";
  EXPECT_EQ(reviews.ports.at(0).target_port, 9080);
  const ControlPlaneConfig config = testing_control::bookinfo();
  PodRegistry registry(config);
  registry.assign(mesh->services());
  EXPECT_EQ(registry.pods_of(0), (std::vector<std::size_t>{1, 2}));
  EXPECT_EQ(registry.services_of(0), std::vector<std::size_t>{});
}

TEST(RoutingDocuments, ProxiesThatAreToldTheSameShareOneSnapshot) {
  const ControlPlaneConfig config = testing_control::bookinfo();
  PodRegistry registry(config);
  const auto by_version =
      mesh_of(virtual_service("{hosts: [reviews], http: [{match: [{sourceLabels: {version: v2}}],"
                              " route: [{destination: {host: ratings}}]}]}"));
  SnapshotStore store(config, mesh_of(virtual_service("{hosts: [reviews], http: [{redirect: {uri: /}}]}")), registry,
                      true);
  const auto snapshot_of = [&](std::size_t pod) {
    return store.of(store.class_of("sidecar~x~y~z", &config.pods[pod]));
  };
  EXPECT_EQ(snapshot_of(0), snapshot_of(1)) << "no document asks for the version";
  const auto before = snapshot_of(0);
  store.advance(by_version);
  EXPECT_EQ(store.config_version(), 2U);
  EXPECT_NE(snapshot_of(0), snapshot_of(1));
  EXPECT_EQ(snapshot_of(1), snapshot_of(2));
  const auto differ = differences(*snapshot_of(0), *snapshot_of(1));
  ASSERT_EQ(differ.size(), 1U) << "all but the routes is shared";
  EXPECT_EQ(differ[0].first, XdsKind::routes);
  EXPECT_EQ(differences(*before, *snapshot_of(0)).size(), 1U) << "what did not change keeps its version";
}

}  // namespace
}  // namespace meshtwin
