#pragma once

// The parts of routes and listeners as Protobuf messages, for route_message.cc and listener_message.cc alone, as
// config_messages.h is for the codec.

#include "mesh/control/config_messages.h"
#include "mesh/control/proto/http_connection_manager.pb.h"

namespace meshtwin {

void to_message(const RouteMatch& match, envoy::config::route::v3::RouteMatch& message);
Refusal from_message(const envoy::config::route::v3::RouteMatch& message, RouteMatch& match);

void to_message(const RetryPolicy& retry, envoy::config::route::v3::RetryPolicy& message);
Refusal from_message(const envoy::config::route::v3::RetryPolicy& message, RetryPolicy& retry);

void to_message(const StringMatch& match, envoy::type::matcher::v3::StringMatcher& message);
Refusal from_message(const envoy::type::matcher::v3::StringMatcher& message, StringMatch& match);

// A share in 0..1, to a millionth.
void set_share(double share, envoy::type::v3::FractionalPercent& message);
Refusal read_share(const envoy::type::v3::FractionalPercent& message, double& share);

// What a route has for the filters before it (faults, CORS), in its typed_per_filter_config.
void put_filters(const RouteConfigEntry& route, envoy::config::route::v3::Route& message);
Refusal read_filters(const envoy::config::route::v3::Route& message, RouteConfigEntry& route);

// A listener's.
using HttpConnectionManagerMessage =
    envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager;
void put_filters(const HttpFilterConfigs& filters, HttpConnectionManagerMessage& message);
Refusal read_filters(const HttpConnectionManagerMessage& message, HttpFilterConfigs& filters);

}  // namespace meshtwin
