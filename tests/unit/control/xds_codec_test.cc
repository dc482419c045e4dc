#include "mesh/control/xds_codec.h"

#include <gtest/gtest.h>

#include <cstring>

namespace meshtwin {
namespace {

// Protobuf by hand, with the field numbers of Envoy's published API written out.
std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 128; value >>= 7) bytes += static_cast<char>(value | 128);
  return bytes += static_cast<char>(value);
}
std::string number(std::uint32_t field, std::uint64_t value) {
  return varint(field << 3) + varint(value);
}
std::string bytes(std::uint32_t field, const std::string& content) {
  return varint(field << 3 | 2) + varint(content.size()) + content;
}
std::string wrapped(std::uint32_t field, std::uint64_t value) {
  return bytes(field, value == 0 ? "" : number(1, value));
}
std::string address(const std::string& ip, std::uint64_t port) {
  return bytes(1, bytes(2, ip) + number(3, port));
}
// google.type.Percent of a whole number below 2^53, as a little-endian double.
std::string percent(double value) {
  std::string raw(8, '\0');
  std::memcpy(raw.data(), &value, 8);
  return value == 0 ? "" : varint(1 << 3 | 1) + raw;
}
const std::string kAds = bytes(3, "") + number(6, 2);

std::string hex(const std::string& text) {
  std::string out;
  for (const unsigned char c : text) {
    out += "0123456789abcdef"[c >> 4];
    out += "0123456789abcdef"[c & 15];
  }
  return out;
}

ClusterAssignment two_endpoints() {
  ClusterAssignment assignment;
  assignment.cluster = "c";
  assignment.localities = {{{"r", "z", ""}, 0, 0, {{{0x0a000001, 8080}, EndpointHealth::healthy, 1}}},
                           {{"r", "y", "s"}, 1, 7, {{{0x0a000002, 80}, EndpointHealth::unhealthy, 300}}}};
  return assignment;
}

const std::string kTwoEndpoints =
    bytes(1, "c") +
    bytes(2, bytes(1, bytes(1, "r") + bytes(2, "z")) +
                 bytes(2, bytes(1, bytes(1, address("10.0.0.1", 8080))) + number(2, 1) + wrapped(4, 1))) +
    bytes(2, bytes(1, bytes(1, "r") + bytes(2, "y") + bytes(3, "s")) +
                 bytes(2, bytes(1, bytes(1, address("10.0.0.2", 80))) + number(2, 2) + wrapped(4, 300)) +
                 wrapped(3, 7) + number(5, 1));

ClusterConfig full_cluster() {
  ClusterConfig cluster;
  cluster.name = "c";
  cluster.lb_policy = LbPolicy::random;
  cluster.connect_timeout = 10 * kSecond;
  cluster.breakers.max_connections = 0xffffffff;
  cluster.max_requests_per_connection = 5;
  cluster.panic_threshold_percent = 25;
  cluster.outlier.emplace();
  cluster.outlier->consecutive_5xx = 3;
  cluster.outlier->enforcing_success_rate = 0;
  cluster.outlier->interval = 1500 * kMillisecond;
  cluster.outlier->split_external_local_origin_errors = true;
  cluster.outlier->always_eject_one_host = true;
  return cluster;
}

const std::string kFullCluster = bytes(1, "c") + number(2, 3) + bytes(3, bytes(1, kAds) + bytes(2, "c")) +
                                 bytes(4, number(1, 10)) + number(6, 3) + wrapped(9, 5) +
                                 bytes(10, bytes(1, wrapped(2, 0xffffffff))) +
                                 bytes(19, wrapped(1, 3) + bytes(2, number(1, 1) + number(2, 500'000'000)) +
                                               wrapped(6, 0) + number(12, 1) + wrapped(25, 1)) +
                                 bytes(27, bytes(1, percent(25)));

std::string real(std::uint32_t field, double value) {
  std::string raw(8, '\0');
  std::memcpy(raw.data(), &value, 8);
  return varint(field << 3 | 1) + raw;
}

// One cluster for each way to share requests, and what stands in its message for it beside what every cluster has.
struct BalancerRow {
  const char* what;
  ClusterConfig cluster;
  std::string policy;
  std::string breakers;
  std::string lb_config;
  std::string common;
  std::string http = {};
};

