#include "mesh/control/label_config.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "mesh/control/lane_group.h"

namespace meshtwin {
namespace {

void add_group(const SwimLaneGroup& group, const std::string& name_space, TrafficLabelConfig& config) {
  const bool here = std::ranges::any_of(
      group.services, [&](const std::string& text) { return service_of(text).name_space == name_space; });
  if (!here || !group.permissive) return;
  const std::string header = route_header_of(group);
  if (transport_of(group) == LaneTransport::baggage) config.baggage_headers.push_back(header);
  if (transport_of(group) != LaneTransport::trace) return;
  LabelSource source{LabelSource::Kind::inbound_request_header, header, ""};
  if (!group.trace_header.empty()) {
    source = {LabelSource::Kind::external_inbound_request_header, header, group.trace_header};
  }
  config.rules.push_back({header, {std::move(source)}, {}});
}

bool for_http(const TrafficLabelRule& rule) {
  return rule.protocols.empty() ||
         std::ranges::any_of(rule.protocols, [](const std::string& name) { return name == "*" || name == "http"; });
}

void add_rules(const Resources& resources, const std::string& name_space, const Labels& labels,
               TrafficLabelConfig& config) {
  for (const bool of_namespace : {true, false}) {  // what is said of some pods goes before what is said of all
    for (const TrafficLabel& document : resources.traffic_labels) {
      if (document.meta.name_space != name_space || document.selector.empty() != of_namespace) continue;
      if (!selects(document.selector, labels)) continue;
      std::ranges::copy_if(document.rules, std::back_inserter(config.rules), for_http);
    }
  }
}

}  // namespace

std::optional<TrafficLabelConfig> traffic_labels_for(const Resources& resources, const std::string& name_space,
                                                     const Labels& labels) {
  TrafficLabelConfig config;
  for (const SwimLaneGroup& group : resources.lane_groups) add_group(group, name_space, config);
  add_rules(resources, name_space, labels, config);
  if (config.rules.empty() && config.baggage_headers.empty()) return std::nullopt;
  for (const TrafficLabelRule& rule : config.rules) {
    for (const LabelSource& source : rule.value_from) {
      const auto label = labels.find(source.name);
      if (source.kind == LabelSource::Kind::pod_label && label != labels.end()) config.pod_labels.insert(*label);
    }
  }
  return config;
}

}  // namespace meshtwin
