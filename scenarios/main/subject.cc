#include "scenarios/main/subject.h"

#include <fmt/format.h>

#include <algorithm>

#include "mesh/base/socket_address.h"

namespace meshtwin {
namespace {

RunSubject::Mark::Kind mark_kind(const TimelineAction& action) {
  switch (action.kind) {
    case TimelineAction::Kind::crash:
    case TimelineAction::Kind::app_crash:
    case TimelineAction::Kind::proxy_crash:
    case TimelineAction::Kind::blackhole:
    case TimelineAction::Kind::error:
    case TimelineAction::Kind::slow:
      return RunSubject::Mark::Kind::fail;
    case TimelineAction::Kind::restore_pods:
      return RunSubject::Mark::Kind::restore;
    default:
      return RunSubject::Mark::Kind::other;
  }
}

std::string describe(const LoadConfig& load, const std::string& zone) {
  if (load.rate.empty()) return fmt::format("{} clients from {} to {}", load.clients, zone, load.service);
  return fmt::format("{:g}/s from {} to {}", load.rate.front().per_second, zone, load.service);
}

// Loads between the same two are told apart by their pods.
void add_route(RunSubject& subject, const LoadConfig& load, const std::string& zone, const std::string& pod) {
  std::string route = zone + " to " + load.service;
  if (!load.host.empty()) route += " for " + load.host;
  if (std::ranges::find(subject.routes, route) != subject.routes.end()) route += ", " + pod;
  subject.routes.push_back(std::move(route));
}

}  // namespace

RunSubject subject_of(const Scenario& scenario, const std::string& world) {
  const Plan& plan = scenario.plan;
  RunSubject subject;
  subject.scenario = scenario.name;
  subject.world = world;
  subject.seed = plan.seed;
  subject.duration = plan.duration;
  for (const ZonePlan& zone : plan.zones) subject.zones.push_back(zone.name);
  for (const LinkPlan& link : plan.links) {
    subject.links.push_back({plan.zones[link.zone_a].name, plan.zones[link.zone_b].name, link.shape.rtt,
                             link.shape.jitter, link.shape.loss, link.shape.bandwidth_bps});
  }
  for (const PodPlan& pod : plan.pods) {
    subject.pods.push_back(
        {pod.name, pod.service, plan.zones[pod.zone].name, plan.nodes[pod.node].name, ip_to_string(pod.ip)});
    subject.pods.back().version = pod.version;
    const auto lane = scenario.lanes.of_pod.find(subject.pods.size() - 1);
    if (lane != scenario.lanes.of_pod.end()) subject.pods.back().lane = lane->second;
    subject.pod_by_ip[ip_to_string(pod.ip)] = pod.name;
    if (!pod.service.empty() && std::ranges::find(subject.services, pod.service) == subject.services.end()) {
      subject.services.push_back(pod.service);
    }
    for (const RolePlan& role : pod.roles) {
      const auto* load = std::get_if<LoadConfig>(&role.config);
      if (load == nullptr) continue;
      subject.loads.push_back(describe(*load, plan.zones[pod.zone].name));
      add_route(subject, *load, plan.zones[pod.zone].name, pod.name);
    }
  }
  for (const TimelineAction& action : scenario.timeline) {
    subject.marks.push_back({action.at, mark_kind(action), action.service, action.zone, action.text});
  }
  subject.lane_fallback = scenario.lanes.fallback;
  subject.expectations = scenario.expect;
  return subject;
}

}  // namespace meshtwin
