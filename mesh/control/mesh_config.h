#pragma once

// Everything the control plane's documents and declarations say, put in order once for a version of the configuration:
// services, rules and virtual services as they count after lanes, delegates and Gateway API routes have become what
// Istio makes of them. Immutable; what a proxy is told follows from it and from who the proxy is.

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/control/control_plane_config.h"
#include "mesh/control/destination_rule_index.h"
#include "mesh/control/service_registry.h"
#include "mesh/resource/resources.h"

namespace meshtwin {

enum class ProxyKind : unsigned char { sidecar, router, waypoint, ztunnel };

// Who a proxy is, as far as its configuration goes by it. Labels that no document asks for are left out, so that
// proxies that are told the same are one.
struct ProxyView {
  ProxyKind kind = ProxyKind::sidecar;
  std::string name_space = "default";
  Labels labels = {};

  friend auto operator<=>(const ProxyView&, const ProxyView&) = default;
};

inline constexpr const char* kMeshGateway = "mesh";  // the name by which sidecars and waypoints take routes

class MeshConfig {
 public:
  // `resources`: as the documents are.
  MeshConfig(const ControlPlaneConfig& config, Resources resources);

  const ServiceRegistry& services() const { return services_; }
  const DestinationRuleIndex& rules() const { return rules_; }
  const Resources& resources() const { return resources_; }
  // With delegates merged in and names of gateways whole ("ns/name" or "mesh"), in the order of their precedence.
  const std::vector<VirtualService>& virtual_services() const { return virtual_services_; }
  // Istio's own, and those that Gateway API's became.
  const std::vector<IstioGateway>& gateways() const { return resources_.gateways; }

  // `node_id`: says what kind of proxy it is. `pod`: null where it is none of the declared.
  ProxyView view_of(std::string_view node_id, const PodDeclaration* pod) const;
  // Whether what a proxy is told may depend on the node it is on.
  bool ranks_by_node() const;

 private:
  void collect_labels();

  Resources resources_;
  ServiceRegistry services_;
  DestinationRuleIndex rules_;
  std::vector<VirtualService> virtual_services_;
  std::set<std::string> asked_labels_;
};

}  // namespace meshtwin
