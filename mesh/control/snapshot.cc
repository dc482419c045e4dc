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

std::vector<std::pair<XdsKind, std::string>> differences(const XdsSnapshot& before, const XdsSnapshot& after) {
  std::vector<std::pair<XdsKind, std::string>> names;
  for (std::size_t k = 0; k < kXdsKindCount; ++k) {
    const auto kind = static_cast<XdsKind>(k);
    if (before.shared(kind) == after.shared(kind)) continue;
    const auto old = before.all(kind);
    auto known = old.begin();
    for (const XdsResourcePtr& resource : after.all(kind)) {
      for (; known != old.end() && (*known)->name < resource->name; ++known) names.emplace_back(kind, (*known)->name);
      const bool is_known = known != old.end() && (*known)->name == resource->name;
      if (!is_known || (*known)->version != resource->version) names.emplace_back(kind, resource->name);
      if (is_known) ++known;
    }
    for (; known != old.end(); ++known) names.emplace_back(kind, (*known)->name);
  }
  return names;
}

}  // namespace meshtwin
