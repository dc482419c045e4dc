#include "mesh/control/snapshot_store.h"

#include <algorithm>

#include "mesh/control/istio_config.h"
#include "mesh/control/xds_codec.h"
#include "mesh/resource/document_io.h"

namespace meshtwin {
namespace {

template <typename Config>
void add(XdsSnapshot::Set& set, Config config, bool keep_encoding) {
  set.push_back(make_resource(std::make_shared<const Config>(std::move(config)), keep_encoding));
}

}  // namespace

SnapshotStore::SnapshotStore(const ControlPlaneConfig& config, const PodRegistry& registry, bool keep_encoding)
    : config_(config),
      registry_(registry),
      resources_(read_documents(config.documents)),
      keep_encoding_(keep_encoding),
      addresses_(config, registry, keep_encoding) {
  const auto set_of = [this](XdsKind kind) -> XdsSnapshot::Set& { return common_[static_cast<std::size_t>(kind)]; };
  for (ListenerConfig& listener : build_listeners(config.services)) {
    add(set_of(XdsKind::listener), std::move(listener), keep_encoding);
  }
  for (RouteConfig& routes : build_routes(config.services)) {
    add(set_of(XdsKind::routes), std::move(routes), keep_encoding);
  }
  for (std::size_t s = 0; s < config.services.size(); ++s) {
    const ServiceDeclaration& service = config.services[s];
    const DestinationRule* rule = rule_for(service.host, resources_.destination_rules);
    for (const ServicePort& port : service.ports) {
      ClusterConfig cluster = build_cluster(service, port, rule, registry.identities_of(s));
      if (config.zone_aware && locality_settings(service, rule).same_for_all()) cluster.zone_aware.emplace();
      add(set_of(XdsKind::cluster), std::move(cluster), keep_encoding);
      clusters_.push_back({s, &port, rule, nullptr});
    }
  }
  if (config.data_plane == DataPlane::ambient) set_of(XdsKind::address) = addresses_.all();
  set_of(XdsKind::workload) = addresses_.peers();
}

XdsResourcePtr SnapshotStore::endpoints(Cluster& cluster, const Locality& locality) {
  if (cluster.shared_endpoints != nullptr) return cluster.shared_endpoints;
  const std::vector<PodEndpoint> pods = registry_.endpoints_of(cluster.service);
  auto assignment = std::make_shared<const ClusterAssignment>(
      build_assignment(config_.services[cluster.service], *cluster.port, pods, cluster.rule, {locality}));
  XdsResourcePtr resource = make_resource(std::move(assignment), keep_encoding_);
  if (locality_settings(config_.services[cluster.service], cluster.rule).same_for_all())
    cluster.shared_endpoints = resource;
  return resource;
}

std::shared_ptr<const XdsSnapshot> SnapshotStore::of(const Locality& locality) {
  std::shared_ptr<const XdsSnapshot>& snapshot = snapshots_[locality];
  if (snapshot == nullptr) {
    auto sets = common_;
    for (Cluster& cluster : clusters_) {
      sets[static_cast<std::size_t>(XdsKind::endpoints)].push_back(endpoints(cluster, locality));
    }
    snapshot = std::make_shared<const XdsSnapshot>(version_, std::move(sets));
  }
  return snapshot;
}

std::vector<std::pair<XdsKind, std::string>> SnapshotStore::advance(const std::set<std::size_t>& services) {
  ++version_;
  std::vector<Cluster*> changed;
  std::vector<std::pair<XdsKind, std::string>> names;
  for (Cluster& cluster : clusters_) {
    if (!services.contains(cluster.service)) continue;
    cluster.shared_endpoints = nullptr;
    changed.push_back(&cluster);
    names.emplace_back(XdsKind::endpoints, cluster_name(config_.services[cluster.service].host, cluster.port->port));
  }
  const std::vector<XdsResourcePtr> addresses = changed_addresses(services);
  for (const XdsResourcePtr& address : addresses) names.emplace_back(XdsKind::address, address->name);
  for (auto& [locality, snapshot] : snapshots_) {
    std::vector<XdsResourcePtr> resources;
    for (Cluster* cluster : changed) resources.push_back(endpoints(*cluster, locality));
    snapshot = std::make_shared<const XdsSnapshot>(*snapshot, version_, XdsKind::endpoints, resources);
    if (addresses.empty()) continue;
    snapshot = std::make_shared<const XdsSnapshot>(*snapshot, version_, XdsKind::address, addresses);
  }
  return names;
}

// Also in what snapshots to come are made of.
std::vector<XdsResourcePtr> SnapshotStore::changed_addresses(const std::set<std::size_t>& services) {
  std::vector<XdsResourcePtr> changed;
  if (config_.data_plane != DataPlane::ambient) return changed;
  for (const std::size_t service : services) {
    for (XdsResourcePtr& address : addresses_.of_service(service)) changed.push_back(std::move(address));
  }
  auto& present = common_[static_cast<std::size_t>(XdsKind::address)];
  for (const XdsResourcePtr& address : changed) {
    const auto same = [&address](const XdsResourcePtr& other) { return other->name == address->name; };
    *std::find_if(present.begin(), present.end(), same) = address;
  }
  return changed;
}

}  // namespace meshtwin
