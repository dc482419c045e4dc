#include "mesh/proxy/local_cluster.h"

namespace meshtwin {

bool LocalCluster::take(const std::shared_ptr<const ClusterAssignment>& assignment) {
  if (assignment_ != nullptr && assignment_->cluster != assignment->cluster) return false;
  const Locality* place = place_in(*assignment);
  if (place != nullptr) own_ = *place;
  if (place == nullptr && assignment_ == nullptr) return false;
  assignment_ = assignment;
  return true;
}

void LocalCluster::tell(UpstreamCluster& cluster) const {
  if (assignment_ != nullptr) cluster.set_local_cluster(own_, *assignment_);
}

const Locality* LocalCluster::place_in(const ClusterAssignment& assignment) const {
  for (const LocalityEndpoints& group : assignment.localities) {
    for (const EndpointConfig& endpoint : group.endpoints) {
      const auto pod = context_.pod_of_ip.find(endpoint.address.ip);
      if (pod != context_.pod_of_ip.end() && pod->second == context_.pod) return &group.locality;
    }
  }
  return nullptr;
}

}  // namespace meshtwin