std::vector<BalancerRow> balancer_rows() {
  std::vector<BalancerRow> rows;
  const auto add = [&rows](const char* what) -> BalancerRow& {
    rows.push_back({what, {}, number(6, 1), "", "", ""});
    rows.back().cluster.name = "c";
    rows.back().cluster.lb_policy = LbPolicy::least_request;
    return rows.back();
  };
  BalancerRow* row = &add("round robin in slow start");
  row->cluster.lb_policy = LbPolicy::round_robin;
  row->cluster.slow_start = {30 * kSecond, 1, 10};
  row->policy = "";
  row->lb_config = bytes(56, bytes(1, bytes(1, number(1, 30))));
  row = &add("least request in slow start, all set");
  row->cluster.slow_start = {kSecond, 2.5, 20};
  row->cluster.least_request_active_bias = 0.5;
  row->lb_config = bytes(
      37, bytes(2, real(1, 0.5)) + bytes(3, bytes(1, number(1, 1)) + bytes(2, real(1, 2.5)) + bytes(3, percent(20))));
  row = &add("ring hash");
  row->cluster.lb_policy = LbPolicy::ring_hash;
  row->cluster.ring_hash = {2048, 4096};
  row->policy = number(6, 2);
  row->lb_config = bytes(23, wrapped(1, 2048) + wrapped(4, 4096));
  row = &add("Maglev");
  row->cluster.lb_policy = LbPolicy::maglev;
  row->cluster.maglev.table_size = 251;
  row->policy = number(6, 5);
  row->lb_config = bytes(52, wrapped(1, 251));
  row = &add("weighted by locality");
  row->cluster.weighted_by_locality = true;
  row->common = bytes(3, "");
  row = &add("zone aware");
  row->cluster.zone_aware = {50, 3, true};
  row->common = bytes(2, bytes(1, percent(50)) + wrapped(2, 3) + number(3, 1));
  row = &add("zone aware as by default");
  row->cluster.zone_aware.emplace();
  row->common = bytes(2, "");
  row = &add("retry budget");
  row->cluster.breakers.retry_budget = {25, 5};
  row->breakers = bytes(8, bytes(1, percent(25)) + wrapped(2, 5));
  row = &add("idle timeout");
  row->cluster.idle_timeout = 15 * kSecond;
  row->http = bytes(29, bytes(1, number(1, 15)));
  row = &add("no idle timeout");
  row->cluster.idle_timeout = 0;
  row->http = bytes(29, bytes(1, ""));
  return rows;
}

std::string bytes_of(const BalancerRow& row) {
  const std::string after_common = bytes(27, bytes(1, percent(50)) + row.common) + row.http;
  const std::string head = bytes(1, "c") + number(2, 3) + bytes(3, bytes(1, kAds) + bytes(2, "c")) +
                           bytes(4, number(1, 5)) + row.policy + bytes(10, bytes(1, row.breakers));
  // Fields go out in the order of their numbers.
  const bool before_common = row.cluster.lb_policy == LbPolicy::ring_hash;
  return before_common ? head + row.lb_config + after_common : head + after_common + row.lb_config;
}

RouteConfig one_route() {
  RouteConfig routes;
  routes.name = "80";
  RouteConfigEntry route;
  route.name = "r";
  route.cluster = "c";
  route.retry.attempts = 2;
  route.retry.on_connect_failure = route.retry.on_5xx = true;
  route.retry.skip_previous_hosts = true;
  routes.virtual_hosts = {{"v", {"a", "a:80"}, {route}}};
  return routes;
}

const std::string kOneRoute =
    bytes(1, "80") +
    bytes(2,
          bytes(1, "v") + bytes(2, "a") + bytes(2, "a:80") +
              bytes(3, bytes(1, bytes(1, "/")) +
                           bytes(2, bytes(1, "c") + bytes(8, "") +
                                        bytes(9, bytes(1, "connect-failure,5xx") + wrapped(2, 2) +
                                                     bytes(5, bytes(1, "envoy.retry_host_predicates.previous_hosts") +
                                                                  bytes(3, bytes(1,
                                                                                 "type.googleapis.com/envoy.extensions."
                                                                                 "retry.host.previous_hosts.v3."
                                                                                 "PreviousHostsPredicate"))) +
                                                     number(6, 5))) +
                           bytes(14, "r")));

