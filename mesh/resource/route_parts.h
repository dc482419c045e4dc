#pragma once

// What routes of Istio and of the lanes' documents share: string matches, matches of requests, destinations.

#include "mesh/resource/document_kind.h"
#include "mesh/resource/shape.h"
#include "mesh/resource/virtual_service.h"

namespace meshtwin {

ShapePtr string_match_shape();
ShapePtr string_match_map_shape();  // by a header's or a parameter's name
ShapePtr destination_shape();

StringMatch read_string_match(const Node& node);
std::vector<NamedMatch> read_named_matches(const Node* node);
Destination read_destination(const Node* node);

// The number of a gRPC status by its name in capitals; none: no such name.
std::optional<std::uint16_t> grpc_status(const std::string& name);
std::vector<std::string> grpc_status_names();

void check_string_match(const Node* match, Findings& findings);
void check_named_matches(const Node* matches, Findings& findings);

}  // namespace meshtwin
