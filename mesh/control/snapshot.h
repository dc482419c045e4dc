#pragma once

// Everything a proxy may ask for, as of one version: immutable, and shared by all proxies that are told the same. The
// next version copies pointers and replaces those of the resources that changed; kinds without a change are shared
// whole.

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mesh/control/resource_set.h"
#include "mesh/control/xds_messages.h"

namespace meshtwin {

class XdsSnapshot {
 public:
  using Set = ResourceSet;

  // `sets` in the order of XdsKind, each sorted here.
  XdsSnapshot(std::uint64_t version, std::array<Set, kXdsKindCount> sets);
  // As `before`, with these resources of one kind in place of those of the same names.
  XdsSnapshot(const XdsSnapshot& before, std::uint64_t version, XdsKind kind,
              std::span<const XdsResourcePtr> resources);

  std::uint64_t version() const { return version_; }
  std::span<const XdsResourcePtr> all(XdsKind kind) const { return *sets_[static_cast<std::size_t>(kind)]; }
  const SharedResourceSet& shared(XdsKind kind) const { return sets_[static_cast<std::size_t>(kind)]; }
  XdsResourcePtr find(XdsKind kind, std::string_view name) const;  // null: there is none

 private:
  std::uint64_t version_;
  std::array<SharedResourceSet, kXdsKindCount> sets_;
};

// What is new, gone or another in `after`.
std::vector<std::pair<XdsKind, std::string>> differences(const XdsSnapshot& before, const XdsSnapshot& after);

}  // namespace meshtwin
