#pragma once

// What must hold in a VirtualService beyond its shape, as Istio's webhook has it.

#include "mesh/resource/document_kind.h"

namespace meshtwin {

void check_virtual_service(const Node& document, Findings& findings);

}  // namespace meshtwin
