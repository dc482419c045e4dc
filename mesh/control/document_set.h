#pragma once

// The documents a control plane has, as they are applied and deleted: one of each kind, namespace and name, in the
// order in which they were created; one that is applied again keeps its place.

#include <string>
#include <vector>

#include "mesh/resource/resources.h"

namespace meshtwin {

void apply_documents(const Resources& changed, Resources& into);
// Those of the same kinds, names and namespaces.
void delete_documents(const Resources& named, Resources& from);
// "VirtualService default/reviews" of each.
std::vector<std::string> document_names(const Resources& resources);

}  // namespace meshtwin
