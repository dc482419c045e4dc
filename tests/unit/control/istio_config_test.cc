#include "mesh/control/istio_config.h"

#include <gtest/gtest.h>

namespace meshtwin {
namespace {

const ServiceDeclaration kBackend{"backend", "backend.shop.svc.cluster.local", 0x0a600001, {{"http", 8080, "http"}}};
const ServiceDeclaration kFrontend{
    "frontend", "frontend.shop.svc.cluster.local", 0x0a600002, {{"http", 8080, "http"}, {"admin", 9000, "http"}}};
const ServiceDeclaration kDatabase{"db", "db.shop.svc.cluster.local", 0x0a600003, {{"sql", 5432, "tcp"}}};
const ServiceDeclaration kExternal{"api", "api.example.com", 0, {{"http", 8080, "http"}}};
constexpr std::uint32_t kNoLimit = 0xffffffff;

TEST(IstioConfig, OneHttpListenerAPortAndOneTcpListenerAService) {
  const ServiceDeclaration services[] = {kBackend, kFrontend, kDatabase};
  const auto listeners = build_listeners(services);
  ASSERT_EQ(listeners.size(), 3U);
  EXPECT_EQ(listeners[0].name, "0.0.0.0_8080");
  EXPECT_EQ(listeners[0].address, (SocketAddress{0, 8080}));
  EXPECT_EQ(listeners[0].route_config, "8080");
  EXPECT_EQ(listeners[0].cluster, "");
  EXPECT_EQ(listeners[1].name, "0.0.0.0_9000");
  EXPECT_EQ(listeners[2].name, "10.96.0.3_5432");
  EXPECT_EQ(listeners[2].address, (SocketAddress{0x0a600003, 5432}));
  EXPECT_EQ(listeners[2].cluster, "outbound|5432||db.shop.svc.cluster.local");
  EXPECT_EQ(listeners[2].route_config, "");
}

TEST(IstioConfig, RoutesKnowEveryNameOfAService) {
  const ServiceDeclaration services[] = {kBackend, kFrontend, kDatabase, kExternal};
  const auto routes = build_routes(services);
  ASSERT_EQ(routes.size(), 2U) << "8080 and 9000; TCP has none";
  EXPECT_EQ(routes[0].name, "8080");
  ASSERT_EQ(routes[0].virtual_hosts.size(), 3U);
  EXPECT_EQ(routes[0].virtual_hosts[0].domains,
            (std::vector<std::string>{"backend.shop.svc.cluster.local", "backend.shop.svc.cluster.local:8080",
                                      "backend", "backend:8080", "backend.shop", "backend.shop:8080",
                                      "backend.shop.svc", "backend.shop.svc:8080", "10.96.0.1", "10.96.0.1:8080"}));
  EXPECT_EQ(routes[0].virtual_hosts[2].domains, (std::vector<std::string>{"api.example.com", "api.example.com:8080"}));
  const RouteConfigEntry& route = routes[0].virtual_hosts[0].routes.at(0);
  EXPECT_EQ(route.cluster, "outbound|8080||backend.shop.svc.cluster.local");
  EXPECT_EQ(route.timeout, 0);
  EXPECT_EQ(route.retry.attempts, 2U);
  EXPECT_TRUE(route.retry.on_connect_failure && route.retry.on_refused_stream && route.retry.on_unavailable &&
              route.retry.on_cancelled && route.retry.skip_previous_hosts);
  EXPECT_FALSE(route.retry.on_5xx || route.retry.on_gateway_error || route.retry.on_reset);
}

TEST(IstioConfig, ClustersHaveIstiosDefaults) {
  const ClusterConfig cluster = build_cluster(kBackend, kBackend.ports[0], nullptr);
  EXPECT_EQ(cluster.name, "outbound|8080||backend.shop.svc.cluster.local");
  EXPECT_EQ(cluster.lb_policy, LbPolicy::least_request);
  EXPECT_EQ(cluster.connect_timeout, 10 * kSecond);
  EXPECT_EQ(cluster.breakers.max_connections, kNoLimit);
  EXPECT_EQ(cluster.breakers.max_pending_requests, kNoLimit);
  EXPECT_EQ(cluster.breakers.max_requests, kNoLimit);
  EXPECT_EQ(cluster.breakers.max_retries, kNoLimit);
  EXPECT_EQ(cluster.panic_threshold_percent, 0U);
  EXPECT_FALSE(cluster.outlier.has_value());
}

TEST(IstioConfig, ARuleSetsWhatItNames) {
  DestinationRule rule;
  rule.traffic_policy.load_balancer.simple = "ROUND_ROBIN";
  rule.traffic_policy.connection_pool.max_connections = 7;
  rule.traffic_policy.connection_pool.http1_max_pending_requests = 8;
  rule.traffic_policy.connection_pool.http2_max_requests = 9;
  rule.traffic_policy.connection_pool.max_retries = 10;
  rule.traffic_policy.connection_pool.max_requests_per_connection = 11;
  rule.traffic_policy.connection_pool.connect_timeout = 250 * kMillisecond;
  rule.traffic_policy.outlier_detection.emplace().min_health_percent = 30;
  const ClusterConfig cluster = build_cluster(kBackend, kBackend.ports[0], &rule);
  EXPECT_EQ(cluster.lb_policy, LbPolicy::round_robin);
  EXPECT_EQ(cluster.breakers.max_connections, 7U);
  EXPECT_EQ(cluster.breakers.max_pending_requests, 8U);
  EXPECT_EQ(cluster.breakers.max_requests, 9U);
  EXPECT_EQ(cluster.breakers.max_retries, 10U);
  EXPECT_EQ(cluster.max_requests_per_connection, 11U);
  EXPECT_EQ(cluster.connect_timeout, 250 * kMillisecond);
  EXPECT_EQ(cluster.panic_threshold_percent, 30U);
  EXPECT_TRUE(cluster.outlier.has_value());
}

TEST(IstioConfig, LoadBalancerNames) {
  struct {
    std::optional<std::string> simple;
    LbPolicy policy;
  } const rows[] = {{std::nullopt, LbPolicy::least_request}, {"UNSPECIFIED", LbPolicy::least_request},
                    {"LEAST_CONN", LbPolicy::least_request}, {"LEAST_REQUEST", LbPolicy::least_request},
                    {"ROUND_ROBIN", LbPolicy::round_robin},  {"RANDOM", LbPolicy::random}};
  for (const auto& row : rows) {
    DestinationRule rule;
    rule.traffic_policy.load_balancer.simple = row.simple;
    EXPECT_EQ(build_cluster(kBackend, kBackend.ports[0], &rule).lb_policy, row.policy) << row.simple.value_or("none");
  }
}

TEST(IstioConfig, OutlierDetectionIsConvertedAsIstioDoes) {
  const OutlierConfig defaults = outlier_config({});
  EXPECT_EQ(defaults.consecutive_5xx, 5U);
  EXPECT_EQ(defaults.enforcing_consecutive_5xx, 100U);
  EXPECT_EQ(defaults.enforcing_consecutive_gateway_failure, 0U);
  EXPECT_EQ(defaults.enforcing_success_rate, 0U) << "Istio turns it off";
  EXPECT_EQ(defaults.max_ejection_percent, 10U);
  EXPECT_EQ(defaults.interval, 10 * kSecond);

  OutlierDetectionSpec spec;
  spec.consecutive_5xx_errors = 0;
  spec.consecutive_gateway_errors = 3;
  spec.interval = kSecond;
  spec.base_ejection_time = 400 * kSecond;
  spec.max_ejection_percent = 100;
  const OutlierConfig gateway = outlier_config(spec);
  EXPECT_EQ(gateway.enforcing_consecutive_5xx, 0U) << "0 turns it off";
  EXPECT_EQ(gateway.consecutive_gateway_failure, 3U);
  EXPECT_EQ(gateway.enforcing_consecutive_gateway_failure, 100U);
  EXPECT_EQ(gateway.max_ejection_time, 400 * kSecond) << "at least the base time";
  EXPECT_EQ(gateway.max_ejection_percent, 100U);
  EXPECT_FALSE(gateway.split_external_local_origin_errors);

  spec.split_external_local_origin_errors = true;
  spec.consecutive_local_origin_failures = 2;
  const OutlierConfig split = outlier_config(spec);
  EXPECT_TRUE(split.split_external_local_origin_errors);
  EXPECT_EQ(split.consecutive_local_origin_failure, 2U);
  EXPECT_EQ(split.enforcing_local_origin_success_rate, 0U);
}

TEST(IstioConfig, RulesAreFoundByHost) {
  const auto rule = [](const char* name, const char* host, const char* name_space = "") {
    DestinationRule r;
    r.meta.name = name;
    r.host = host;
    r.meta.name_space = name_space;
    return r;
  };
  const std::vector<DestinationRule> rules{rule("all", "*"),
                                           rule("shop", "*.shop.svc.cluster.local"),
                                           rule("short", "backend", "shop"),
                                           rule("again", "backend.shop.svc.cluster.local"),
                                           rule("default", "cart"),
                                           rule("dotted", "cart.default")};
  const auto found = [&](const char* host) { return rule_for(host, rules)->meta.name; };
  EXPECT_EQ(found("backend.shop.svc.cluster.local"), "short") << "the first of two that name it";
  EXPECT_EQ(found("frontend.shop.svc.cluster.local"), "shop") << "the longest wildcard";
  EXPECT_EQ(found("cart.default.svc.cluster.local"), "default") << "a short name is of the rule's namespace";
  EXPECT_EQ(found("cart.default"), "dotted") << "a name with a dot is taken as it is";
  EXPECT_EQ(found("other.example.com"), "all");
  EXPECT_EQ(rule_for("backend.shop.svc.cluster.local", {}), nullptr);
}

TEST(IstioConfig, LocalitiesAreRankedOnlyWithOutlierDetection) {
  const PodEndpoint pods[] = {{1, {"r", "b", ""}, true}, {2, {"r", "a", ""}, false}, {3, {"s", "a", ""}, true}};
  const Locality proxy{"r", "b", ""};
  DestinationRule rule;
  const auto priorities = [&](const DestinationRule* with) {
    std::string text;
    for (const LocalityEndpoints& group :
         build_assignment(kBackend, kBackend.ports[0], pods, with, {proxy}).localities) {
      text += group.locality.region + group.locality.zone + std::to_string(group.priority) + ' ';
    }
    return text;
  };
  EXPECT_EQ(priorities(nullptr), "ra0 rb0 sa0 ");
  EXPECT_EQ(priorities(&rule), "ra0 rb0 sa0 ");
  rule.traffic_policy.outlier_detection.emplace();
  EXPECT_EQ(priorities(&rule), "ra1 rb0 sa2 ");
  rule.traffic_policy.load_balancer.locality.emplace().failover = {{"r", "t"}};
  EXPECT_EQ(priorities(&rule), "ra1 rb0 sa2 ") << "4, closed up";
  rule.traffic_policy.load_balancer.locality->enabled = false;
  EXPECT_EQ(priorities(&rule), "ra0 rb0 sa0 ");
}

TEST(IstioConfig, AssignmentsCarryHealthAndTheServicesPort) {
  const PodEndpoint pods[] = {{1, {"r", "a", ""}, true}, {2, {"r", "a", ""}, false}};
  const ClusterAssignment assignment = build_assignment(kFrontend, kFrontend.ports[1], pods, nullptr, {});
  EXPECT_EQ(assignment.cluster, "outbound|9000||frontend.shop.svc.cluster.local");
  ASSERT_EQ(assignment.localities.size(), 1U);
  ASSERT_EQ(assignment.localities[0].endpoints.size(), 2U);
  EXPECT_EQ(assignment.localities[0].endpoints[0].address, (SocketAddress{1, 9000}));
  EXPECT_EQ(assignment.localities[0].endpoints[0].health, EndpointHealth::healthy);
  EXPECT_EQ(assignment.localities[0].endpoints[1].health, EndpointHealth::unhealthy);
}

}  // namespace
}  // namespace meshtwin
