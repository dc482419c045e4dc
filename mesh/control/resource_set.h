#pragma once

// Sets of resources as flat vectors of what the snapshot shares, sorted by name. Ten thousand proxies know the same
// thousand names each, so that a set is a few bytes for each of them when it is held shared, and a pointer a name where
// it differs. A set may stand for names alone, or for names and versions: a resource says both.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/control/xds_messages.h"

namespace meshtwin {

using ResourceSet = std::vector<XdsResourcePtr>;  // by name, each once
using SharedResourceSet = std::shared_ptr<const ResourceSet>;

SharedResourceSet no_resources();
// A resource without content.
XdsResourcePtr resource_named(std::string name, std::string version = {});

XdsResourcePtr find_resource(const ResourceSet& set, std::string_view name);  // null: there is none
void put_resource(ResourceSet& set, XdsResourcePtr resource);                 // in place of that of the same name
void erase_resource(ResourceSet& set, std::string_view name);
bool same_names(const ResourceSet& a, const ResourceSet& b);

// Whether `set` becomes `target`, by name and version, when what `owed` names is taken from there.
bool completed_by(const ResourceSet& set, const ResourceSet& owed, const ResourceSet& target);

}  // namespace meshtwin