const std::string kHttpListener =
    bytes(1, "0.0.0.0_80") + bytes(2, address("0.0.0.0", 80)) +
    bytes(3, bytes(3, bytes(1, "envoy.filters.network.http_connection_manager") +
                          bytes(4, bytes(1,
                                         "type.googleapis.com/envoy.extensions.filters.network."
                                         "http_connection_manager.v3.HttpConnectionManager") +
                                       bytes(2, bytes(2, "outbound_0.0.0.0_80") +
                                                    bytes(3, bytes(1, kAds) + bytes(2, "80"))))));

const std::string kTcpListener =
    bytes(1, "10.96.0.1_5432") + bytes(2, address("10.96.0.1", 5432)) +
    bytes(3,
          bytes(3, bytes(1, "envoy.filters.network.tcp_proxy") +
                       bytes(4, bytes(1, "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy") +
                                    bytes(2, bytes(1, "c") + bytes(2, "c")))));

struct BodyRow {
  const char* what;
  XdsKind kind;
  XdsBody body;
  std::string bytes;
};

std::vector<BodyRow> body_rows() {
  return {
      {"endpoints", XdsKind::endpoints, std::make_shared<const ClusterAssignment>(two_endpoints()), kTwoEndpoints},
      {"cluster", XdsKind::cluster, std::make_shared<const ClusterConfig>(full_cluster()), kFullCluster},
      {"routes", XdsKind::routes, std::make_shared<const RouteConfig>(one_route()), kOneRoute},
      {"http listener", XdsKind::listener,
       std::make_shared<const ListenerConfig>(ListenerConfig{"0.0.0.0_80", {0, 80}, "80", ""}), kHttpListener},
      {"tcp listener", XdsKind::listener,
       std::make_shared<const ListenerConfig>(ListenerConfig{"10.96.0.1_5432", {0x0a600001, 5432}, "", "c"}),
       kTcpListener},
  };
}

TEST(XdsCodec, WritesEnvoysFieldNumbers) {
  for (const BodyRow& row : body_rows()) EXPECT_EQ(hex(encode_body(row.body)), hex(row.bytes)) << row.what;
}

TEST(XdsCodec, ReadsWhatItWroteAndPassesOverUnknownFields) {
  for (const BodyRow& row : body_rows()) {
    for (const std::string& extra : {std::string(), number(900, 5), bytes(901, "future"), bytes(902, bytes(1, "x"))}) {
      const XdsResource read = decode_body(row.kind, row.bytes + extra);
      ASSERT_EQ(read.problem, "") << row.what;
      EXPECT_EQ(hex(encode_body(read.body)), hex(row.bytes)) << row.what;
    }
  }
}

TEST(XdsCodec, CarriesEveryWayToShareRequests) {
  for (const BalancerRow& row : balancer_rows()) {
    const std::string written = encode_body(std::make_shared<const ClusterConfig>(row.cluster));
    EXPECT_EQ(hex(written), hex(bytes_of(row))) << row.what;
    const XdsResource read = decode_body(XdsKind::cluster, bytes_of(row));
    ASSERT_EQ(read.problem, "") << row.what;
    EXPECT_EQ(hex(encode_body(read.body)), hex(bytes_of(row))) << row.what;
  }
}

TEST(XdsCodec, ReadsHowRequestsAreShared) {
  const auto read = [](const char* what) {
    for (const BalancerRow& row : balancer_rows()) {
      if (std::string(row.what) != what) continue;
      return *std::get<std::shared_ptr<const ClusterConfig>>(decode_body(XdsKind::cluster, bytes_of(row)).body);
    }
    throw std::logic_error(what);
  };
  const ClusterConfig slow = read("least request in slow start, all set");
  EXPECT_EQ(slow.lb_policy, LbPolicy::least_request);
  EXPECT_EQ(slow.slow_start->window, kSecond);
  EXPECT_EQ(slow.slow_start->aggression, 2.5);
  EXPECT_EQ(slow.slow_start->min_weight_percent, 20);
  EXPECT_EQ(slow.least_request_active_bias, 0.5);
  const ClusterConfig ring = read("ring hash");
  EXPECT_EQ(ring.lb_policy, LbPolicy::ring_hash);
  EXPECT_EQ(ring.ring_hash.minimum_ring_size, 2048U);
  EXPECT_EQ(ring.ring_hash.maximum_ring_size, 4096U);
  EXPECT_EQ(read("Maglev").maglev.table_size, 251U);
  EXPECT_TRUE(read("weighted by locality").weighted_by_locality);
  const ClusterConfig zones = read("zone aware");
  EXPECT_EQ(zones.zone_aware->routing_enabled_percent, 50);
  EXPECT_EQ(zones.zone_aware->min_cluster_size, 3U);
  EXPECT_TRUE(zones.zone_aware->fail_traffic_on_panic);
  EXPECT_EQ(read("retry budget").breakers.retry_budget->percent, 25);
  EXPECT_EQ(read("retry budget").breakers.retry_budget->min_retry_concurrency, 5U);
  EXPECT_EQ(read("idle timeout").idle_timeout, 15 * kSecond);
  EXPECT_EQ(read("no idle timeout").idle_timeout, 0);
}

