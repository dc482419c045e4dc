#pragma once

// What ztunnels are told: every declared workload and service as a resource of the workload API, with what the registry
// knows of the pods. A pod that is not ready is told as unhealthy, so that the set of names never changes.

#include <vector>

#include "mesh/control/control_plane_config.h"
#include "mesh/control/pod_registry.h"
#include "mesh/control/xds_messages.h"

namespace meshtwin {

class AddressBook {
 public:
  // `services` outlives it.
  AddressBook(const ControlPlaneConfig& config, const ServiceRegistry& services, const PodRegistry& registry,
              bool keep_encoding)
      : config_(config), services_(services), registry_(registry), keep_encoding_(keep_encoding) {}

  std::vector<XdsResourcePtr> all() const;
  // Who each pod is, for whoever asks about one's address.
  std::vector<XdsResourcePtr> peers() const;
  // Those that a change of this service's pods may have changed.
  std::vector<XdsResourcePtr> of_service(std::size_t service) const;

 private:
  WorkloadEntry entry_of(std::size_t pod) const;
  XdsResourcePtr workload(std::size_t pod) const;
  XdsResourcePtr service(std::size_t service) const;
  SocketAddress waypoint_of(const MeshService& service) const;

  const ControlPlaneConfig& config_;
  const ServiceRegistry& services_;
  const PodRegistry& registry_;
  const bool keep_encoding_;
};

}  // namespace meshtwin
