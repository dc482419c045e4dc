#pragma once

// Where a proxy would rather send its traffic: Istio's ranking of endpoints by how near their locality is to the
// proxy's, or by how many labels they share with it. What is ranked becomes the priorities of the proxy's endpoint
// assignment.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "mesh/resource/destination_rule.h"
#include "mesh/resource/locality.h"

namespace meshtwin {

// Same region, zone and subzone 0; region and zone 1; region 2; else 3, or 4 where a failover entry for the proxy's
// region names another region than the endpoint's.
std::uint32_t locality_rank(const Locality& proxy, const Locality& endpoint,
                            std::span<const LocalityFailover> failover);

// Where something runs, as failoverPriority sees it: its labels, and those that its place gives it. `labels` is
// borrowed.
struct LabelledPlace {
  Locality locality = {};
  std::string node = {};
  const Labels* labels = nullptr;  // none

  // topology.kubernetes.io/region and zone, topology.istio.io/subzone and kubernetes.io/hostname are of the place,
  // where it is known; else, and all others, of the labels. Empty: it has no such.
  const std::string& label(const std::string& name) const;
};

// `failover_priority` holds N labels, or "label=value" for a value in place of the proxy's own. 0 where the endpoint
// has all of them as the proxy has; if the first that differs is the j-th (from 0), N - j.
std::uint32_t label_rank(const LabelledPlace& proxy, const LabelledPlace& endpoint,
                         std::span<const std::string> failover_priority);

// Ranks closed up, so that those in use are 0, 1, … without a gap.
void close_up(std::span<std::uint32_t> ranks);

}  // namespace meshtwin
