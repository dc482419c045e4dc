#include "mesh/control/resource_set.h"

#include <algorithm>

namespace meshtwin {
namespace {

std::string_view name_of(const XdsResourcePtr& resource) {
  return resource->name;
}

bool contains(const ResourceSet& set, std::string_view name) {
  return std::ranges::binary_search(set, name, {}, name_of);
}

}  // namespace

SharedResourceSet no_resources() {
  static const SharedResourceSet none = std::make_shared<const ResourceSet>();
  return none;
}

XdsResourcePtr resource_named(std::string name, std::string version) {
  auto resource = std::make_shared<XdsResource>();
  resource->name = std::move(name);
  resource->version = std::move(version);
  return resource;
}

XdsResourcePtr find_resource(const ResourceSet& set, std::string_view name) {
  const auto place = std::ranges::lower_bound(set, name, {}, name_of);
  return place != set.end() && (*place)->name == name ? *place : nullptr;
}

void put_resource(ResourceSet& set, XdsResourcePtr resource) {
  const auto place = std::ranges::lower_bound(set, name_of(resource), {}, name_of);
  if (place != set.end() && (*place)->name == resource->name) {
    *place = std::move(resource);
  } else {
    set.insert(place, std::move(resource));
  }
}

void erase_resource(ResourceSet& set, std::string_view name) {
  const auto place = std::ranges::lower_bound(set, name, {}, name_of);
  if (place != set.end() && (*place)->name == name) set.erase(place);
}

bool same_names(const ResourceSet& a, const ResourceSet& b) {
  return std::ranges::equal(
      a, b, [](const XdsResourcePtr& x, const XdsResourcePtr& y) { return x == y || x->name == y->name; });
}

bool completed_by(const ResourceSet& set, const ResourceSet& owed, const ResourceSet& target) {
  auto known = set.begin();
  for (const XdsResourcePtr& resource : target) {
    if (known != set.end() && *known == resource) {  // nearly all of them: no text is compared
      ++known;
      continue;
    }
    for (; known != set.end() && (*known)->name < resource->name; ++known) {
      if (!contains(owed, (*known)->name)) return false;
    }
    const bool is_known = known != set.end() && (*known)->name == resource->name;
    const bool is_same = is_known && (*known)->version == resource->version;
    if (is_known) ++known;
    if (!is_same && !contains(owed, resource->name)) return false;
  }
  return std::all_of(known, set.end(), [&](const XdsResourcePtr& gone) { return contains(owed, gone->name); });
}

}  // namespace meshtwin
