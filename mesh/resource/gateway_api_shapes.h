#pragma once

// The shapes of Gateway API's documents.

#include "mesh/resource/shape.h"

namespace meshtwin {

ShapePtr kube_gateway_shape();
ShapePtr http_route_shape();
ShapePtr grpc_route_shape();
ShapePtr tcp_route_shape();
ShapePtr reference_grant_shape();

}  // namespace meshtwin
