#pragma once

// TrafficLabel documents, and the labels by which swim lanes travel, as a proxy is told of them. Pure functions.

#include <optional>
#include <string>

#include "mesh/resource/resources.h"
#include "mesh/traffic/config.h"

namespace meshtwin {

// The labels a proxy is to set, as the TrafficLabel documents and the lane groups of its namespace say. None: no rule
// is for it. `labels`: of its pod.
std::optional<TrafficLabelConfig> traffic_labels_for(const Resources& resources, const std::string& name_space,
                                                     const Labels& labels);

}  // namespace meshtwin
