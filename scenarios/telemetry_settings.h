#pragma once

// What Istio's Telemetry documents say of one pod's proxy: those of the root namespace are for the whole mesh, those of
// a namespace for its pods, those with a selector for the pods it selects; the narrower one counts.

#include <optional>
#include <span>
#include <string>

#include "mesh/resource/proxy_scope.h"

namespace meshtwin {

// Whether it keeps an access log; none: no document says.
std::optional<bool> access_log_of(std::span<const TelemetryResource> documents, const std::string& name_space,
                                  const Labels& labels);

}  // namespace meshtwin
