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

inline constexpr const char* kServiceDomain = ".svc.cluster.local";

struct PodGroup {
  std::size_t zone = 0;
  std::uint32_t count = 0;    // at the run's beginning
  std::uint32_t planned = 0;  // the most that the timeline asks for
  std::size_t first = 0;      // place of its first pod in the plan
};

struct CallPlace {
  std::size_t callee = 0;  // place in hosts
  const Node* node = nullptr;
};

// Pods that behave alike: an entry of `services`, or a Deployment, StatefulSet or Pod.
struct ServiceEntry {
  std::string name;
  std::string name_space = "default";
  Place place;
  const Node* node = nullptr;              // what they do; null: a document's, of which no entry speaks
  const KubeWorkload* document = nullptr;  // null: the entry makes its own pods
  std::optional<std::size_t> host;         // the Service whose they are first of all
  std::vector<PodGroup> pods;
  std::optional<std::size_t> node_place;  // for those of its zone
  std::uint16_t port = 8080;              // on which they listen
  std::string protocol = "http";          // of that port
  Labels labels;
  std::string account;
  WorkloadConfig workload;
  std::vector<std::string> exec;  // the program that stands in its pods instead; empty: the workload
  std::vector<CallPlace> calls;

  // As its pods begin.
  std::string pods_name() const { return name_space == "default" ? name : name + "-" + name_space; }
};

// A name that is called: a Service, of a document or of entries of `services`; or a ServiceEntry's host.
struct HostEntry {
  std::string name;  // short, of the default namespace; "reviews.prod" of others
  std::string full;  // "reviews.prod.svc.cluster.local"
  std::string name_space = "default";
  Place place;
  const KubeService* document = nullptr;
  bool external = false;  // a ServiceEntry's: not one of the cluster's
  std::uint32_t vip = 0;
  std::vector<ServicePort> ports = {};
  Labels selector = {};
  std::string waypoint = {};              // empty: none
  std::vector<std::size_t> members = {};  // places in services

  std::string short_name() const { return full.substr(0, full.find('.')); }
};

// Pods of the mesh's own that carry traffic: a waypoint, an ingress gateway.
struct ProxyEntry {
  std::string name;
  const Node* key = nullptr;
  std::vector<PodGroup> pods;
  std::vector<std::uint16_t> ports;  // a gateway's
  Labels labels;                     // of its pods
};

struct LoadEntry {
  LoadConfig config;
  const Node* node = nullptr;
  std::optional<std::size_t> zone;
  std::optional<std::size_t> node_place;  // in the plan; none: the first of the zone
  std::optional<std::size_t> host;        // none: a gateway
  const ProxyEntry* gateway = nullptr;
  std::optional<std::size_t> gateway_host;  // whom the gateway passes it to, where that can be told
  std::string pod;                          // the generator's
  Labels labels;                            // likewise
  bool in_mesh = false;                     // behind a sidecar, or its node's ztunnel
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
  std::vector<HostEntry> hosts{};
  std::vector<LoadEntry> loads{};
  Resources resources{};
  std::map<const Node*, Resources> changes{};  // of the timeline, by the value of `apply` or `delete`
  std::vector<std::string> zone_names{}, service_names{}, host_names{};
  std::map<std::string, std::size_t, std::less<>> zones{}, services_by_name{}, hosts_by_name{};  // hosts: in full
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
  // Places in `services`: the entry or document of that name, or all that belong to the Service of that name.
  std::vector<std::size_t> workloads(const Node* name);
  std::optional<std::size_t> find_host(const std::string& name, const std::string& name_space = "default") const;
  std::optional<std::size_t> host(const Node* name, const std::string& name_space = "default");
  // Where a client that is not behind a proxy dials: the port of the Service's pods.
  std::uint16_t pod_port(const HostEntry& host, std::uint16_t port) const;
  // The place in plan.links of the link between the two zones of this list.
  std::optional<std::size_t> link(const Node* pair);
};

void load_topology(Loading& loading);
void load_mesh(Loading& loading);
void load_workloads(Loading& loading);  // whose pods there are, where, and under which names they are called
void load_services(Loading& loading);   // what they do
void load_loads(Loading& loading);
void load_resources(Loading& loading);
void check_rule_hosts(Loading& loading);
void check_reachability(Loading& loading);
void load_timeline(Loading& loading);
void load_expectations(Loading& loading);
void compile_pods(Loading& loading);  // only when there are no problems
void note_lanes(Loading& loading);    // after that

void read_link_shape(const Node& node, LinkShape& shape);

}  // namespace meshtwin
