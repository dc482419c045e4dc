#include "mesh/control/pod_registry.h"

#include <set>
#include <string>

#include "mesh/base/socket_address.h"
#include "mesh/identity/spiffe_id.h"

namespace meshtwin {
namespace {

std::string label_key(const std::string& name_space, const std::string& key, const std::string& value) {
  return name_space + '/' + key + '=' + value;
}

}  // namespace

PodRegistry::PodRegistry(const ControlPlaneConfig& config) : config_(config), pods_(config.pods.size()) {
  for (std::size_t p = 0; p < config.pods.size(); ++p) {
    const PodDeclaration& pod = config.pods[p];
    by_ip_.emplace(ip_to_string(pod.ip), p);
    if (!pod.service.empty()) by_service_name_[pod.service].push_back(p);
    for (const auto& [key, value] : pod.labels) by_label_[label_key(pod.name_space, key, value)].push_back(p);
  }
}

void PodRegistry::assign(const ServiceRegistry& services) {
  for (Pod& pod : pods_) pod.services.clear();
  pods_of_service_.clear();
  for (std::size_t s = 0; s < services.services().size(); ++s) {
    const MeshService& service = services[s];
    const MeshService* target = service.alias_of.empty() ? nullptr : services.find(service.alias_of);
    pods_of_service_.push_back(pods_for(target == nullptr ? service : *target));
    for (const std::size_t pod : pods_of_service_.back()) pods_[pod].services.push_back(s);
  }
}

std::vector<std::size_t> PodRegistry::pods_for(const MeshService& service) const {
  static const std::vector<std::size_t> kNone;
  if (service.selector.empty()) {
    const auto named = by_service_name_.find(service.name);
    return !service.pods_by_name || named == by_service_name_.end() ? kNone : named->second;
  }
  const std::vector<std::size_t>* fewest = nullptr;
  for (const auto& [key, value] : service.selector) {
    const auto labelled = by_label_.find(label_key(service.name_space, key, value));
    const auto* candidates = labelled == by_label_.end() ? &kNone : &labelled->second;
    if (fewest == nullptr || candidates->size() < fewest->size()) fewest = candidates;
  }
  std::vector<std::size_t> pods;
  for (const std::size_t pod : *fewest) {
    if (selects(service.selector, config_.pods[pod].labels)) pods.push_back(pod);
  }
  return pods;
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
    const PodDeclaration& declared = config_.pods[pod];
    identities.insert(to_string(SpiffeId{config_.trust_domain, declared.name_space, declared.service_account}));
  }
  return {identities.begin(), identities.end()};
}

}  // namespace meshtwin
