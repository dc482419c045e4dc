#pragma once

// Plans for the tiny roles, written in a line or two.

#include "mesh/roles/plan.h"

namespace meshtwin {

inline std::uint32_t tiny_ip(std::size_t zone, std::size_t pod) {
  return (10U << 24) | (static_cast<std::uint32_t>(1 + zone) << 16) | static_cast<std::uint32_t>(2 + pod);
}

class TinyPlan {
 public:
  explicit TinyPlan(Duration duration) {
    plan_.scenario = "tiny";
    plan_.duration = duration;
    plan_.grace = kSecond;
    plan_.wire = Wire::real;
    plan_.zones = {{"az-a", "r"}, {"az-b", "r"}};
    plan_.links = {{0, 1, {2 * kMillisecond, 0, 0, 0}}};
  }

  // Returns the pod's place.
  std::size_t pod(std::size_t zone, const std::string& name, bool capture = false) {
    PodPlan pod;
    pod.name = name;
    pod.zone = zone;
    pod.ip = tiny_ip(zone, plan_.pods.size());
    pod.capture = capture ? Capture::sidecar : Capture::none;
    plan_.pods.push_back(pod);
    plan_.hosts[name] = {pod.ip};
    return plan_.pods.size() - 1;
  }
  std::size_t app(std::size_t zone, const std::string& name, bool capture = false) {
    const std::size_t at = pod(zone, name, capture);
    WorkloadConfig config;
    config.service = name;
    add(at, "app", config);
    return at;
  }
  void sidecar(std::size_t pod) { add(pod, "sidecar", SidecarConfig()); }
  void load(std::size_t pod, const std::string& target, std::uint16_t port = 8080) {
    LoadConfig config;
    config.service = target;
    config.port = port;
    config.end = plan_.duration;
    add(pod, "load-" + target, config);
  }
  Plan& plan() { return plan_; }

 private:
  void add(std::size_t pod, const std::string& name, RoleConfig config) {
    plan_.pods[pod].roles.push_back({plan_.pods[pod].name + "/" + name, std::move(config)});
  }

  Plan plan_;
};

}  // namespace meshtwin
