#pragma once

// A mesh from its documents as text, and what one proxy of it is told, as lines.

#include <memory>
#include <string>
#include <vector>

#include "mesh/control/mesh_config.h"
#include "mesh/control/proxy_listeners.h"

namespace meshtwin::testing_control {

// Services reviews (8080) and ratings (8080, and 3306 TCP) in namespace default, reviews' pods by label version v1, v2.
ControlPlaneConfig bookinfo();
std::shared_ptr<const MeshConfig> mesh_of(const std::string& documents, ControlPlaneConfig config = bookinfo());

ProxyListeners told(const MeshConfig& mesh, const ProxyView& proxy = {});

// Of the virtual host with that domain in the table of that name: each route's match and where it sends to,
// "/a prefix end-user=jason -> 8080|v2|reviews.default 80%". Empty: there is none.
std::vector<std::string> routes(const ProxyListeners& told, const std::string& table, const std::string& domain);

}  // namespace meshtwin::testing_control
