#pragma once

// Kubernetes and Istio documents, from their YAML to typed values. What is not understood is refused by name and place,
// never dropped: a mesh that ignores half of its configuration in silence is no model of one.

#include <string>
#include <vector>

#include "mesh/base/problems.h"
#include "mesh/resource/destination_rule.h"
#include "mesh/resource/node.h"
#include "mesh/resource/shape.h"

namespace meshtwin {

struct Resources {
  std::vector<DestinationRule> destination_rules;
  std::vector<Node> hosts;            // where each rule's `host` stands, for checks against the services
  std::vector<std::string> warnings;  // "file:line: …": valid, but hardly what was meant
};

// Adds the document to `into`, or problems for every mistake in it.
void add_resource(const Node& document, Resources& into, ProblemList& problems);

// The shape of every supported document.
const std::vector<ShapePtr>& resource_shapes();

}  // namespace meshtwin
