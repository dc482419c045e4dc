#include "mesh/control/service_registry.h"

#include <algorithm>
#include <optional>

#include "mesh/base/random.h"
#include "mesh/base/socket_address.h"
#include "mesh/control/host_names.h"

namespace meshtwin {
namespace {

std::optional<std::uint32_t> parse_ip(const std::string& text) {
  const SocketAddress address = parse_socket_address(text + ":1");
  if (address.port == 0) return std::nullopt;
  return address.ip;
}

// Of the containers of the pods that are selected.
std::uint16_t port_by_name(const std::string& name, const KubeService& service, const Resources& resources) {
  for (const KubeWorkload& workload : resources.workloads) {
    if (workload.meta.name_space != service.meta.name_space) continue;
    if (service.selector.empty() || !selects(service.selector, workload.pod_labels)) continue;
    for (const ContainerPort& port : workload.ports) {
      if (port.name == name) return port.port;
    }
  }
  return 0;
}

Locality locality_of(const std::string& text) {
  Locality locality;
  std::string* parts[] = {&locality.region, &locality.zone, &locality.subzone};
  std::size_t begin = 0;
  for (std::string* part : parts) {
    const std::size_t end = std::min(text.find('/', begin), text.size());
    *part = text.substr(begin, end - begin);
    if (end == text.size()) break;
    begin = end + 1;
  }
  return locality;
}

// Nothing where its address is a name.
std::optional<StaticEndpoint> static_endpoint(const WorkloadEntryResource& entry, const ServiceEntryResource& service) {
  const auto ip = parse_ip(entry.address);
  if (!ip) return std::nullopt;
  StaticEndpoint endpoint{*ip, {}, entry.labels, locality_of(entry.locality), true, std::max(entry.weight, 1U)};
  for (const ServiceEntryPort& port : service.ports) {
    const auto own = entry.ports.find(port.name);
    const std::uint16_t target = port.target_port == 0 ? port.number : port.target_port;
    endpoint.ports[port.number] = own == entry.ports.end() ? target : own->second;
  }
  return endpoint;
}

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

}  // namespace

const ServicePort* MeshService::port(std::uint16_t number) const {
  const auto found = std::ranges::find(ports, number, &ServicePort::port);
  return found == ports.end() ? nullptr : &*found;
}

bool is_http(const ServicePort& port) {
  return port.protocol.starts_with("http") ? port.protocol != "https" : port.protocol.starts_with("grpc");
}

ServiceRegistry::ServiceRegistry(const ControlPlaneConfig& config, const Resources& resources) {
  for (const ServiceDeclaration& declared : config.services) {
    MeshService service{declared, namespace_of_host(declared.host)};
    by_host_.emplace(service.host, services_.size());
    services_.push_back(std::move(service));
  }
  for (const KubeService& document : resources.services) add_kube_service(document, resources);
  for (const ServiceEntryResource& document : resources.service_entries) add_service_entry(document, resources);
  for (const KubeEndpointSlice& slice : resources.endpoint_slices) add_slice(slice);
}

const MeshService* ServiceRegistry::find(const std::string& host) const {
  const auto found = by_host_.find(host);
  return found == by_host_.end() ? nullptr : &services_[found->second];
}

MeshService& ServiceRegistry::service_of(const std::string& host, const std::string& name_space) {
  const auto [found, is_new] = by_host_.emplace(host, services_.size());
  if (is_new) {
    MeshService& service = services_.emplace_back();
    service.host = host;
    service.name = host.substr(0, host.find('.'));
    service.name_space = name_space;
    service.pods_by_name = false;
  }
  return services_[found->second];
}

void ServiceRegistry::add_kube_service(const KubeService& document, const Resources& resources) {
  MeshService& service =
      service_of(service_host(document.meta.name, document.meta.name_space), document.meta.name_space);
  if (!document.selector.empty()) service.selector = document.selector;
  service.traffic_distribution = document.traffic_distribution;
  const auto exported = document.meta.annotations.find("networking.istio.io/exportTo");
  if (exported != document.meta.annotations.end()) service.export_to = {exported->second};
  if (!document.external_name.empty()) service.alias_of = document.external_name;
  std::vector<ServicePort> ports;
  for (const KubeServicePort& port : document.ports) {
    std::uint16_t target = port.target_port;
    if (!port.target_name.empty()) target = port_by_name(port.target_name, document, resources);
    if (target == 0) {  // as the scenario has it
      const ServicePort* declared = service.port(port.port);
      target = declared == nullptr ? port.port : declared->target_port;
    }
    ports.push_back({port.name, port.port, port.protocol, target});
  }
  if (!ports.empty()) service.ports = std::move(ports);
  if (service.vip == 0 && !document.headless && document.external_name.empty()) {
    service.vip = allocate_vip(service.host);
  }
}

void ServiceRegistry::add_service_entry(const ServiceEntryResource& document, const Resources& resources) {
  using Resolution = ServiceEntryResource::Resolution;
  for (const std::string& host : document.hosts) {
    MeshService& service = service_of(host, document.meta.name_space);
    service.export_to = document.export_to;
    if (!document.workload_selector.empty()) service.selector = document.workload_selector;
    service.ports.clear();
    for (const ServiceEntryPort& port : document.ports) {
      service.ports.push_back({port.name, port.number, lower(port.protocol), port.target_port});
    }
    const auto address = document.addresses.empty() ? std::nullopt : parse_ip(document.addresses.front());
    if (service.vip == 0) service.vip = address ? *address : allocate_vip(host);
    service.passthrough = document.resolution == Resolution::none;
    if (document.resolution == Resolution::dns || document.resolution == Resolution::dns_round_robin) {
      service.alias_of = document.endpoints.empty() ? host : document.endpoints.front().address;
    }
    for (const WorkloadEntryResource& entry : document.endpoints) {
      if (auto endpoint = static_endpoint(entry, document)) service.endpoints.push_back(std::move(*endpoint));
    }
    if (document.workload_selector.empty()) continue;
    for (const WorkloadEntryResource& entry : resources.workload_entries) {
      if (entry.meta.name_space != document.meta.name_space) continue;
      if (!selects(document.workload_selector, entry.labels)) continue;
      if (auto endpoint = static_endpoint(entry, document)) service.endpoints.push_back(std::move(*endpoint));
    }
  }
}

void ServiceRegistry::add_slice(const KubeEndpointSlice& slice) {
  const auto found = by_host_.find(service_host(slice.service, slice.meta.name_space));
  if (found == by_host_.end()) return;
  MeshService& service = services_[found->second];
  if (!service.selector.empty()) return;  // its pods are known by what they report
  for (const KubeEndpoint& endpoint : slice.endpoints) {
    for (const std::string& address : endpoint.addresses) {
      const auto ip = parse_ip(address);
      if (!ip) continue;
      StaticEndpoint entry{*ip, {}, {}, {"", endpoint.zone, ""}, endpoint.ready, 1};
      for (const ServicePort& port : service.ports) {
        const auto own = std::ranges::find(slice.ports, port.name, &KubeServicePort::name);
        entry.ports[port.port] = own == slice.ports.end() ? port.port : own->port;
      }
      service.endpoints.push_back(std::move(entry));
    }
  }
}

// From 240.240.0.0/16, by the host's name: that of one does not change when others come and go.
std::uint32_t ServiceRegistry::allocate_vip(const std::string& host) {
  constexpr std::uint32_t kNetwork = 0xf0f00000;
  constexpr std::uint32_t kAddresses = 0xfffe;
  auto place = static_cast<std::uint32_t>(hash_text(host) % kAddresses);
  while (!allocated_.emplace(kNetwork + 1 + place, host).second) place = (place + 1) % kAddresses;
  return kNetwork + 1 + place;
}

}  // namespace meshtwin
