#pragma once

// The services of the mesh, wherever they were declared: by the scenario, by Service documents (which change what the
// scenario said of the same host), by ServiceEntries. Endpoints that are no pods of the run (EndpointSlices,
// WorkloadEntries) are the services' own; pods are chosen by PodRegistry.

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "mesh/control/control_plane_config.h"
#include "mesh/resource/resources.h"

namespace meshtwin {

// An endpoint that a document names by its address.
struct StaticEndpoint {
  std::uint32_t ip = 0;
  std::map<std::uint16_t, std::uint16_t> ports;  // service port -> its own
  Labels labels;
  Locality locality;
  bool ready = true;
  std::uint32_t weight = 1;
};

struct MeshService : ServiceDeclaration {
  std::string name_space;
  std::vector<std::string> export_to = {};
  std::vector<StaticEndpoint> endpoints = {};
  bool pods_by_name = true;   // with no selector: pods whose `service` it is
  bool passthrough = false;   // a ServiceEntry without resolution: connections go where they were going
  std::string alias_of = {};  // ExternalName, or resolution by DNS: the host whose pods these are

  const ServicePort* port(std::uint16_t number) const;
};

bool is_http(const ServicePort& port);

class ServiceRegistry {
 public:
  ServiceRegistry(const ControlPlaneConfig& config, const Resources& resources);

  const std::vector<MeshService>& services() const { return services_; }
  const MeshService& operator[](std::size_t place) const { return services_[place]; }
  const MeshService* find(const std::string& host) const;  // null: nobody knows it

 private:
  MeshService& service_of(const std::string& name, const std::string& name_space);
  void add_kube_service(const KubeService& document, const Resources& resources);
  void add_service_entry(const ServiceEntryResource& document, const Resources& resources);
  void add_slice(const KubeEndpointSlice& slice);
  std::uint32_t allocate_vip(const std::string& host);

  std::vector<MeshService> services_;
  std::unordered_map<std::string, std::size_t> by_host_;
  std::unordered_map<std::uint32_t, std::string> allocated_;
};

}  // namespace meshtwin
