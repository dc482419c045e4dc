#pragma once

// The cluster that a proxy itself is an endpoint of, found among the endpoints it is told of: zone-aware routing
// compares where that cluster's pods are, who all send as this one does, with where the pods are they send to.

#include <memory>

#include "mesh/proxy/proxy_context.h"
#include "mesh/traffic/config.h"
#include "mesh/traffic/upstream_cluster.h"

namespace meshtwin {

class LocalCluster {
 public:
  explicit LocalCluster(const ProxyContext& context) : context_(context) {}

  // True: these are the endpoints of the proxy's own cluster, of the first that names its pod.
  bool take(const std::shared_ptr<const ClusterAssignment>& assignment);
  void tell(UpstreamCluster& cluster) const;  // nothing, as long as it is not known

 private:
  const Locality* place_in(const ClusterAssignment& assignment) const;  // null: the pod is no endpoint of it

  const ProxyContext& context_;
  std::shared_ptr<const ClusterAssignment> assignment_;
  Locality own_;
};

}  // namespace meshtwin
