#include "mesh/control/config_messages.h"
#include "mesh/control/proto/http_connection_manager.pb.h"
#include "mesh/control/proto/tcp_proxy.pb.h"

namespace meshtwin {
namespace {

using envoy::config::listener::v3::Filter;
using envoy::config::listener::v3::Listener;
using envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager;
using envoy::extensions::filters::network::tcp_proxy::v3::TcpProxy;

void set_http(const ListenerConfig& listener, Filter& filter) {
  HttpConnectionManager manager;
  manager.set_stat_prefix("outbound_" + listener.name);
  auto& rds = *manager.mutable_rds();
  rds.mutable_config_source()->mutable_ads();
  rds.mutable_config_source()->set_resource_api_version(envoy::config::core::v3::V3);
  rds.set_route_config_name(listener.route_config);
  filter.set_name("envoy.filters.network.http_connection_manager");
  filter.mutable_typed_config()->PackFrom(manager);
}

void set_tcp(const ListenerConfig& listener, Filter& filter) {
  TcpProxy proxy;
  proxy.set_stat_prefix(listener.cluster);
  proxy.set_cluster(listener.cluster);
  filter.set_name("envoy.filters.network.tcp_proxy");
  filter.mutable_typed_config()->PackFrom(proxy);
}

Refusal read_filter(const Filter& filter, ListenerConfig& listener) {
  HttpConnectionManager manager;
  if (filter.typed_config().Is<HttpConnectionManager>()) {
    if (!filter.typed_config().UnpackTo(&manager)) return "a malformed HttpConnectionManager";
    listener.route_config = manager.rds().route_config_name();
    if (listener.route_config.empty()) return "an HttpConnectionManager without rds.route_config_name";
    return std::nullopt;
  }
  TcpProxy proxy;
  if (filter.typed_config().Is<TcpProxy>()) {
    if (!filter.typed_config().UnpackTo(&proxy)) return "a malformed TcpProxy";
    listener.cluster = proxy.cluster();
    if (listener.cluster.empty()) return "a TcpProxy without a cluster";
    return std::nullopt;
  }
  return "filter '" + filter.name() + "' of type '" + filter.typed_config().type_url() + "' is not supported";
}

}  // namespace

void to_message(const ListenerConfig& listener, Listener& message) {
  message.set_name(listener.name);
  set_address(listener.address, *message.mutable_address());
  Filter& filter = *message.add_filter_chains()->add_filters();
  if (listener.cluster.empty()) {
    set_http(listener, filter);
  } else {
    set_tcp(listener, filter);
  }
}

Refusal from_message(const Listener& message, ListenerConfig& listener) {
  if (message.name().empty()) return "a listener without a name";
  listener.name = message.name();
  if (const Refusal problem = read_address(message.address(), listener.address)) return problem;
  if (message.filter_chains_size() != 1 || message.filter_chains(0).filters_size() != 1) {
    return "a listener must have one filter chain with one filter";
  }
  return read_filter(message.filter_chains(0).filters(0), listener);
}

}  // namespace meshtwin
