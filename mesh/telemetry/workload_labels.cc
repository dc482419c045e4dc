#include "mesh/telemetry/workload_labels.h"

#include <algorithm>

namespace meshtwin {

std::string to_text(const WorkloadLabels& labels) {
  std::string text = labels.workload;
  for (const std::string* part : {&labels.name_space, &labels.app, &labels.version, &labels.cluster}) {
    text.append(";").append(*part);
  }
  return text;
}

WorkloadLabels parse_workload_labels(std::string_view text) {
  WorkloadLabels labels;
  if (std::ranges::count(text, ';') != 4) return labels;
  for (std::string* part : {&labels.workload, &labels.name_space, &labels.app, &labels.version, &labels.cluster}) {
    const std::size_t end = text.find(';');
    *part = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return labels;
}

}  // namespace meshtwin
