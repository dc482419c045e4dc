#include "mesh/control/snapshot.h"

#include <algorithm>
#include <cassert>

namespace meshtwin {
namespace {

std::string_view name_of(const XdsResourcePtr& resource) {
  return resource->name;
}

}  // namespace

XdsSnapshot::XdsSnapshot(std::uint64_t version, std::array<Set, kXdsKindCount> sets) : version_(version) {
  for (std::size_t kind = 0; kind < kXdsKindCount; ++kind) {
    std::ranges::sort(sets[kind], {}, name_of);
    sets_[kind] = std::make_shared<const Set>(std::move(sets[kind]));
  }
}

XdsSnapshot::XdsSnapshot(const XdsSnapshot& before, std::uint64_t version, XdsKind kind,
                         std::span<const XdsResourcePtr> resources)
    : version_(version), sets_(before.sets_) {
  Set set = *sets_[static_cast<std::size_t>(kind)];
  for (const XdsResourcePtr& resource : resources) {
    const auto place = std::ranges::lower_bound(set, name_of(resource), {}, name_of);
    assert(place != set.end() && (*place)->name == resource->name);
    *place = resource;
  }
  sets_[static_cast<std::size_t>(kind)] = std::make_shared<const Set>(std::move(set));
}

XdsResourcePtr XdsSnapshot::find(XdsKind kind, std::string_view name) const {
  return find_resource(*sets_[static_cast<std::size_t>(kind)], name);
}

}  // namespace meshtwin
