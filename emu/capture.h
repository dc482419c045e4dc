#pragma once

// Redirection of a pod's TCP to its sidecar, by nftables rules in the pod's own namespace, as Istio's CNI sets them:
// what the application dials goes to the outbound port, what comes from outside goes to the inbound port, what carries
// the proxy's mark or stays on the loopback passes.

#include <string>

namespace meshtwin {

std::string capture_rules();
// In the network namespace of the calling thread. Throws std::runtime_error with what nftables says.
void install_capture();

}  // namespace meshtwin
