#pragma once

// A scenario while it is being loaded: the tree, what has been understood so far, the problems found. Each part of the
// language has its reader; they run in the order below, also when the shape check has found problems (so that all
// mistakes are reported at once), and therefore take what is malformed for absent.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mesh/base/problems.h"
#include "mesh/resource/node.h"
#include "mesh/resource/resources.h"
#include "scenarios/scenario.h"

namespace meshtwin {

struct PodGroup {
  std::size_t zone = 0;
  std::uint32_t count = 0;
  std::size_t first = 0;  // place of its first pod in the plan
};

struct CallPlace {
  std::size_t callee = 0;
  const Node* node = nullptr;
};

struct ServiceEntry {
  std::string name;
  const Node* key = nullptr;
  std::vector<PodGroup> pods;
  std::optional<std::size_t> node;  // for those of its zone
  std::vector<ServicePort> ports;
  std::map<std::string, std::string> labels;
  std::string account;
  WorkloadConfig workload;
  std::vector<std::string> exec;  // the program that stands in its pods instead; empty: the workload
  std::string waypoint;           // empty: none
  std::vector<CallPlace> calls;
};

// Pods of the mesh's own that carry traffic: a waypoint, an ingress gateway.
struct ProxyEntry {
  std::string name;
  const Node* key = nullptr;
  std::vector<PodGroup> pods;
  std::vector<std::uint16_t> ports;  // a gateway's
};

struct LoadEntry {
  LoadConfig config;
  const Node* node = nullptr;
  std::optional<std::size_t> zone;
  std::optional<std::size_t> node_place;  // in the plan; none: the first of the zone
  std::optional<std::size_t> service;     // none: a gateway
  const ProxyEntry* gateway = nullptr;
  std::optional<std::size_t> gateway_service;  // whom the gateway passes it to
  bool in_mesh = false;                        // behind a sidecar, or its node's ztunnel
};

struct MeshSettings {
  enum class Mode : unsigned char { none, sidecar, ambient };
  Mode mode = Mode::none;
  std::vector<ProxyEntry> waypoints;
  std::vector<ProxyEntry> gateways;
  std::string waypoint;  // of every service that names none: the namespace's label
  std::size_t control_plane_zone = 0;
  ControlPlaneConfig control_plane;  // its timings
  SidecarConfig sidecar;             // its timings; what every proxy's access log, tracing and key are

  bool exists() const { return mode != Mode::none; }
  const ProxyEntry* gateway(const std::string& name) const;  // null: none of that name
};

struct Loading {
  const Node& root;
  ProblemList& problems;
  Scenario scenario{};
  MeshSettings mesh{};
  std::vector<ServiceEntry> services{};
  std::vector<LoadEntry> loads{};
  Resources resources{};
  std::vector<std::string> zone_names{}, service_names{};
  std::map<std::string, std::size_t, std::less<>> zones{}, services_by_name{};
  bool links_unclear = false;     // some were malformed: what is missing cannot be told
  std::size_t workload_pods = 0;  // pods: those of services, then the loads', then the control plane's

  std::size_t control_plane_pod() const { return workload_pods + loads.size(); }
  // The text of a file that the scenario names, as it was read.
  std::string source(std::string text);
  void problem(const Node& at, const std::string& message) { problems.add(at.place(), message); }
  // Null in, nothing out; an unknown name is a problem.
  std::optional<std::size_t> zone(const Node* name);
  // One in any of `zones`.
  std::optional<std::size_t> node(const Node* name, const std::vector<std::size_t>& zones);
  std::optional<std::size_t> service(const Node* name);
  // The place in plan.links of the link between the two zones of this list.
  std::optional<std::size_t> link(const Node* pair);
};

void load_topology(Loading& loading);
void load_mesh(Loading& loading);
void load_services(Loading& loading);
void load_loads(Loading& loading);
void load_resources(Loading& loading);
void check_reachability(Loading& loading);
void load_timeline(Loading& loading);
void load_expectations(Loading& loading);
void compile_pods(Loading& loading);  // only when there are no problems
void note_lanes(Loading& loading);    // after that

void read_link_shape(const Node& node, LinkShape& shape);

}  // namespace meshtwin
