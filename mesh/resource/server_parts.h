#pragma once

// What is listened for, as Gateway, ServiceEntry and Sidecar write it: protocols, TLS, hosts of a namespace.

#include <string>

#include "mesh/resource/document_kind.h"
#include "mesh/resource/shape.h"

namespace meshtwin {

ShapePtr server_protocol();  // in capitals or not, as Istio takes it
ShapePtr server_tls();
std::string upper(std::string text);

// "host", "namespace/host", "./host", "*/host"
void check_namespaced_host(const Node& host, Findings& findings);

}  // namespace meshtwin
