#include "scenarios/conductor.h"

#include <algorithm>
#include <string>
#include <utility>

#include "mesh/telemetry/record.h"
#include "mesh/world/world.h"

namespace meshtwin {
namespace {

const char* event_kind(TimelineAction::Kind kind) {
  if (kind == TimelineAction::Kind::apply || kind == TimelineAction::Kind::remove) return "documents";
  if (kind == TimelineAction::Kind::scale) return "scale";
  const bool restores = kind == TimelineAction::Kind::restore_pods || kind == TimelineAction::Kind::restore_link;
  return restores ? "restore" : "fault";
}

}  // namespace

Conductor::Conductor(World& world, const Scenario& scenario, Recorder& recorder, Function<void(Time)> progress)
    : world_(world), scenario_(scenario), recorder_(recorder), progress_(std::move(progress)) {
  for (std::size_t pod = 0; pod < scenario.plan.pods.size(); ++pod)
    if (!scenario.plan.pods[pod].starts) absent_.insert(pod);
}

RunReport Conductor::run() {
  RunReport report = world_.run([this] { began(); });
  timers_.clear();
  progress_timer_.cancel();
  return report;
}

void Conductor::began() {
  const Time now = world_.clock().now();
  for (const TimelineAction& action : scenario_.timeline) {
    timers_.push_back(world_.clock().after(std::max<Duration>(action.at - now, 0), [this, &action] { act(action); }));
  }
  tick();
}

void Conductor::tick() {
  const Time now = world_.clock().now();
  progress_(std::clamp<Time>(now, 0, scenario_.plan.duration));
  if (now < scenario_.plan.duration) progress_timer_ = world_.clock().after(kSecond, [this] { tick(); });
}

// For whoever asks later how long the way was.
std::string Conductor::detail_of(const TimelineAction& action) const {
  const bool shapes = action.kind == TimelineAction::Kind::shape;
  if (!shapes && action.kind != TimelineAction::Kind::restore_link) return {};
  const Plan& plan = scenario_.plan;
  const LinkPlan& link = plan.links[action.link];
  return "rtt_ns=" + std::to_string(shapes ? action.shape.rtt : link.shape.rtt) + " " + plan.zones[link.zone_a].name +
         " " + plan.zones[link.zone_b].name;
}

void Conductor::act(const TimelineAction& action) {
  recorder_.event({world_.clock().now(), event_kind(action.kind), action.text, detail_of(action)});
  switch (action.kind) {
    case TimelineAction::Kind::cut:
      world_.links().cut_link(action.link);
      return;
    case TimelineAction::Kind::shape:
      world_.links().shape(action.link, action.shape);
      return;
    case TimelineAction::Kind::restore_link:
      world_.links().restore_link(action.link);
      world_.links().shape(action.link, scenario_.plan.links[action.link].shape);
      return;
    case TimelineAction::Kind::apply:
    case TimelineAction::Kind::remove:
      return change(action);
    case TimelineAction::Kind::scale:
      return scale(action);
    default:
      break;
  }
  for (std::size_t pod : action.pods) {
    if (absent_.count(pod) > 0) continue;
    if (action.kind == TimelineAction::Kind::restore_pods) {
      restore_pod(pod);
    } else {
      fault_pod(action, pod);
    }
  }
}

void Conductor::change(const TimelineAction& action) {
  if (action.pods.empty()) return;  // no mesh, nobody to tell
  changed_pod_ = action.pods.front();
  changes_.push_back({action.kind == TimelineAction::Kind::remove, action.documents});
  if (down_.count(*changed_pod_) == 0) world_.pods().configure(*changed_pod_, changes_.back());
}

void Conductor::scale(const TimelineAction& action) {
  for (std::size_t i = 0; i < action.pods.size(); ++i) {
    const std::size_t pod = action.pods[i];
    if (i < action.count) {
      if (absent_.erase(pod) > 0) world_.pods().start(pod);
      continue;
    }
    if (!absent_.insert(pod).second) continue;
    if (cut_.erase(pod) > 0) world_.links().restore_pod(pod);
    failing_.erase(pod);
    slowed_.erase(pod);
    if (down_.erase(pod) == 0) world_.pods().stop(pod);
  }
}

void Conductor::fault_pod(const TimelineAction& action, std::size_t pod) {
  switch (action.kind) {
    case TimelineAction::Kind::crash:
      down_.insert(pod);
      world_.pods().kill(pod, Kill::pod);
      break;
    case TimelineAction::Kind::app_crash:
      down_.insert(pod);
      world_.pods().kill(pod, Kill::app);
      break;
    case TimelineAction::Kind::proxy_crash:
      down_.insert(pod);
      world_.pods().kill(pod, Kill::proxy);
      break;
    case TimelineAction::Kind::blackhole:
      cut_.insert(pod);
      world_.links().cut_pod(pod);
      break;
    case TimelineAction::Kind::error:
      failing_.insert(pod);
      world_.pods().fail(pod, action.amount);
      break;
    case TimelineAction::Kind::slow:
      slowed_.insert(pod);
      world_.pods().slow(pod, action.amount);
      break;
    default:
      break;
  }
}

void Conductor::restore_pod(std::size_t pod) {
  if (cut_.erase(pod) > 0) world_.links().restore_pod(pod);
  if (down_.erase(pod) > 0) {
    // Started anew, a pod has no faults on it.
    slowed_.erase(pod);
    failing_.erase(pod);
    world_.pods().start(pod);
    if (changed_pod_ == pod)  // a new control plane knows what stood at the beginning
      for (const ConfigChange& change : changes_) world_.pods().configure(pod, change);
  }
  if (slowed_.erase(pod) > 0) world_.pods().slow(pod, 1);
  if (failing_.erase(pod) > 0) world_.pods().fail(pod, 0);
}

}  // namespace meshtwin
