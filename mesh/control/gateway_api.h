#pragma once

// Gateway API documents as Istio's own: a Gateway of class `istio` becomes IstioGateways, one for each listener; routes
// become VirtualServices, one for each host at each parent, in which the rules of all routes stand in the order of
// Gateway API's precedence. Routes whose parent is a Service (GAMMA) are for the mesh's proxies. A pure function.
//
// Source: Gateway API v1 (HTTPRouteRule, ReferenceGrant); which documents Istio makes of it: istio/istio 86c9f01,
// pilot/pkg/config/kube/gateway.

#include "mesh/resource/resources.h"

namespace meshtwin {

// Appends to `resources.gateways` and `resources.virtual_services`.
void translate_gateway_api(Resources& resources);

}  // namespace meshtwin
