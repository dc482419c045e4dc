#pragma once

// The shape of a VirtualService's spec.

#include "mesh/resource/shape.h"

namespace meshtwin {

ShapePtr virtual_service_shape();

}  // namespace meshtwin
