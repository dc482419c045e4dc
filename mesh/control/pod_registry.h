#pragma once

// Which of the declared pods are endpoints, and how they are: a pod is known from the moment its own proxy speaks for
// it, and forgotten when its proxy has been silent for too long. The registry knows what was reported, never what
// really happened.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "mesh/control/control_plane_config.h"
#include "mesh/control/pod_endpoint.h"
#include "mesh/control/service_registry.h"

namespace meshtwin {

enum class PodHealth : unsigned char { absent, ready, unready };

class PodRegistry {
 public:
  explicit PodRegistry(const ControlPlaneConfig& config);

  // Which pods are whose: those that a service's selector takes, or that name it.
  void assign(const ServiceRegistry& services);

  // The declared pod whose proxy calls itself so: "sidecar~10.1.0.2~…" is found by its address.
  std::optional<std::size_t> find(std::string_view node_id) const;
  const PodDeclaration& declaration(std::size_t pod) const { return config_.pods[pod]; }

  // A stream of the pod's proxy opened; it is now the one that speaks for the pod.
  void opened(std::size_t pod, std::uint64_t stream) { pods_[pod].stream = stream; }
  // True if this stream spoke for the pod, so that nobody does now.
  bool closed(std::size_t pod, std::uint64_t stream);
  bool has_stream(std::size_t pod) const { return pods_[pod].stream != 0; }

  PodHealth health(std::size_t pod) const { return pods_[pod].health; }
  bool set_health(std::size_t pod, PodHealth health);  // true if it was another

  // The pods of a service (by its place in the registry of services) that are not absent, in the order of declaration.
  std::vector<PodEndpoint> endpoints_of(std::size_t service) const;
  const std::vector<std::size_t>& services_of(std::size_t pod) const { return pods_[pod].services; }
  const std::vector<std::size_t>& pods_of(std::size_t service) const { return pods_of_service_[service]; }
  // Whom one meets at a service's pods: SPIFFE IDs, where they are reached over mutual TLS.
  std::vector<std::string> identities_of(std::size_t service) const;

 private:
  struct Pod {
    PodHealth health = PodHealth::absent;
    std::uint64_t stream = 0;  // 0: none
    std::vector<std::size_t> services;
  };

  std::vector<std::size_t> pods_for(const MeshService& service) const;
  EndpointTransport transport_of(const PodDeclaration& pod) const;

  const ControlPlaneConfig& config_;
  std::vector<Pod> pods_;
  std::vector<std::vector<std::size_t>> pods_of_service_;
  std::unordered_map<std::string, std::size_t> by_ip_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_service_name_;  // as pods name it
  std::unordered_map<std::string, std::vector<std::size_t>> by_label_;         // "namespace/key=value"
};

}  // namespace meshtwin
