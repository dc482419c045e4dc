#include "mesh/control/config_messages.h"

namespace meshtwin {
namespace {

using envoy::config::endpoint::v3::ClusterLoadAssignment;
using envoy::config::endpoint::v3::LbEndpoint;
using envoy::config::endpoint::v3::LocalityLbEndpoints;

constexpr std::uint32_t kLowestPriority = 128;  // Envoy's limit

// Istio's way to tell a cluster's transport sockets apart.
constexpr const char* kSocketMatch = "envoy.transport_socket_match";

void put_transport(EndpointTransport transport, LbEndpoint& message) {
  if (transport == EndpointTransport::plain) return;
  auto& fields = *(*message.mutable_metadata()->mutable_filter_metadata())[kSocketMatch].mutable_fields();
  if (transport == EndpointTransport::mtls) fields["tlsMode"].set_string_value("istio");
  if (transport == EndpointTransport::hbone) fields["tunnel"].set_string_value("http");
}

// Istio's way to say whose an endpoint is, for telemetry.
constexpr const char* kIstio = "istio";
constexpr const char* kWorkload = "workload";

void put_workload(const std::string& workload, LbEndpoint& message) {
  if (workload.empty()) return;
  auto& fields = *(*message.mutable_metadata()->mutable_filter_metadata())[kIstio].mutable_fields();
  fields[kWorkload].set_string_value(workload);
}

std::string read_workload(const LbEndpoint& message) {
  const auto found = message.metadata().filter_metadata().find(kIstio);
  if (found == message.metadata().filter_metadata().end()) return {};
  const auto field = found->second.fields().find(kWorkload);
  return field == found->second.fields().end() ? std::string() : field->second.string_value();
}

EndpointTransport read_transport(const LbEndpoint& message) {
  const auto found = message.metadata().filter_metadata().find(kSocketMatch);
  if (found == message.metadata().filter_metadata().end()) return EndpointTransport::plain;
  const auto& fields = found->second.fields();
  const auto is = [&fields](const char* name, const char* value) {
    const auto field = fields.find(name);
    return field != fields.end() && field->second.string_value() == value;
  };
  if (is("tunnel", "http")) return EndpointTransport::hbone;
  return is("tlsMode", "istio") ? EndpointTransport::mtls : EndpointTransport::plain;
}

Refusal from_message(const LbEndpoint& message, EndpointConfig& endpoint) {
  if (!message.has_endpoint()) return "an endpoint without an address";
  if (const Refusal problem = read_address(message.endpoint().address(), endpoint.address)) return problem;
  if (!envoy::config::core::v3::HealthStatus_IsValid(message.health_status())) {
    return "health status " + std::to_string(message.health_status()) + " is not known";
  }
  endpoint.health = static_cast<EndpointHealth>(message.health_status());
  if (message.has_load_balancing_weight()) endpoint.weight = message.load_balancing_weight().value();
  if (endpoint.weight == 0) return "an endpoint of weight 0";
  endpoint.transport = read_transport(message);
  endpoint.workload = read_workload(message);
  return std::nullopt;
}

Refusal from_message(const LocalityLbEndpoints& message, LocalityEndpoints& group) {
  group.locality = {message.locality().region(), message.locality().zone(), message.locality().sub_zone()};
  group.priority = message.priority();
  if (group.priority > kLowestPriority) {
    return "priority " + std::to_string(group.priority) + " is above " + std::to_string(kLowestPriority);
  }
  if (message.has_load_balancing_weight()) {
    group.weight = message.load_balancing_weight().value();
    if (group.weight == 0) return "a locality of weight 0";
  }
  group.endpoints.reserve(static_cast<std::size_t>(message.lb_endpoints_size()));
  for (const LbEndpoint& endpoint : message.lb_endpoints()) {
    if (const Refusal problem = from_message(endpoint, group.endpoints.emplace_back())) return problem;
  }
  return std::nullopt;
}

void to_message(const EndpointConfig& endpoint, LbEndpoint& message) {
  set_address(endpoint.address, *message.mutable_endpoint()->mutable_address());
  message.set_health_status(static_cast<envoy::config::core::v3::HealthStatus>(endpoint.health));
  message.mutable_load_balancing_weight()->set_value(endpoint.weight);
  put_transport(endpoint.transport, message);
  put_workload(endpoint.workload, message);
}

void to_message(const LocalityEndpoints& group, LocalityLbEndpoints& message) {
  auto& locality = *message.mutable_locality();
  locality.set_region(group.locality.region);
  locality.set_zone(group.locality.zone);
  locality.set_sub_zone(group.locality.subzone);
  message.set_priority(group.priority);
  if (group.weight > 0) message.mutable_load_balancing_weight()->set_value(group.weight);
  message.mutable_lb_endpoints()->Reserve(static_cast<int>(group.endpoints.size()));
  for (const EndpointConfig& endpoint : group.endpoints) to_message(endpoint, *message.add_lb_endpoints());
}

}  // namespace

void to_message(const ClusterAssignment& assignment, ClusterLoadAssignment& message) {
  message.set_cluster_name(assignment.cluster);
  for (const LocalityEndpoints& group : assignment.localities) to_message(group, *message.add_endpoints());
  if (assignment.overprovisioning_factor != ClusterAssignment().overprovisioning_factor) {
    message.mutable_policy()->mutable_overprovisioning_factor()->set_value(assignment.overprovisioning_factor);
  }
}

Refusal from_message(const ClusterLoadAssignment& message, ClusterAssignment& assignment) {
  if (message.cluster_name().empty()) return "endpoints without a cluster name";
  assignment.cluster = message.cluster_name();
  for (const LocalityLbEndpoints& group : message.endpoints()) {
    if (const Refusal problem = from_message(group, assignment.localities.emplace_back())) return problem;
  }
  if (message.policy().has_overprovisioning_factor()) {
    assignment.overprovisioning_factor = message.policy().overprovisioning_factor().value();
    if (assignment.overprovisioning_factor == 0) return "overprovisioning_factor must be above 0";
  }
  return std::nullopt;
}

}  // namespace meshtwin