TEST(XdsCodec, ReadsValuesNotOnlyBytes) {
  const XdsResource cluster = decode_body(XdsKind::cluster, kFullCluster);
  const ClusterConfig& c = *std::get<std::shared_ptr<const ClusterConfig>>(cluster.body);
  EXPECT_EQ(c.lb_policy, LbPolicy::random);
  EXPECT_EQ(c.connect_timeout, 10 * kSecond);
  EXPECT_EQ(c.breakers.max_connections, 0xffffffffU);
  EXPECT_EQ(c.breakers.max_requests, 1024U) << "Envoy's default for what is absent";
  EXPECT_EQ(c.panic_threshold_percent, 25U);
  EXPECT_EQ(c.outlier->interval, 1500 * kMillisecond);
  EXPECT_EQ(c.outlier->consecutive_5xx, 3U);
  EXPECT_EQ(c.outlier->consecutive_gateway_failure, 5U);
  EXPECT_EQ(c.outlier->enforcing_success_rate, 0U);
  EXPECT_EQ(c.outlier->max_ejection_time, 300 * kSecond);
  const XdsResource endpoints = decode_body(XdsKind::endpoints, kTwoEndpoints);
  const ClusterAssignment& a = *std::get<std::shared_ptr<const ClusterAssignment>>(endpoints.body);
  ASSERT_EQ(a.localities.size(), 2U);
  EXPECT_EQ(a.localities[1].locality, (Locality{"r", "y", "s"}));
  EXPECT_EQ(a.localities[1].priority, 1U);
  EXPECT_EQ(a.localities[1].weight, 7U);
  EXPECT_EQ(a.localities[1].endpoints[0].address, (SocketAddress{0x0a000002, 80}));
  EXPECT_EQ(a.localities[1].endpoints[0].health, EndpointHealth::unhealthy);
  EXPECT_EQ(a.localities[1].endpoints[0].weight, 300U);
  EXPECT_EQ(a.overprovisioning_factor, 140U);
  const XdsResource defaults = decode_body(XdsKind::cluster, bytes(1, "c") + number(2, 3));
  const ClusterConfig& d = *std::get<std::shared_ptr<const ClusterConfig>>(defaults.body);
  EXPECT_EQ(d.lb_policy, LbPolicy::round_robin);
  EXPECT_EQ(d.panic_threshold_percent, 50U);
  EXPECT_EQ(d.connect_timeout, 5 * kSecond);
}

