#include "mesh/control/config_messages.h"
#include "mesh/control/host_names.h"
#include "mesh/control/proto/workload.pb.h"

namespace meshtwin {
namespace {

// "default/backend.default.svc.cluster.local"
std::string namespaced(const std::string& name_space, const std::string& host) {
  return name_space + '/' + host;
}

std::string to_bytes(std::uint32_t ip) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>((ip >> shift) & 0xff);
  return bytes;
}

Refusal read_ip(const std::string& bytes, std::uint32_t& ip) {
  if (bytes.size() != 4) return "an address of " + std::to_string(bytes.size()) + " bytes, where IPv4 has 4";
  for (const char byte : bytes) ip = ip << 8 | static_cast<unsigned char>(byte);
  return std::nullopt;
}

template <typename Ports>
void put_ports(const std::map<std::uint16_t, std::uint16_t>& ports, Ports& message) {
  for (const auto& [service, target] : ports) {
    auto& port = *message.Add();
    port.set_service_port(service);
    port.set_target_port(target);
  }
}

template <typename Ports>
Refusal read_ports(const Ports& message, std::map<std::uint16_t, std::uint16_t>& ports) {
  for (const auto& port : message) {
    if (port.service_port() - 1 > 65534 || port.target_port() - 1 > 65534) return "a port out of range";
    ports[static_cast<std::uint16_t>(port.service_port())] = static_cast<std::uint16_t>(port.target_port());
  }
  return std::nullopt;
}

void put(const WorkloadEntry& workload, istio::workload::Workload& message) {
  message.set_uid(workload.uid);
  message.set_name(workload.name);
  message.set_namespace_(workload.identity.name_space);
  message.add_addresses(to_bytes(workload.ip));
  message.set_tunnel_protocol(workload.hbone ? istio::workload::HBONE : istio::workload::NONE);
  message.set_trust_domain(workload.identity.trust_domain);
  message.set_service_account(workload.identity.service_account);
  message.set_node(workload.node);
  message.set_canonical_name(workload.labels.app);
  message.set_canonical_revision(workload.labels.version);
  message.set_workload_name(workload.labels.workload);
  message.set_cluster_id(workload.labels.cluster);
  message.set_status(workload.healthy ? istio::workload::HEALTHY : istio::workload::UNHEALTHY);
  message.mutable_locality()->set_region(workload.locality.region);
  message.mutable_locality()->set_zone(workload.locality.zone);
  message.mutable_locality()->set_subzone(workload.locality.subzone);
  for (const auto& [host, ports] : workload.services) {
    put_ports(ports, *(*message.mutable_services())[namespaced(namespace_of_host(host), host)].mutable_ports());
  }
}

Refusal read(const istio::workload::Workload& message, WorkloadEntry& workload) {
  if (message.uid().empty()) return "a workload without a uid";
  if (message.addresses_size() != 1) return "a workload needs one address";
  workload.uid = message.uid();
  workload.name = message.name();
  Refusal problem = read_ip(message.addresses(0), workload.ip);
  workload.identity = {message.trust_domain(), message.namespace_(), message.service_account()};
  workload.node = message.node();
  workload.labels = {message.workload_name(), message.namespace_(), message.canonical_name(),
                     message.canonical_revision(), message.cluster_id()};
  workload.hbone = message.tunnel_protocol() == istio::workload::HBONE;
  workload.healthy = message.status() == istio::workload::HEALTHY;
  workload.locality = {message.locality().region(), message.locality().zone(), message.locality().subzone()};
  for (const auto& [name, ports] : message.services()) {
    const std::size_t slash = name.find('/');
    if (slash == std::string::npos) return "a service named '" + name + "', expected NAMESPACE/HOST";
    if (!problem) problem = read_ports(ports.ports(), workload.services[name.substr(slash + 1)]);
  }
  return problem;
}

void put(const ServiceEntryPoint& service, istio::workload::Service& message) {
  message.set_name(service.host.substr(0, service.host.find('.')));
  message.set_namespace_(namespace_of_host(service.host));
  message.set_hostname(service.host);
  message.add_addresses()->set_address(to_bytes(service.vip));
  put_ports(service.ports, *message.mutable_ports());
  if (service.waypoint.port == 0) return;
  message.mutable_waypoint()->mutable_address()->set_address(to_bytes(service.waypoint.ip));
  message.mutable_waypoint()->set_hbone_mtls_port(service.waypoint.port);
}

Refusal read(const istio::workload::Service& message, ServiceEntryPoint& service) {
  if (message.hostname().empty()) return "a service without a host";
  if (message.addresses_size() != 1) return "a service needs one address";
  service.host = message.hostname();
  Refusal problem = read_ip(message.addresses(0).address(), service.vip);
  if (!problem) problem = read_ports(message.ports(), service.ports);
  if (problem || !message.has_waypoint()) return problem;
  const std::uint32_t port = message.waypoint().hbone_mtls_port();
  if (port == 0 || port > 65535) return "a waypoint on port " + std::to_string(port);
  service.waypoint.port = static_cast<std::uint16_t>(port);
  return read_ip(message.waypoint().address().address(), service.waypoint.ip);
}

}  // namespace

std::string address_name(const AddressEntry& address) {
  if (const auto* workload = std::get_if<WorkloadEntry>(&address)) return workload->uid;
  const std::string& host = std::get<ServiceEntryPoint>(address).host;
  return namespaced(namespace_of_host(host), host);
}

std::string peer_name(std::uint32_t ip) {
  return "/" + ip_to_string(ip);
}

void to_message(const WorkloadEntry& workload, istio::workload::Workload& message) {
  put(workload, message);
}

Refusal from_message(const istio::workload::Workload& message, WorkloadEntry& workload) {
  return read(message, workload);
}

void to_message(const AddressEntry& address, istio::workload::Address& message) {
  if (const auto* workload = std::get_if<WorkloadEntry>(&address)) {
    put(*workload, *message.mutable_workload());
  } else {
    put(std::get<ServiceEntryPoint>(address), *message.mutable_service());
  }
}

Refusal from_message(const istio::workload::Address& message, AddressEntry& address) {
  if (message.has_workload()) return read(message.workload(), address.emplace<WorkloadEntry>());
  if (message.has_service()) return read(message.service(), address.emplace<ServiceEntryPoint>());
  return "an address that is neither a workload nor a service";
}

}  // namespace meshtwin
