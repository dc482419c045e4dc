#pragma once

// Each kind of configuration as its Protobuf message, for xds_codec.cc alone: this header brings Protobuf with it.
// `to_message` writes what Istio would (fields that differ from Envoy's default); `from_message` returns what is wrong
// with the message. (Values that no proxy could act on are refused by the proxy: mesh/traffic/cluster_mistake.h.)

#include <optional>
#include <string>

#include "mesh/control/proto/cluster.pb.h"
#include "mesh/control/proto/endpoint.pb.h"
#include "mesh/control/proto/listener.pb.h"
#include "mesh/control/proto/route.pb.h"
#include "mesh/control/proto/workload.pb.h"
#include "mesh/control/workload_entry.h"
#include "mesh/traffic/config.h"

namespace meshtwin {

using Refusal = std::optional<std::string>;

void to_message(const ClusterConfig& cluster, envoy::config::cluster::v3::Cluster& message);
void to_message(const ClusterAssignment& assignment, envoy::config::endpoint::v3::ClusterLoadAssignment& message);
void to_message(const ListenerConfig& listener, envoy::config::listener::v3::Listener& message);
void to_message(const RouteConfig& routes, envoy::config::route::v3::RouteConfiguration& message);
void to_message(const AddressEntry& address, istio::workload::Address& message);
void to_message(const WorkloadEntry& workload, istio::workload::Workload& message);

Refusal from_message(const envoy::config::cluster::v3::Cluster& message, ClusterConfig& cluster);
Refusal from_message(const envoy::config::endpoint::v3::ClusterLoadAssignment& message, ClusterAssignment& assignment);
Refusal from_message(const envoy::config::listener::v3::Listener& message, ListenerConfig& listener);
Refusal from_message(const envoy::config::route::v3::RouteConfiguration& message, RouteConfig& routes);
Refusal from_message(const istio::workload::Address& message, AddressEntry& address);
Refusal from_message(const istio::workload::Workload& message, WorkloadEntry& workload);

// Shared between the kinds.
void set_duration(Duration duration, google::protobuf::Duration& message);
bool read_duration(const google::protobuf::Duration& message, Duration& duration);  // false: negative or out of range
void set_address(SocketAddress address, envoy::config::core::v3::Address& message);
Refusal read_address(const envoy::config::core::v3::Address& message, SocketAddress& address);

// The parts of a cluster that say how its endpoints share the requests (balancer_message.cc).
void put_balancer(const ClusterConfig& cluster, envoy::config::cluster::v3::Cluster& message);
Refusal read_balancer(const envoy::config::cluster::v3::Cluster& message, ClusterConfig& cluster);

}  // namespace meshtwin
