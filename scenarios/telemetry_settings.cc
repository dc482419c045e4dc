#include "scenarios/telemetry_settings.h"

#include "mesh/control/host_names.h"

namespace meshtwin {

std::optional<bool> access_log_of(std::span<const TelemetryResource> documents, const std::string& name_space,
                                  const Labels& labels) {
  std::optional<bool> found;
  int narrowness = -1;
  for (const TelemetryResource& document : documents) {
    const bool of_namespace = document.meta.name_space == name_space;
    if (!document.access_log || !selects(document.selector, labels)) continue;
    if (!of_namespace && (document.meta.name_space != kRootNamespace || !document.selector.empty())) continue;
    const int narrow = !document.selector.empty() ? 2 : of_namespace ? 1 : 0;
    if (narrow <= narrowness) continue;  // the oldest of those alike
    narrowness = narrow;
    found = document.access_log;
  }
  return found;
}

}  // namespace meshtwin
