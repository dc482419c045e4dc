#include "mesh/control/snapshot_store.h"

#include <algorithm>
#include <utility>

#include "mesh/control/proxy_listeners.h"
#include "mesh/control/visible_mesh.h"

namespace meshtwin {

SnapshotStore::SnapshotStore(const ControlPlaneConfig& config, std::shared_ptr<const MeshConfig> mesh,
                             PodRegistry& registry, bool keep_encoding)
    : config_(config), registry_(registry), keep_encoding_(keep_encoding), pool_(keep_encoding) {
  adopt(std::move(mesh));
}

void SnapshotStore::adopt(std::shared_ptr<const MeshConfig> mesh) {
  views_.clear();
  snapshots_.clear();
  mesh_ = std::move(mesh);
  registry_.assign(mesh_->services());
  addresses_.emplace(config_, mesh_->services(), registry_, keep_encoding_);
  if (config_.data_plane == DataPlane::ambient) address_set_ = addresses_->all();
  if (peer_set_.empty()) peer_set_ = addresses_->peers();
}

ProxyClass SnapshotStore::class_of(std::string_view node_id, const PodDeclaration* pod) const {
  ProxyClass proxies;
  proxies.view = mesh_->view_of(node_id, pod);
  if (pod == nullptr) return proxies;
  proxies.locality = pod->locality;
  if (mesh_->ranks_by_node()) proxies.node = pod->node;
  return proxies;
}

SnapshotStore::View& SnapshotStore::view_of(const ProxyView& proxy) {
  const auto known = views_.find(proxy);
  if (known != views_.end()) return known->second;
  return views_.emplace(proxy, make_view(proxy)).first->second;
}

SnapshotStore::View SnapshotStore::make_view(const ProxyView& proxy) {
  View view;
  const auto set_of = [&view](XdsKind kind) -> XdsSnapshot::Set& {
    return view.common[static_cast<std::size_t>(kind)];
  };
  const VisibleMesh visible = visible_to(*mesh_, proxy);
  ProxyListeners listeners = proxy_listeners(*mesh_, visible, proxy);
  for (ListenerConfig& listener : listeners.listeners) {
    set_of(XdsKind::listener).push_back(pool_.make(std::move(listener)));
  }
  for (RouteConfig& routes : listeners.routes) set_of(XdsKind::routes).push_back(pool_.make(std::move(routes)));
  for (const std::size_t service : visible.services) add_clusters(service, proxy, view);
  set_of(XdsKind::workload) = peer_set_;
  return view;
}

void SnapshotStore::add_clusters(std::size_t place, const ProxyView& proxy, View& view) {
  const MeshService& service = mesh_->services()[place];
  if (service.passthrough) return;
  const EffectiveRule* rule = mesh_->rules().find(service.host, service.name_space, proxy.name_space, proxy.labels);
  const std::vector<std::string> identities = registry_.identities_of(place);
  const auto add = [&](const ServicePort& port, const Subset* subset) {
    const bool same_for_all = locality_settings(service, port, rule, subset).same_for_all();
    ClusterConfig cluster = build_cluster(service, port, rule, subset, identities);
    if (config_.zone_aware && same_for_all) cluster.zone_aware.emplace();
    view.common[static_cast<std::size_t>(XdsKind::cluster)].push_back(pool_.make(std::move(cluster)));
    view.by_service[place].push_back(view.clusters.size());
    view.clusters.push_back({place, &port, rule, subset, same_for_all, nullptr});
  };
  for (const ServicePort& port : service.ports) {
    add(port, nullptr);
    if (rule == nullptr) continue;
    for (const Subset& subset : rule->subsets) add(port, &subset);
  }
}

XdsResourcePtr SnapshotStore::endpoints(Cluster& cluster, const ProxyClass& proxies) {
  if (cluster.shared_endpoints != nullptr) return cluster.shared_endpoints;
  const LabelledPlace place{proxies.locality, proxies.node, &proxies.view.labels};
  XdsResourcePtr resource =
      pool_.make(build_assignment(mesh_->services()[cluster.service], *cluster.port,
                                  registry_.endpoints_of(cluster.service), cluster.rule, cluster.subset, place));
  if (cluster.same_for_all) cluster.shared_endpoints = resource;
  return resource;
}

std::shared_ptr<const XdsSnapshot> SnapshotStore::of(const ProxyClass& proxies) {
  std::shared_ptr<const XdsSnapshot>& snapshot = snapshots_[proxies];
  if (snapshot != nullptr) return snapshot;
  View& view = view_of(proxies.view);
  auto sets = view.common;
  sets[static_cast<std::size_t>(XdsKind::address)] = address_set_;
  for (Cluster& cluster : view.clusters) {
    sets[static_cast<std::size_t>(XdsKind::endpoints)].push_back(endpoints(cluster, proxies));
  }
  snapshot = std::make_shared<const XdsSnapshot>(version_, std::move(sets));
  return snapshot;
}

void SnapshotStore::advance(std::shared_ptr<const MeshConfig> mesh) {
  config_version_ = ++version_;
  adopt(std::move(mesh));
}

void SnapshotStore::advance(const std::set<std::size_t>& services) {
  ++version_;
  for (auto& [proxy, view] : views_) {
    for (const std::size_t service : services) {
      for (const std::size_t place : view.by_service[service]) view.clusters[place].shared_endpoints = nullptr;
    }
  }
  const std::vector<XdsResourcePtr> addresses = changed_addresses(services);
  for (auto& [proxies, snapshot] : snapshots_) {
    View& view = view_of(proxies.view);
    std::vector<XdsResourcePtr> resources;
    for (const std::size_t service : services) {
      for (const std::size_t place : view.by_service[service]) {
        resources.push_back(endpoints(view.clusters[place], proxies));
      }
    }
    snapshot = std::make_shared<const XdsSnapshot>(*snapshot, version_, XdsKind::endpoints, resources);
    if (addresses.empty()) continue;
    snapshot = std::make_shared<const XdsSnapshot>(*snapshot, version_, XdsKind::address, addresses);
  }
}

// Also in what snapshots to come are made of.
std::vector<XdsResourcePtr> SnapshotStore::changed_addresses(const std::set<std::size_t>& services) {
  std::vector<XdsResourcePtr> changed;
  if (config_.data_plane != DataPlane::ambient) return changed;
  for (const std::size_t service : services) {
    for (XdsResourcePtr& address : addresses_->of_service(service)) changed.push_back(std::move(address));
  }
  for (const XdsResourcePtr& address : changed) {
    const auto same = [&address](const XdsResourcePtr& other) { return other->name == address->name; };
    *std::find_if(address_set_.begin(), address_set_.end(), same) = address;
  }
  return changed;
}

}  // namespace meshtwin
