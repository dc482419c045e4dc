#pragma once

// The snapshots of the present version, one for each locality that has a proxy. Listeners, routes, clusters and the
// addresses for ztunnels are the same for all; endpoints differ where localities are ranked, and are shared between
// localities where they are not.

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "mesh/control/address_book.h"
#include "mesh/control/control_plane_config.h"
#include "mesh/control/pod_registry.h"
#include "mesh/control/snapshot.h"
#include "mesh/resource/resources.h"

namespace meshtwin {

class SnapshotStore {
 public:
  // `keep_encoding`: whether the resources will be sent as bytes.
  SnapshotStore(const ControlPlaneConfig& config, const PodRegistry& registry, bool keep_encoding);

  std::uint64_t version() const { return version_; }
  std::shared_ptr<const XdsSnapshot> of(const Locality& locality);
  // The next version, in which the endpoints of these services (places in the configuration) are as the registry has
  // them now. Returns the resources that may differ.
  std::vector<std::pair<XdsKind, std::string>> advance(const std::set<std::size_t>& services);

 private:
  struct Cluster {
    std::size_t service = 0;
    const ServicePort* port = nullptr;
    const DestinationRule* rule = nullptr;
    XdsResourcePtr shared_endpoints;  // of the present version, where every locality sees the same
  };

  XdsResourcePtr endpoints(Cluster& cluster, const Locality& locality);
  std::vector<XdsResourcePtr> changed_addresses(const std::set<std::size_t>& services);

  const ControlPlaneConfig& config_;
  const PodRegistry& registry_;
  const Resources resources_;
  const bool keep_encoding_;
  const AddressBook addresses_;
  std::uint64_t version_ = 1;
  std::vector<Cluster> clusters_;
  std::array<XdsSnapshot::Set, kXdsKindCount> common_;  // without endpoints
  std::map<Locality, std::shared_ptr<const XdsSnapshot>> snapshots_;
};

}  // namespace meshtwin
