#include "mesh/control/pod_registry.h"

#include <map>
#include <set>
#include <string>

#include "mesh/base/socket_address.h"
#include "mesh/identity/spiffe_id.h"

namespace meshtwin {

PodRegistry::PodRegistry(const ControlPlaneConfig& config)
    : config_(config), pods_(config.pods.size()), pods_of_service_(config.services.size()) {
  std::map<std::string, std::size_t> services;
  for (std::size_t s = 0; s < config.services.size(); ++s) services.emplace(config.services[s].name, s);
  for (std::size_t p = 0; p < config.pods.size(); ++p) {
    by_ip_.emplace(ip_to_string(config.pods[p].ip), p);
    const auto service = services.find(config.pods[p].service);
    if (service == services.end()) continue;
    pods_[p].service = service->second;
    pods_of_service_[service->second].push_back(p);
  }
}

std::optional<std::size_t> PodRegistry::find(std::string_view node_id) const {
  const std::size_t begin = node_id.find('~');
  if (begin == std::string_view::npos) return std::nullopt;
  const std::string_view rest = node_id.substr(begin + 1);
  const auto pod = by_ip_.find(std::string(rest.substr(0, rest.find('~'))));
  if (pod == by_ip_.end()) return std::nullopt;
  return pod->second;
}

bool PodRegistry::closed(std::size_t pod, std::uint64_t stream) {
  if (pods_[pod].stream != stream) return false;
  pods_[pod].stream = 0;
  return true;
}

bool PodRegistry::set_health(std::size_t pod, PodHealth health) {
  if (pods_[pod].health == health) return false;
  pods_[pod].health = health;
  return true;
}

std::vector<PodEndpoint> PodRegistry::endpoints_of(std::size_t service) const {
  std::vector<PodEndpoint> endpoints;
  for (const std::size_t pod : pods_of_service_[service]) {
    if (pods_[pod].health == PodHealth::absent) continue;
    const PodDeclaration& declared = config_.pods[pod];
    endpoints.push_back({declared.ip, declared.locality, pods_[pod].health == PodHealth::ready, transport_of(declared),
                         to_text(labels_of(declared)), declared.node, &declared.labels});
  }
  return endpoints;
}

EndpointTransport PodRegistry::transport_of(const PodDeclaration& pod) const {
  if (!pod.mesh) return EndpointTransport::plain;
  if (config_.data_plane == DataPlane::ambient) return EndpointTransport::hbone;
  return config_.mtls == Mtls::disable ? EndpointTransport::plain : EndpointTransport::mtls;
}

std::vector<std::string> PodRegistry::identities_of(std::size_t service) const {
  std::set<std::string> identities;
  for (const std::size_t pod : pods_of_service_[service]) {
    if (transport_of(config_.pods[pod]) == EndpointTransport::plain) continue;
    identities.insert(to_string(SpiffeId{config_.trust_domain, "default", config_.pods[pod].service_account}));
  }
  return {identities.begin(), identities.end()};
}

}  // namespace meshtwin
