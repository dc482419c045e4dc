#include "mesh/control/address_book.h"

#include <memory>

#include "mesh/control/xds_codec.h"

namespace meshtwin {
namespace {

constexpr std::uint16_t kHbone = 15008;

std::map<std::uint16_t, std::uint16_t> ports_of(const MeshService& service) {
  std::map<std::uint16_t, std::uint16_t> ports;
  for (const ServicePort& port : service.ports) {
    ports[port.port] = port.target_port == 0 ? port.port : port.target_port;
  }
  return ports;
}

}  // namespace

WorkloadEntry AddressBook::entry_of(std::size_t pod) const {
  const PodDeclaration& declared = registry_.declaration(pod);
  WorkloadEntry entry;
  entry.uid = "Kubernetes//Pod/" + declared.name_space + '/' + declared.name;
  entry.name = declared.name;
  entry.ip = declared.ip;
  entry.identity = {config_.trust_domain, declared.name_space, declared.service_account};
  entry.node = declared.node;
  entry.labels = labels_of(declared);
  entry.locality = declared.locality;
  entry.hbone = declared.mesh && !declared.node_proxy;
  return entry;
}

std::vector<XdsResourcePtr> AddressBook::peers() const {
  std::vector<XdsResourcePtr> resources;
  for (std::size_t pod = 0; pod < config_.pods.size(); ++pod) {
    resources.push_back(make_resource(std::make_shared<const WorkloadEntry>(entry_of(pod)), keep_encoding_));
  }
  return resources;
}

XdsResourcePtr AddressBook::workload(std::size_t pod) const {
  WorkloadEntry entry = entry_of(pod);
  const std::vector<std::size_t>& services = registry_.services_of(pod);
  entry.healthy = services.empty() || registry_.health(pod) == PodHealth::ready;
  for (const std::size_t service : services) entry.services[services_[service].host] = ports_of(services_[service]);
  return make_resource(std::make_shared<const AddressEntry>(std::move(entry)), keep_encoding_);
}

XdsResourcePtr AddressBook::service(std::size_t place) const {
  const MeshService& declared = services_[place];
  ServiceEntryPoint entry{declared.host, declared.vip, ports_of(declared), waypoint_of(declared)};
  return make_resource(std::make_shared<const AddressEntry>(std::move(entry)), keep_encoding_);
}

// The first of its pods that is ready; while none is, the first: connections to it fail, and are not let past it.
SocketAddress AddressBook::waypoint_of(const MeshService& service) const {
  if (service.waypoint.empty()) return {};
  SocketAddress first;
  for (std::size_t pod = 0; pod < config_.pods.size(); ++pod) {
    if (config_.pods[pod].service != service.waypoint) continue;
    const SocketAddress address{config_.pods[pod].ip, kHbone};
    if (registry_.health(pod) == PodHealth::ready) return address;
    if (first.port == 0) first = address;
  }
  return first;
}

std::vector<XdsResourcePtr> AddressBook::all() const {
  std::vector<XdsResourcePtr> resources;
  for (std::size_t pod = 0; pod < config_.pods.size(); ++pod) resources.push_back(workload(pod));
  for (std::size_t place = 0; place < services_.services().size(); ++place) resources.push_back(service(place));
  return resources;
}

std::vector<XdsResourcePtr> AddressBook::of_service(std::size_t changed) const {
  std::vector<XdsResourcePtr> resources;
  for (const std::size_t pod : registry_.pods_of(changed)) resources.push_back(workload(pod));
  for (std::size_t place = 0; place < services_.services().size(); ++place) {
    if (services_[place].waypoint == services_[changed].name) resources.push_back(service(place));
  }
  return resources;
}

}  // namespace meshtwin
