#pragma once

// The snapshots of the present version, one for each class of proxies that are told the same: of one kind and
// namespace, with the same of those labels that documents go by, in one place. Listeners, routes and clusters follow
// from the first three; endpoints from all. What is equal between classes and versions is one resource.

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/control/address_book.h"
#include "mesh/control/control_plane_config.h"
#include "mesh/control/mesh_config.h"
#include "mesh/control/pod_registry.h"
#include "mesh/control/resource_pool.h"
#include "mesh/control/service_clusters.h"
#include "mesh/control/snapshot.h"

namespace meshtwin {

struct ProxyClass {
  ProxyView view;
  Locality locality;
  std::string node;

  friend auto operator<=>(const ProxyClass&, const ProxyClass&) = default;
};

class SnapshotStore {
 public:
  // Assigns the registry's pods to the services of the configuration. `keep_encoding`: whether the resources will be
  // sent as bytes.
  SnapshotStore(const ControlPlaneConfig& config, std::shared_ptr<const MeshConfig> mesh, PodRegistry& registry,
                bool keep_encoding);

  std::uint64_t version() const { return version_; }
  // The last version that came with another configuration; 0: none has.
  std::uint64_t config_version() const { return config_version_; }
  // `pod`: null where the proxy is none of the declared.
  ProxyClass class_of(std::string_view node_id, const PodDeclaration* pod) const;
  std::shared_ptr<const XdsSnapshot> of(const ProxyClass& proxies);
  // The next version, in which the endpoints of these services are as the registry has them now.
  void advance(const std::set<std::size_t>& services);
  // The next version, with another configuration: everything is as that says, and classes may be others.
  void advance(std::shared_ptr<const MeshConfig> mesh);

 private:
  struct Cluster {
    std::size_t service = 0;
    const ServicePort* port = nullptr;
    const EffectiveRule* rule = nullptr;
    const Subset* subset = nullptr;
    bool same_for_all = false;        // wherever the proxy is
    XdsResourcePtr shared_endpoints;  // then: of the present version
  };
  struct View {
    std::array<XdsSnapshot::Set, kXdsKindCount> common;  // without endpoints and addresses
    std::vector<Cluster> clusters;
    std::map<std::size_t, std::vector<std::size_t>> by_service;  // places in `clusters`
  };

  void adopt(std::shared_ptr<const MeshConfig> mesh);
  View& view_of(const ProxyView& proxy);
  View make_view(const ProxyView& proxy);
  void add_clusters(std::size_t service, const ProxyView& proxy, View& view);
  XdsResourcePtr endpoints(Cluster& cluster, const ProxyClass& proxies);
  std::vector<XdsResourcePtr> changed_addresses(const std::set<std::size_t>& services);

  const ControlPlaneConfig& config_;
  PodRegistry& registry_;
  std::shared_ptr<const MeshConfig> mesh_;
  const bool keep_encoding_;
  ResourcePool pool_;
  std::optional<AddressBook> addresses_;
  XdsSnapshot::Set address_set_;
  XdsSnapshot::Set peer_set_;
  std::uint64_t version_ = 1;
  std::uint64_t config_version_ = 0;
  std::map<ProxyView, View> views_;
  std::map<ProxyClass, std::shared_ptr<const XdsSnapshot>> snapshots_;
};

}  // namespace meshtwin
