#include <algorithm>

#include "mesh/control/proto/tcp_proxy.pb.h"
#include "mesh/control/route_messages.h"
#include "mesh/traffic/tcp_route_match.h"

namespace meshtwin {
namespace {

using envoy::config::listener::v3::Filter;
using envoy::config::listener::v3::FilterChain;
using envoy::config::listener::v3::FilterChainMatch;
using envoy::config::listener::v3::Listener;
using envoy::extensions::filters::network::tcp_proxy::v3::TcpProxy;

void put_http(const ListenerConfig& listener, Filter& filter) {
  HttpConnectionManagerMessage manager;
  manager.set_stat_prefix("outbound_" + listener.name);
  if (!listener.route_config.empty()) {
    auto& rds = *manager.mutable_rds();
    rds.mutable_config_source()->mutable_ads();
    rds.mutable_config_source()->set_resource_api_version(envoy::config::core::v3::V3);
    rds.set_route_config_name(listener.route_config);
  }
  put_filters(listener.filters, manager);
  filter.set_name("envoy.filters.network.http_connection_manager");
  filter.mutable_typed_config()->PackFrom(manager);
}

void put_tcp(const std::vector<WeightedCluster>& clusters, Filter& filter) {
  TcpProxy proxy;
  proxy.set_stat_prefix(clusters.front().cluster);
  if (clusters.size() == 1) proxy.set_cluster(clusters.front().cluster);
  for (const WeightedCluster& cluster : clusters) {
    if (clusters.size() == 1) break;
    auto& weighted = *proxy.mutable_weighted_clusters()->add_clusters();
    weighted.set_name(cluster.cluster);
    weighted.set_weight(cluster.weight);
  }
  filter.set_name("envoy.filters.network.tcp_proxy");
  filter.mutable_typed_config()->PackFrom(proxy);
}

void put_route(const TcpRoute& route, FilterChain& chain) {
  FilterChainMatch& match = *chain.mutable_filter_chain_match();
  for (const std::string& text : route.destination_subnets) {
    const Subnet subnet = parse_subnet(text).value_or(Subnet());
    auto& range = *match.add_prefix_ranges();
    range.set_address_prefix(ip_to_string(subnet.address));
    range.mutable_prefix_len()->set_value(subnet.bits);
  }
  for (const std::string& host : route.sni_hosts) match.add_server_names(host);
  if (!route.sni_hosts.empty()) match.set_transport_protocol("tls");
  put_tcp(route.clusters, *chain.add_filters());
}

Refusal read_tcp(const TcpProxy& proxy, std::vector<WeightedCluster>& clusters) {
  if (!proxy.has_weighted_clusters()) {
    if (proxy.cluster().empty()) return "a TcpProxy without a cluster";
    clusters.push_back({proxy.cluster(), 1, {}});
    return std::nullopt;
  }
  for (const auto& weighted : proxy.weighted_clusters().clusters()) {
    clusters.push_back({weighted.name(), weighted.weight(), {}});
  }
  return std::nullopt;
}

Refusal read_route(const FilterChain& chain, TcpRoute& route) {
  const FilterChainMatch& match = chain.filter_chain_match();
  route.sni_hosts.assign(match.server_names().begin(), match.server_names().end());
  if (!match.transport_protocol().empty() && (match.transport_protocol() != "tls" || route.sni_hosts.empty())) {
    return "transport_protocol '" + match.transport_protocol() + "' without server_names is not supported";
  }
  for (const auto& range : match.prefix_ranges()) {
    route.destination_subnets.push_back(range.address_prefix() + "/" + std::to_string(range.prefix_len().value()));
  }
  TcpProxy proxy;
  if (!chain.filters(0).typed_config().Is<TcpProxy>() || !chain.filters(0).typed_config().UnpackTo(&proxy)) {
    return "a filter chain that matches, and is not a TcpProxy's, is not supported";
  }
  return read_tcp(proxy, route.clusters);
}

Refusal read_filter(const Filter& filter, ListenerConfig& listener) {
  HttpConnectionManagerMessage manager;
  if (filter.typed_config().Is<HttpConnectionManagerMessage>()) {
    if (!filter.typed_config().UnpackTo(&manager)) return "a malformed HttpConnectionManager";
    listener.route_config = manager.rds().route_config_name();
    if (listener.route_config.empty() && listener.name != kVirtualInbound) {
      return "an HttpConnectionManager without rds.route_config_name";
    }
    return read_filters(manager, listener.filters);
  }
  TcpProxy proxy;
  if (filter.typed_config().Is<TcpProxy>()) {
    if (!filter.typed_config().UnpackTo(&proxy)) return "a malformed TcpProxy";
    std::vector<WeightedCluster> clusters;
    if (Refusal problem = read_tcp(proxy, clusters)) return problem;
    if (clusters.size() == 1) {
      listener.cluster = clusters.front().cluster;
    } else {
      listener.tcp_routes.push_back({{}, {}, std::move(clusters)});
    }
    return std::nullopt;
  }
  return "filter '" + filter.name() + "' of type '" + filter.typed_config().type_url() + "' is not supported";
}

}  // namespace

void to_message(const ListenerConfig& listener, Listener& message) {
  message.set_name(listener.name);
  set_address(listener.address, *message.mutable_address());
  for (const TcpRoute& route : listener.tcp_routes) put_route(route, *message.add_filter_chains());
  if (!listener.cluster.empty()) {
    put_tcp({{listener.cluster, 0, {}}}, *message.add_filter_chains()->add_filters());
  } else if (!listener.route_config.empty() || listener.name == kVirtualInbound) {
    put_http(listener, *message.add_filter_chains()->add_filters());
  }
}

Refusal from_message(const Listener& message, ListenerConfig& listener) {
  if (message.name().empty()) return "a listener without a name";
  listener.name = message.name();
  if (const Refusal problem = read_address(message.address(), listener.address)) return problem;
  if (message.filter_chains_size() == 0) return "a listener without a filter chain";
  for (const FilterChain& chain : message.filter_chains()) {
    if (chain.filters_size() != 1) return "a filter chain must have one filter";
    const bool is_last = &chain == &message.filter_chains(message.filter_chains_size() - 1);
    const bool matches = chain.has_filter_chain_match();
    if (!matches && !is_last) return "a filter chain that takes everything must be the last";
    const Refusal problem =
        matches ? read_route(chain, listener.tcp_routes.emplace_back()) : read_filter(chain.filters(0), listener);
    if (problem) return problem;
  }
  return std::nullopt;
}

}  // namespace meshtwin
