#pragma once

// What of the mesh a proxy is told: what is exported to its namespace, and of that what the Sidecar document for it
// lets in.

#include <string>
#include <unordered_map>
#include <vector>

#include "mesh/control/mesh_config.h"

namespace meshtwin {

struct VisibleMesh {
  std::vector<std::size_t> services;  // places in the registry
  // Those private to the proxy's namespace or exported to it by name, then those exported to all.
  std::vector<const VirtualService*> virtual_services;
  bool registry_only = false;  // nothing leaves the mesh
};

VisibleMesh visible_to(const MeshConfig& mesh, const ProxyView& proxy);

// Which VirtualService routes a host: the first that names it, else the one with the longest wildcard.
class VirtualServiceIndex {
 public:
  VirtualServiceIndex(const std::vector<const VirtualService*>& services, const std::string& gateway);

  const VirtualService* find(const std::string& host) const;  // null: none
  // Hosts that these name, in order, each once.
  const std::vector<std::pair<std::string, const VirtualService*>>& hosts() const { return hosts_; }

 private:
  std::vector<std::pair<std::string, const VirtualService*>> hosts_;
  std::unordered_map<std::string, const VirtualService*> by_host_;
  std::vector<std::string> wildcards_;  // the longest first
};

}  // namespace meshtwin
