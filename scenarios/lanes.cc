// Swim lanes, for the results: which pods are in which, and what is odd about them.

#include <algorithm>
#include <variant>

#include "mesh/control/lane_group.h"
#include "mesh/control/lanes.h"
#include "scenarios/loading.h"

namespace meshtwin {
namespace {

const ControlPlaneConfig* control_plane_of(const Plan& plan) {
  for (const PodPlan& pod : plan.pods) {
    for (const RolePlan& role : pod.roles) {
      if (const auto* config = std::get_if<ControlPlaneConfig>(&role.config)) return config;
    }
  }
  return nullptr;
}

// Without lane groups versions are taken for lanes.
std::string lane_of(const PodDeclaration& pod, const std::string& service, const Resources& resources) {
  if (!resources.lane_groups.empty()) return lane_of_pod(resources, pod.name_space, service, pod.labels);
  const auto version = pod.labels.find("version");
  return version == pod.labels.end() ? "" : version->second;
}

}  // namespace

void note_lanes(Loading& loading) {
  Scenario& scenario = loading.scenario;
  const ControlPlaneConfig* control_plane = control_plane_of(scenario.plan);
  if (control_plane == nullptr) return;
  for (const PodDeclaration& pod : control_plane->pods) {
    const std::string& service = scenario.plan.pods[pod.pod].service;
    if (!service.empty()) scenario.lanes.of_pod[pod.pod] = lane_of(pod, service, loading.resources);
  }
  if (loading.resources.lane_groups.empty() && loading.resources.lanes.empty()) return;
  Resources expanded = loading.resources;
  for (std::string& warning : expand_lanes(expanded, has_declared_pods(*control_plane))) {
    loading.resources.warnings.push_back(std::move(warning));
  }
  if (loading.resources.lane_groups.empty()) return;
  const SwimLaneGroup& group = loading.resources.lane_groups.front();
  RunSubject::LaneFallback& fallback = scenario.lanes.fallback;
  fallback.strict = !group.permissive;
  if (group.permissive) fallback.lane = group.fallback_target;
  for (const auto& [service, lane] : group.service_fallback) fallback.by_service[service_of(service).name] = lane;
}

}  // namespace meshtwin
