#pragma once

// A scenario compiled to what a world has to set up: zones, nodes, links, pods, and in each pod its roles with their
// configuration. Both worlds are built from the same Plan.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mesh/control/control_plane_config.h"
#include "mesh/proxy/gateway_config.h"
#include "mesh/proxy/sidecar_config.h"
#include "mesh/proxy/waypoint_config.h"
#include "mesh/proxy/ztunnel_config.h"
#include "mesh/runtime/network.h"
#include "mesh/runtime/role.h"
#include "mesh/workload/load_config.h"
#include "mesh/workload/workload_config.h"
#include "mesh/world/link_shape.h"

namespace meshtwin {

// An unmodified program in the place of a workload: the emulator runs it, the simulator runs `model` for it.
struct ProgramConfig {
  std::vector<std::string> argv;
  WorkloadConfig model;
};

using RoleConfig = std::variant<WorkloadConfig, SidecarConfig, ControlPlaneConfig, LoadConfig, ZtunnelConfig,
                                WaypointConfig, GatewayConfig, ProgramConfig>;

// "workload", "sidecar", "control-plane", "load", "ztunnel", "waypoint", "gateway", "program": the kind of a role, in
// records, process names and results.
std::string_view kind_of(const RoleConfig& config);

// The pod's own program, which faults of the application concern.
bool is_application(const RoleConfig& config);

struct RolePlan {
  std::string name;  // unique in the run: "backend-az-a-0/sidecar"
  RoleConfig config;
  std::vector<std::uint32_t> reaches =
      {};  // pods, besides its own, in whose networks it listens and dials: a ztunnel's
};

// Whether the role is the proxy of that pod, in which or for which it runs.
bool is_proxy_of(const RolePlan& role, std::size_t pod, std::size_t role_pod);

// What is redirected in a pod: its application's TCP, out to 15001 and in to 15006. In ambient mode what comes in on
// 15008 is let through to the ztunnel that listens there.
enum class Capture : unsigned char { none, sidecar, ambient };
enum class CaptureBy : unsigned char { nftables, ebpf };

struct ZonePlan {
  std::string name;
  std::string region;
};

struct NodePlan {
  std::string name;
  std::size_t zone = 0;
  std::uint32_t cores = 0;  // 0: shares the host's cores with every other such node
};

struct LinkPlan {
  std::size_t zone_a = 0;
  std::size_t zone_b = 0;
  LinkShape shape;
};

struct PodPlan {
  std::string name;     // "backend-az-a-0"
  std::string service;  // empty for the control plane and load generators
  std::size_t node = 0;
  std::size_t zone = 0;
  std::uint32_t ip = 0;
  Capture capture = Capture::none;
  std::vector<RolePlan> roles;
  // Names that resolve otherwise here than in Plan::hosts, which is asked next: a load without a sidecar in a mesh.
  Hosts hosts;
  bool starts = true;        // with the run; otherwise Pods::start starts it later
  std::string version = {};  // its label, for the results
};

// With Plan::accelerate: so many bytes go round TCP one way without a message the other way, then that way of the
// connection is left to TCP, which alone can hold a writer back.
inline constexpr std::size_t kShortcutUnanswered = 256 * 1024;

struct Plan {
  std::string scenario;
  std::uint64_t seed = 1;
  Duration duration = 0;
  Duration grace = 10 * kSecond;  // after `duration`, for requests under way
  Wire wire = Wire::modelled;     // in the simulator; the emulator's is always real
  bool packet_network = false;    // simulator: ns-3 TCP/IP instead of the message-level model
  CaptureBy capture_by = CaptureBy::nftables;
  bool accelerate = false;  // eBPF hands what is written on one host to the socket it is for
  // What to do where the host cannot do what capture_by and accelerate ask for: go on without it, with a warning in the
  // report, or fail.
  bool allow_without_ebpf = false;
  std::vector<ZonePlan> zones;
  std::vector<NodePlan> nodes;
  std::vector<LinkPlan> links;  // between every two zones that can reach each other directly
  std::vector<PodPlan> pods;
  Hosts hosts;  // what names resolve to
};

// What a name resolves to in a pod: its own entry, else the plan's; null: no such name.
const std::vector<std::uint32_t>* find_host(const Plan& plan, std::size_t pod, std::string_view name);
// Every name that resolves in a pod.
Hosts hosts_of(const Plan& plan, std::size_t pod);

// Address -> place in plan.pods.
std::map<std::uint32_t, std::uint32_t> pods_by_ip(const Plan& plan);

}  // namespace meshtwin
