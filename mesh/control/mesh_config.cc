#include "mesh/control/mesh_config.h"

#include <algorithm>
#include <utility>

#include "mesh/control/gateway_api.h"
#include "mesh/control/host_names.h"
#include "mesh/control/lanes.h"
#include "mesh/control/virtual_service_delegates.h"

namespace meshtwin {
namespace {

// Gateway API's documents and lanes become Istio's before services and rules are put in order.
Resources expanded(const ControlPlaneConfig& config, Resources resources) {
  translate_gateway_api(resources);
  if (resources.lane_groups.empty()) return resources;
  const ServiceRegistry services(config, resources);
  expand_lanes(resources, [&](const std::string& name_space, const std::string& name, const Labels& labels) {
    const MeshService* service = services.find(service_host(name, name_space));
    if (service == nullptr) return false;
    return std::ranges::any_of(config.pods, [&](const PodDeclaration& pod) {
      const bool is_its = service->selector.empty()
                              ? pod.service == service->name
                              : pod.name_space == name_space && selects(service->selector, pod.labels);
      return is_its && selects(labels, pod.labels);
    });
  });
  return resources;
}

// "name" is of the VirtualService's own namespace.
void resolve_gateways(const std::string& name_space, std::vector<std::string>& gateways) {
  for (std::string& gateway : gateways) {
    if (gateway == kMeshGateway) continue;
    if (gateway.starts_with("./")) gateway = name_space + gateway.substr(1);
    if (gateway.find('/') == std::string::npos) gateway = name_space + '/' + gateway;
  }
}

void resolve_gateways(VirtualService& service) {
  const std::string& name_space = service.meta.name_space;
  if (service.gateways.empty()) service.gateways = {kMeshGateway};
  resolve_gateways(name_space, service.gateways);
  for (HttpRoute& route : service.http) {
    for (HttpMatch& match : route.matches) resolve_gateways(name_space, match.gateways);
  }
  for (auto* routes : {&service.tls, &service.tcp}) {
    for (StreamRoute& route : *routes) {
      for (StreamMatch& match : route.matches) resolve_gateways(name_space, match.gateways);
    }
  }
}

ProxyKind kind_of(std::string_view node_id) {
  const std::string_view kind = node_id.substr(0, node_id.find('~'));
  if (kind == "router") return ProxyKind::router;
  if (kind == "waypoint") return ProxyKind::waypoint;
  return kind == "ztunnel" || kind == "ambient" ? ProxyKind::ztunnel : ProxyKind::sidecar;
}

}  // namespace

MeshConfig::MeshConfig(const ControlPlaneConfig& config, Resources resources)
    : resources_(expanded(config, std::move(resources))),
      services_(config, resources_),
      rules_(resources_.destination_rules) {
  std::vector<VirtualService> written = resources_.virtual_services;
  for (VirtualService& service : written) {
    if (service.meta.name_space.empty()) service.meta.name_space = "default";
    resolve_gateways(service);
  }
  virtual_services_ = merge_delegates(written);
  for (VirtualService& service : virtual_services_) {
    for (std::string& host : service.hosts) host = resolve_host(host, service.meta.name_space);
  }
  collect_labels();
}

void MeshConfig::collect_labels() {
  const auto ask = [this](const Labels& labels) {
    for (const auto& [name, value] : labels) asked_labels_.insert(name);
  };
  const auto ask_localities = [this](const TrafficPolicySpec& policy) {
    if (!policy.load_balancer.locality) return;
    for (const std::string& entry : policy.load_balancer.locality->failover_priority) {
      asked_labels_.insert(entry.substr(0, entry.find('=')));
    }
  };
  for (const DestinationRule& rule : resources_.destination_rules) {
    ask(rule.workload_selector);
    ask_localities(rule.traffic_policy);
    for (const auto& [port, policy] : rule.traffic_policy.port_level) ask_localities(policy);
    for (const Subset& subset : rule.subsets) {
      if (subset.traffic_policy) ask_localities(*subset.traffic_policy);
    }
  }
  for (const VirtualService& service : virtual_services_) {
    for (const HttpRoute& route : service.http) {
      for (const HttpMatch& match : route.matches) ask(match.source_labels);
    }
    for (const auto* routes : {&service.tls, &service.tcp}) {
      for (const StreamRoute& route : *routes) {
        for (const StreamMatch& match : route.matches) ask(match.source_labels);
      }
    }
  }
  for (const IstioGateway& gateway : resources_.gateways) ask(gateway.selector);
  for (const SidecarResource& sidecar : resources_.sidecars) ask(sidecar.selector);
  for (const LocalRateLimitResource& limit : resources_.rate_limits) ask(limit.selector);
  for (const SwimLane& lane : resources_.lanes) ask(lane.label_selector);
  for (const TrafficLabel& label : resources_.traffic_labels) {
    ask(label.selector);
    for (const TrafficLabelRule& rule : label.rules) {
      for (const LabelSource& source : rule.value_from) {
        if (source.kind == LabelSource::Kind::pod_label) asked_labels_.insert(source.name);
      }
    }
  }
}

bool MeshConfig::ranks_by_node() const {
  return asked_labels_.contains("kubernetes.io/hostname") ||
         std::ranges::any_of(services_.services(), [](const MeshService& service) {
           return service.traffic_distribution == "PreferSameNode";
         });
}

ProxyView MeshConfig::view_of(std::string_view node_id, const PodDeclaration* pod) const {
  ProxyView view;
  view.kind = kind_of(node_id);
  if (pod == nullptr) return view;
  view.name_space = pod->name_space;
  for (const auto& [name, value] : pod->labels) {
    if (asked_labels_.contains(name)) view.labels.emplace(name, value);
  }
  return view;
}

}  // namespace meshtwin