TEST(XdsCodec, RefusesWithTheReason) {
  const std::string cluster = bytes(1, "c") + number(2, 3);
  const auto endpoint = [](const std::string& ip, std::uint64_t port) {
    return bytes(1, "c") + bytes(2, bytes(2, bytes(1, bytes(1, address(ip, port)))));
  };
  const auto route = [](const std::string& content) {
    return bytes(1, "80") + bytes(2, bytes(1, "v") + bytes(2, "a") + bytes(3, content));
  };
  const std::string action = bytes(1, bytes(1, "/")) + bytes(2, bytes(1, "c"));
  struct {
    XdsKind kind;
    std::string bytes;
    std::string problem;
  } const rows[] = {
      {XdsKind::cluster, "\x0a\x05", "not a envoy.config.cluster.v3.Cluster"},
      {XdsKind::cluster, number(2, 3), "a cluster without a name"},
      {XdsKind::cluster, bytes(1, "c"), "only clusters of type EDS are supported"},
      {XdsKind::cluster, cluster + number(6, 6), "lb_policy 6 is not supported"},
      {XdsKind::cluster, cluster + number(6, 2) + bytes(23, number(3, 1)),
       "ring_hash_lb_config: hash_function 1 is not supported"},
      {XdsKind::cluster, cluster + number(6, 1) + bytes(37, wrapped(1, 3)),
       "least_request_lb_config: choice_count 3 is not supported, only 2"},
      {XdsKind::cluster, cluster + number(6, 99), "lb_policy 99 is not supported"},
      {XdsKind::cluster, cluster + bytes(4, ""), "connect_timeout must be above 0"},
      {XdsKind::cluster, cluster + bytes(4, number(1, 10'000'000'000)), "connect_timeout must be above 0"},
      {XdsKind::cluster, cluster + bytes(3, bytes(2, "other")),
       "an EDS service_name other than the cluster's is not supported"},
      {XdsKind::cluster, cluster + bytes(19, wrapped(4, 101)),
       "outlier_detection.max_ejection_percent is 101, above 100"},
      {XdsKind::cluster, cluster + bytes(19, bytes(2, "")), "outlier_detection.interval must be above 0"},
      {XdsKind::cluster, cluster + bytes(27, bytes(1, percent(100.5))), "healthy_panic_threshold is not in 0..100"},
      {XdsKind::endpoints, bytes(2, ""), "endpoints without a cluster name"},
      {XdsKind::endpoints, endpoint("10.0.0.256", 80), "address: '10.0.0.256' is not an IPv4 address"},
      {XdsKind::endpoints, endpoint("10.0.0", 80), "address: '10.0.0' is not an IPv4 address"},
      {XdsKind::endpoints, endpoint("10.0.0.1.", 80), "address: '10.0.0.1.' is not an IPv4 address"},
      {XdsKind::endpoints, endpoint("::1", 80), "address: '::1' is not an IPv4 address"},
      {XdsKind::endpoints, endpoint("10.0.0.1", 0), "address: port 0 is not in 1..65535"},
      {XdsKind::endpoints, endpoint("10.0.0.1", 65536), "address: port 65536 is not in 1..65535"},
      {XdsKind::endpoints, bytes(1, "c") + bytes(2, bytes(2, number(2, 1))), "an endpoint without an address"},
      {XdsKind::endpoints, bytes(1, "c") + bytes(2, number(5, 129)), "priority 129 is above 128"},
      {XdsKind::endpoints, bytes(1, "c") + bytes(2, wrapped(3, 0)), "a locality of weight 0"},
      {XdsKind::endpoints, bytes(1, "c") + bytes(4, wrapped(3, 0)), "overprovisioning_factor must be above 0"},
      {XdsKind::endpoints,
       bytes(1, "c") + bytes(2, bytes(2, bytes(1, bytes(1, address("10.0.0.1", 80))) + number(2, 9))),
       "health status 9 is not known"},
      {XdsKind::listener, bytes(1, "l") + bytes(2, address("0.0.0.0", 80)), "a listener without a filter chain"},
      {XdsKind::listener, bytes(1, "l") + bytes(2, address("0.0.0.0", 80)) + bytes(3, bytes(3, bytes(1, "lua"))),
       "filter 'lua' of type '' is not supported"},
      {XdsKind::routes, route(bytes(1, "")), "virtual host 'v': a route that matches no path"},
      {XdsKind::routes, route(bytes(1, bytes(2, "/exact"))), "virtual host 'v': a route without a cluster"},
      {XdsKind::routes, route(bytes(1, bytes(1, "/"))), "virtual host 'v': a route without a cluster"},
      {XdsKind::routes, route(bytes(1, bytes(1, "/")) + bytes(2, bytes(1, "c") + bytes(9, bytes(1, "5xx,whim")))),
       "virtual host 'v': retry_on: 'whim' is not supported"},
      {XdsKind::routes, bytes(1, "80") + bytes(2, bytes(1, "v") + bytes(2, "a") + bytes(2, "a")),
       "domain 'a' stands twice"},
      {XdsKind::routes, bytes(1, "80") + bytes(2, bytes(1, "v")), "virtual host 'v' has no domains"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(decode_body(row.kind, row.bytes).problem, row.problem) << hex(row.bytes);
  }
  EXPECT_EQ(decode_body(XdsKind::routes, route(action)).problem, "");
}

TEST(XdsCodec, WritesRequests) {
  DeltaRequest request;
  request.node_id = "sidecar~10.0.0.1~a~b";
  request.type_url = kXdsTypeUrls[0];
  request.subscribe = {"x", "y"};
  request.unsubscribe = {"z"};
  request.initial_versions = {{"x", "1"}};
  request.nonce = "7";
  request.error = "no";
  const std::string expected = bytes(1, bytes(1, request.node_id)) + bytes(2, request.type_url) + bytes(3, "x") +
                               bytes(3, "y") + bytes(4, "z") + bytes(5, bytes(1, "x") + bytes(2, "1")) + bytes(6, "7") +
                               bytes(7, number(1, 13) + bytes(2, "no"));
  EXPECT_EQ(hex(encode(request)), hex(expected));
  EXPECT_EQ(encoded_size(request), expected.size());
  DeltaRequest read;
  ASSERT_EQ(decode(expected + bytes(99, "later"), read), std::nullopt);
  EXPECT_EQ(read.node_id, request.node_id);
  EXPECT_EQ(read.subscribe, request.subscribe);
  EXPECT_EQ(read.unsubscribe, request.unsubscribe);
  EXPECT_EQ(read.initial_versions, request.initial_versions);
  EXPECT_EQ(read.nonce, "7");
  EXPECT_EQ(read.error, "no");
  EXPECT_NE(decode("\x0a\xff", read), std::nullopt);
}

TEST(XdsCodec, WritesResponsesAndKnowsTheirSize) {
  DeltaResponse response;
  response.system_version = "12";
  response.type_url = type_url_of(XdsKind::endpoints);
  response.nonce = "3";
  response.removed = {"gone", ""};
  const auto resource = make_resource(std::make_shared<const ClusterAssignment>(two_endpoints()), true);
  response.resources = {resource};
  const std::string expected =
      bytes(1, "12") +
      bytes(2, bytes(1, resource->version) + bytes(2, bytes(1, response.type_url) + bytes(2, kTwoEndpoints)) +
                   bytes(3, "c")) +
      bytes(4, response.type_url) + bytes(5, "3") + bytes(6, "gone") + bytes(6, "");
  EXPECT_EQ(hex(encode(response)), hex(expected));
  EXPECT_EQ(encoded_size(response), expected.size());

  ClusterAssignment large = two_endpoints();
  for (std::uint32_t i = 0; i < 5000; ++i) large.localities[0].endpoints.push_back({{i + 1, 80}});
  response.resources.push_back(make_resource(std::make_shared<const ClusterAssignment>(large), true));
  EXPECT_EQ(encoded_size(response), encode(response).size());
}

TEST(XdsCodec, RefusesOneResourceNotTheResponse) {
  const std::string type = type_url_of(XdsKind::endpoints);
  const auto item = [&](const std::string& name, const std::string& type_url, const std::string& body) {
    return bytes(2, bytes(3, name) + bytes(1, "v") + bytes(2, bytes(1, type_url) + bytes(2, body)));
  };
  DeltaResponse response;
  ASSERT_EQ(decode(bytes(4, type) + item("c", type, kTwoEndpoints) + item("d", type, kTwoEndpoints) +
                       item("e", type_url_of(XdsKind::cluster), kFullCluster) + item("f", type, "\xff"),
                   response),
            std::nullopt);
  ASSERT_EQ(response.resources.size(), 4U);
  EXPECT_EQ(response.resources[0]->problem, "");
  EXPECT_EQ(response.resources[1]->problem, "the resource calls itself 'c'");
  EXPECT_NE(response.resources[2]->problem.find("in a response of another"), std::string::npos);
  EXPECT_EQ(response.resources[3]->name, "f");
  EXPECT_EQ(response.resources[3]->problem, "not a envoy.config.endpoint.v3.ClusterLoadAssignment");
  EXPECT_EQ(decode(bytes(4, "type.googleapis.com/unknown"), response),
            "a response of unknown type 'type.googleapis.com/unknown'");
}

TEST(XdsCodec, VersionsAreEqualForEqualContentOnly) {
  const auto version = [](const ClusterAssignment& assignment) {
    return make_resource(std::make_shared<const ClusterAssignment>(assignment), false)->version;
  };
  ClusterAssignment other = two_endpoints();
  other.localities[0].endpoints[0].health = EndpointHealth::unhealthy;
  EXPECT_EQ(version(two_endpoints()), version(two_endpoints()));
  EXPECT_NE(version(two_endpoints()), version(other));
}

}  // namespace
}  // namespace meshtwin
