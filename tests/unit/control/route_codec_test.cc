// Routes and listeners, every field of them, over the wire and back; and where their bytes stand in Envoy's messages.

#include <gtest/gtest.h>

#include "mesh/control/xds_codec.h"

namespace meshtwin {
namespace {

using Kind = StringMatch::Kind;
using PathKind = RouteMatch::PathKind;

std::shared_ptr<const RouteConfig> over_the_wire(const RouteConfig& routes) {
  const XdsResource read = decode_body(XdsKind::routes, encode_body(std::make_shared<const RouteConfig>(routes)));
  EXPECT_EQ(read.problem, "");
  return std::get<std::shared_ptr<const RouteConfig>>(read.body);
}

RouteConfigEntry over_the_wire(const RouteConfigEntry& route) {
  RouteConfig routes;
  routes.name = "80";
  routes.virtual_hosts = {{"v", {"*"}, {route}}};
  const auto read = over_the_wire(routes);
  return read == nullptr ? RouteConfigEntry() : read->virtual_hosts[0].routes[0];
}

std::shared_ptr<const ListenerConfig> over_the_wire(const ListenerConfig& listener) {
  const XdsResource read =
      decode_body(XdsKind::listener, encode_body(std::make_shared<const ListenerConfig>(listener)));
  EXPECT_EQ(read.problem, "");
  return std::get<std::shared_ptr<const ListenerConfig>>(read.body);
}

RouteConfigEntry plain() {
  RouteConfigEntry route;
  route.name = "r";
  route.cluster = "c";
  return route;
}

HeaderRules rules(const std::string& of) {
  HeaderRules made;
  made.request = {{of + "-gone"}, {{of + "-set", "1"}, {"host", "h"}}, {{of + "-more", "2"}, {of + "-more", "3"}}};
  made.response = {{of + "-out"}, {{of + "-r", "4"}}, {{of + "-s", "5"}}};
  return made;
}

TEST(RouteCodec, Matches) {
  std::vector<RouteMatch> matches;
  for (const PathKind kind : {PathKind::prefix, PathKind::segments, PathKind::exact, PathKind::regex}) {
    RouteMatch match;
    match.path_kind = kind;
    match.path = "/a.*";
    match.ignore_case = kind == PathKind::exact;
    for (const Kind text : {Kind::present, Kind::exact, Kind::prefix, Kind::suffix, Kind::contains, Kind::regex}) {
      const std::string value = text == Kind::present ? "" : "v";
      match.headers.push_back({"x-" + std::to_string(static_cast<int>(text)),
                               {text, value, text == Kind::suffix},
                               text == Kind::regex || text == Kind::present});
      match.query_params.push_back({"q", {text, value, text == Kind::contains}});
    }
    matches.push_back(match);
  }
  for (const RouteMatch& match : matches) {
    RouteConfigEntry route = plain();
    route.match = match;
    EXPECT_EQ(over_the_wire(route).match, match);
  }
}

TEST(RouteCodec, ActionsOfARoute) {
  RouteConfigEntry route = plain();
  route.cluster.clear();
  route.weighted_clusters = {{"a", 60, rules("a")}, {"b", 0, {}}, {"c", 40, {}}};
  route.timeout = 1500 * kMillisecond;
  route.headers = rules("route");
  route.hash = {
      {HashPolicy::Kind::header, "x-user", "", std::nullopt}, {HashPolicy::Kind::cookie, "c", "/p", 3 * kSecond},
      {HashPolicy::Kind::cookie, "d", "", std::nullopt},      {HashPolicy::Kind::cookie, "session", "", Duration{0}},
      {HashPolicy::Kind::query_param, "q", "", std::nullopt}, {HashPolicy::Kind::source_ip, "", "", std::nullopt}};
  route.mirrors = {{"m", 1}, {"n", 0.333333}, {"o", 0}};
  const RouteConfigEntry read = over_the_wire(route);
  EXPECT_EQ(read.name, "r");
  EXPECT_EQ(read.cluster, "");
  EXPECT_EQ(read.weighted_clusters, route.weighted_clusters);
  EXPECT_EQ(read.timeout, route.timeout);
  EXPECT_EQ(read.headers, route.headers);
  EXPECT_EQ(read.hash, route.hash);
  EXPECT_EQ(read.mirrors, route.mirrors);
}

TEST(RouteCodec, Retries) {
  RouteConfigEntry route = plain();
  RetryPolicy& retry = route.retry;
  retry.attempts = 3;
  retry.on_retriable_4xx = retry.on_reset_before_request = retry.on_gateway_error = retry.on_unavailable = true;
  retry.on_status = {503, 418};
  retry.per_try_timeout = 250 * kMillisecond;
  retry.base_interval = 10 * kMillisecond;
  retry.max_interval = 40 * kMillisecond;
  retry.host_selection_attempts = 7;
  const RetryPolicy read = over_the_wire(route).retry;
  EXPECT_EQ(read.attempts, 3U);
  EXPECT_TRUE(read.on_retriable_4xx && read.on_reset_before_request && read.on_gateway_error && read.on_unavailable);
  EXPECT_FALSE(read.on_5xx || read.on_reset || read.on_connect_failure || read.on_cancelled || read.on_refused_stream);
  EXPECT_EQ(read.on_status, retry.on_status);
  EXPECT_EQ(read.per_try_timeout, retry.per_try_timeout);
  EXPECT_EQ(read.base_interval, retry.base_interval);
  EXPECT_EQ(read.max_interval, retry.max_interval);
  EXPECT_EQ(read.host_selection_attempts, 7U);
}

TEST(RouteCodec, Rewrites) {
  RewriteAction rewrites[4];
  rewrites[0].prefix = "/new";
  rewrites[1].prefix = "";
  rewrites[2].path = "/whole";
  rewrites[3].regex = {"^/(.*)$", "/x/\\1"};
  rewrites[3].authority = "other.example";
  for (const RewriteAction& rewrite : rewrites) {
    RouteConfigEntry route = plain();
    route.rewrite = rewrite;
    EXPECT_EQ(over_the_wire(route).rewrite, rewrite);
  }
}

TEST(RouteCodec, AnswersOfARoute) {
  for (const std::uint16_t status : {301, 302, 303, 307, 308}) {
    RouteConfigEntry route = plain();
    route.cluster.clear();
    route.redirect.emplace();
    route.redirect->status = status;
    if (status == 302) route.redirect->path = "/p";
    if (status == 303) route.redirect->prefix = "";
    if (status == 307) route.redirect->authority = "a.example";
    if (status == 308) route.redirect->scheme = "https";
    if (status == 308) route.redirect->port = 8443;
    EXPECT_EQ(over_the_wire(route).redirect, route.redirect);
  }
  RouteConfigEntry route = plain();
  route.cluster.clear();
  route.direct_response = {502, "blocked"};
  const RouteConfigEntry read = over_the_wire(route);
  ASSERT_TRUE(read.direct_response.has_value());
  EXPECT_EQ(read.direct_response->status, 502);
  EXPECT_EQ(read.direct_response->body, "blocked");
}

TEST(RouteCodec, FaultsAndCors) {
  RouteConfigEntry route = plain();
  route.fault.emplace();
  route.fault->delay = 7 * kSecond;
  route.fault->delay_share = 0.001;
  route.fault->abort_share = 1;
  route.fault->abort_status = 500;
  EXPECT_EQ(over_the_wire(route).fault, route.fault);
  route.fault->abort_status = 0;
  route.fault->abort_grpc_status = 14;
  EXPECT_EQ(over_the_wire(route).fault, route.fault);
  CorsRules cors;
  cors.allow_origins = {
      {Kind::exact, "https://a", false}, {Kind::regex, "https://.*", false}, {Kind::prefix, "h", false}};
  cors.allow_methods = {"GET", "POST"};
  cors.allow_headers = {"x-a", "x-b"};
  cors.expose_headers = {"x-c"};
  cors.max_age = 24 * 3600 * kSecond;
  cors.allow_credentials = false;
  cors.forward_not_matching_preflights = false;
  route.cors = std::make_shared<CorsRules>(cors);
  const RouteConfigEntry read = over_the_wire(route);
  ASSERT_NE(read.cors, nullptr);
  EXPECT_EQ(*read.cors, cors);
  EXPECT_EQ(read.fault, route.fault);
}

TEST(RouteCodec, ListenersWithFilters) {
  ListenerConfig listener;
  listener.name = "0.0.0.0_80";
  listener.address = {0, 80};
  listener.route_config = "80";
  RateLimitConfig& limit = listener.filters.rate_limit.emplace();
  limit.max_tokens = 10;
  limit.tokens_per_fill = 3;
  limit.fill_interval = 60 * kSecond;
  limit.enabled_share = 0.5;
  limit.enforced_share = 0.25;
  limit.status = 503;
  limit.response_headers = {{"x-local-rate-limit", "true"}};
  TrafficLabelConfig& label = listener.filters.traffic_label.emplace();
  label.rules = {{"x-asm-prefer-tag",
                  {{LabelSource::Kind::external_inbound_request_header, "tag", "x-request-id"},
                   {LabelSource::Kind::pod_label, "ASM_TRAFFIC_TAG", ""}},
                  {"http"}}};
  label.pod_labels = {{"ASM_TRAFFIC_TAG", "s1"}, {"app", "a"}};
  label.trace_headers = {"my-trace"};
  label.baggage_headers = {"x-user"};
  EXPECT_EQ(over_the_wire(listener)->filters, listener.filters);
  EXPECT_EQ(over_the_wire(listener)->route_config, "80");
  listener.name = kVirtualInbound;
  listener.route_config.clear();
  EXPECT_EQ(over_the_wire(listener)->filters, listener.filters);
}

TEST(RouteCodec, ListenersWithTcpRoutes) {
  ListenerConfig listener;
  listener.name = "0.0.0.0_443";
  listener.address = {0, 443};
  listener.route_config = "443";
  listener.tcp_routes = {{{"a.example", "*.b.example"}, {"10.1.0.0/16"}, {{"a", 1, {}}}},
                         {{}, {}, {{"b", 20, {}}, {"c", 80, {}}}}};
  auto read = over_the_wire(listener);
  EXPECT_EQ(read->tcp_routes, listener.tcp_routes);
  EXPECT_EQ(read->route_config, "443");
  EXPECT_EQ(read->cluster, "");
  listener.route_config.clear();
  read = over_the_wire(listener);
  EXPECT_EQ(read->tcp_routes, listener.tcp_routes);
  EXPECT_EQ(read->route_config, "");
  listener.cluster = "otherwise";
  read = over_the_wire(listener);
  EXPECT_EQ(read->tcp_routes, listener.tcp_routes);
  EXPECT_EQ(read->cluster, "otherwise");
}

// Protobuf by hand, with the numbers of Envoy's published API written out.
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
std::string any(const std::string& type, const std::string& content) {
  return bytes(1, "type.googleapis.com/" + type) + bytes(2, content);
}
std::string header(const std::string& name, const std::string& value, std::uint64_t action) {
  return bytes(1, bytes(1, name) + bytes(2, value)) + (action == 0 ? "" : number(3, action));
}

RouteConfigEntry read_route(const std::string& content) {
  const XdsResource read =
      decode_body(XdsKind::routes, bytes(1, "80") + bytes(2, bytes(1, "v") + bytes(2, "a") + bytes(3, content)));
  EXPECT_EQ(read.problem, "");
  if (!read.problem.empty()) return {};
  return std::get<std::shared_ptr<const RouteConfig>>(read.body)->virtual_hosts[0].routes[0];
}

TEST(RouteCodec, RefusesWithTheReason) {
  const std::string match = bytes(1, bytes(1, "/"));
  const std::string to_cluster = bytes(1, "c");
  const auto refused = [](const std::string& content) {
    return decode_body(XdsKind::routes, bytes(1, "80") + bytes(2, bytes(1, "v") + bytes(2, "a") + bytes(3, content)))
        .problem;
  };
  const struct {
    std::string route;
    std::string problem;
  } rows[] = {
      {match + bytes(3, number(3, 9)), "response_code 9 is not known"},
      {match + bytes(3, number(8, 70'000)), "port_redirect 70000 is above 65535"},
      {match + bytes(7, number(1, 99)), "direct_response status 99 is not in 200..599"},
      {match + bytes(2, to_cluster) + bytes(13, bytes(1, "lua") + bytes(2, "")),
       "typed_per_filter_config 'lua' is not supported"},
      {match + bytes(2, to_cluster + bytes(30, bytes(1, "m") + bytes(3, bytes(1, number(1, 101))))), "a share above 1"},
      {match + bytes(2, to_cluster + bytes(15, number(4, 1))), "a hash_policy of a kind that is not supported"},
      {match + bytes(2, to_cluster) + bytes(9, header("h", "v", 1)),
       "header 'h': an append_action that is not supported"},
      {match + bytes(2, to_cluster + bytes(9, number(7, 42))), "retriable_status_codes: 42 is no status"},
      {bytes(1, bytes(1, "/") + bytes(6, "")) + bytes(2, to_cluster), "a header matcher without a name"},
  };
  for (const auto& row : rows) EXPECT_EQ(refused(row.route), "virtual host 'v': " + row.problem);
}

TEST(RouteCodec, ReadsEnvoysFieldNumbers) {
  const std::string match = bytes(10, bytes(2, "/v.*")) + bytes(4, "") +
                            bytes(6, bytes(1, ":method") + bytes(13, bytes(1, "GET") + number(6, 1)) + number(8, 1)) +
                            bytes(7, bytes(1, "q") + bytes(5, bytes(7, "x"))) + bytes(6, bytes(1, "p") + number(7, 1));
  const std::string weighted = bytes(1, bytes(1, "a") + bytes(2, number(1, 70)) + bytes(4, header("n", "1", 2)) +
                                            bytes(6, "gone") + bytes(9, "lost") + bytes(5, header("m", "2", 0))) +
                               bytes(1, bytes(1, "b") + bytes(2, number(1, 30)));
  const std::string action =
      bytes(3, weighted) + bytes(5, "/w") + bytes(6, "host.example") + bytes(8, number(1, 3)) +
      bytes(9, bytes(1, "5xx,retriable-status-codes") + bytes(2, number(1, 4)) + bytes(3, number(1, 1)) +
                   number(7, 409) + bytes(8, bytes(1, number(2, 1'000'000)) + bytes(2, number(1, 2)))) +
      bytes(15, bytes(2, bytes(1, "user") + bytes(2, number(1, 5)) + bytes(3, "/")) + number(4, 1)) +
      bytes(30, bytes(1, "m") + bytes(3, bytes(1, number(1, 50)))) +
      bytes(32, bytes(1, bytes(2, "a")) + bytes(2, "b")) + bytes(45, "/z");
  const std::string fault = bytes(1, bytes(3, number(1, 2)) + bytes(4, number(1, 100'000) + number(2, 2))) +
                            bytes(2, number(2, 503) + bytes(3, number(1, 10)));
  const RouteConfigEntry route = read_route(
      bytes(1, match) + bytes(2, action) + bytes(9, header("rq", "1", 2)) + bytes(10, header("rs", "2", 0)) +
      bytes(11, "rs-gone") + bytes(12, "rq-gone") +
      bytes(13, bytes(1, "envoy.filters.http.fault") +
                    bytes(2, any("envoy.extensions.filters.http.fault.v3.HTTPFault", fault))) +
      bytes(13, bytes(1, "envoy.filters.http.cors") + bytes(2, any("envoy.extensions.filters.http.cors.v3.CorsPolicy",
                                                                   bytes(1, bytes(1, "o")) + bytes(2, "GET") +
                                                                       bytes(5, "60") + bytes(6, number(1, 1))))) +
      bytes(14, "name"));
  EXPECT_EQ(route.name, "name");
  EXPECT_EQ(route.match.path_kind, PathKind::regex);
  EXPECT_EQ(route.match.path, "/v.*");
  EXPECT_TRUE(route.match.ignore_case);
  ASSERT_EQ(route.match.headers.size(), 2U);
  EXPECT_EQ(route.match.headers[0], (HeaderMatch{":method", {Kind::exact, "GET", true}, true}));
  EXPECT_EQ(route.match.headers[1], (HeaderMatch{"p", {}, false}));
  EXPECT_EQ(route.match.query_params, (std::vector<NamedMatch>{{"q", {Kind::contains, "x", false}}}));
  ASSERT_EQ(route.weighted_clusters.size(), 2U);
  EXPECT_EQ(route.weighted_clusters[0].weight, 70U);
  EXPECT_EQ(route.weighted_clusters[0].headers.request, (HeaderOperations{{"lost"}, {{"n", "1"}}, {}}));
  EXPECT_EQ(route.weighted_clusters[0].headers.response, (HeaderOperations{{"gone"}, {}, {{"m", "2"}}}));
  EXPECT_EQ(route.rewrite.prefix, "/w");
  EXPECT_EQ(route.rewrite.path, "/z");
  EXPECT_EQ(route.rewrite.regex, (std::pair<std::string, std::string>("a", "b")));
  EXPECT_EQ(route.rewrite.authority, "host.example");
  EXPECT_EQ(route.timeout, 3 * kSecond);
  EXPECT_EQ(route.retry.attempts, 4U);
  EXPECT_EQ(route.retry.per_try_timeout, kSecond);
  EXPECT_EQ(route.retry.on_status, (std::vector<std::uint16_t>{409}));
  EXPECT_EQ(route.retry.base_interval, kMillisecond);
  EXPECT_EQ(route.retry.max_interval, 2 * kSecond);
  EXPECT_EQ(route.hash, (std::vector<HashPolicy>{{HashPolicy::Kind::cookie, "user", "/", 5 * kSecond}}));
  EXPECT_EQ(route.mirrors, (std::vector<MirrorPolicy>{{"m", 0.5}}));
  EXPECT_EQ(route.headers.request, (HeaderOperations{{"rq-gone"}, {{"rq", "1"}}, {}}));
  EXPECT_EQ(route.headers.response, (HeaderOperations{{"rs-gone"}, {}, {{"rs", "2"}}}));
  ASSERT_TRUE(route.fault.has_value());
  EXPECT_EQ(*route.fault, (FaultAction{0.1, 2 * kSecond, 0.1, 503, std::nullopt}));
  ASSERT_NE(route.cors, nullptr);
  EXPECT_EQ(route.cors->allow_origins, (std::vector<StringMatch>{{Kind::exact, "o", false}}));
  EXPECT_EQ(route.cors->max_age, 60 * kSecond);
  EXPECT_EQ(route.cors->allow_credentials, true);
}

TEST(RouteCodec, ReadsEnvoysFieldNumbersOfAnswersAndListeners) {
  const RouteConfigEntry redirect =
      read_route(bytes(1, bytes(14, "/seg")) +
                 bytes(3, bytes(1, "h") + bytes(5, "/p") + number(3, 4) + bytes(7, "https") + number(8, 99)));
  EXPECT_EQ(redirect.match.path_kind, PathKind::segments);
  EXPECT_EQ(redirect.redirect, (RedirectAction{std::nullopt, "/p", "h", "https", 99, 308}));
  const RouteConfigEntry direct =
      read_route(bytes(1, bytes(2, "/e")) + bytes(7, number(1, 418) + bytes(2, bytes(3, "t"))));
  EXPECT_EQ(direct.match.path_kind, PathKind::exact);
  EXPECT_EQ(direct.direct_response->status, 418);
  EXPECT_EQ(direct.direct_response->body, "t");

  const std::string limit = bytes(1, "s") + bytes(2, number(1, 430)) +
                            bytes(3, number(1, 9) + bytes(2, number(1, 2)) + bytes(3, number(1, 1))) +
                            bytes(4, bytes(1, number(1, 100))) + bytes(5, bytes(1, number(1, 50))) +
                            bytes(6, header("x", "y", 0));
  const std::string manager =
      bytes(2, "s") + bytes(3, bytes(2, "80")) +
      bytes(5,
            bytes(1, "rl") + bytes(4, any("envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit", limit)));
  const std::string tcp =
      bytes(1, "s") + bytes(10, bytes(1, bytes(1, "a") + number(2, 3)) + bytes(1, bytes(1, "b") + number(2, 4)));
  const std::string chains =
      bytes(3, bytes(1, bytes(3, bytes(1, "10.0.0.0") + bytes(2, number(1, 8))) + bytes(9, "tls") + bytes(11, "n")) +
                   bytes(3, bytes(4, any("envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", tcp)))) +
      bytes(3,
            bytes(3, bytes(4, any("envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                                  manager))));
  const XdsResource read =
      decode_body(XdsKind::listener, bytes(1, "l") + bytes(2, bytes(1, bytes(2, "0.0.0.0") + number(3, 80))) + chains);
  ASSERT_EQ(read.problem, "");
  const ListenerConfig& listener = *std::get<std::shared_ptr<const ListenerConfig>>(read.body);
  EXPECT_EQ(listener.tcp_routes, (std::vector<TcpRoute>{{{"n"}, {"10.0.0.0/8"}, {{"a", 3, {}}, {"b", 4, {}}}}}));
  EXPECT_EQ(listener.route_config, "80");
  ASSERT_TRUE(listener.filters.rate_limit.has_value());
  EXPECT_EQ(*listener.filters.rate_limit, (RateLimitConfig{9, 2, kSecond, 1, 0.5, 430, {{"x", "y"}}}));
}

}  // namespace
}  // namespace meshtwin
