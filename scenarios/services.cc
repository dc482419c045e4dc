// What services do with a request: their handlers, and the graph of calls between them.

#include <algorithm>
#include <map>

#include "mesh/resource/nearest.h"
#include "mesh/resource/reading.h"
#include "scenarios/language.h"
#include "scenarios/loading.h"
#include "scenarios/models.h"

namespace meshtwin {

namespace {

void load_node(Loading& loading, const Node& node, ServiceEntry& service) {
  std::vector<std::size_t> zones;
  for (const PodGroup& group : service.pods) zones.push_back(group.zone);
  if (!zones.empty()) service.node_place = loading.node(node.find("node"), zones);
}

// The workload speaks HTTP/1.1; what else there is needs a program that speaks it.
void check_protocols(Loading& loading, const Node& node, const ServiceEntry& service) {
  for (const Node& port : items_of(node.find("ports"), Node::Kind::list)) {
    const Node* protocol = port.find("protocol");
    if (protocol == nullptr || !service.exec.empty()) continue;
    if (protocol->text == "http2" || protocol->text == "grpc")
      loading.problem(*protocol, "found " + quote(protocol->text) +
                                     " for a service without exec, expected http: " + "the workload speaks HTTP/1.1");
  }
}

// By the label istio.io/use-waypoint, its own or the namespace's (mesh.labels); `none` says that it has none after all.
void load_waypoint(Loading& loading, ServiceEntry& service) {
  static const std::string kLabel = "istio.io/use-waypoint";
  const auto label = service.labels.find(kLabel);
  std::string waypoint = label == service.labels.end() ? loading.mesh.waypoint : label->second;
  if (label != service.labels.end()) service.labels.erase(label);
  if (waypoint == "none") waypoint.clear();
  if (service.document == nullptr && service.host && loading.hosts[*service.host].document == nullptr)
    loading.hosts[*service.host].waypoint = waypoint;
  if (waypoint.empty()) return;
  std::vector<std::string> names;
  for (const ProxyEntry& proxy : loading.mesh.waypoints) names.push_back(proxy.name);
  if (std::find(names.begin(), names.end(), waypoint) != names.end()) return;
  const Node* value = child(child(service.node, "labels"), kLabel);
  if (value != nullptr)
    loading.problem(*value,
                    "found " + quote(waypoint) + ", expected one of mesh.waypoints" + suggestion(waypoint, names));
}

CallStep read_call(Loading& loading, const Node& node, ServiceEntry& caller) {
  CallStep step;
  const Node* name = node.kind == Node::Kind::map ? node.find("service") : &node;
  const auto callee = loading.host(name, caller.name_space);
  if (!callee) return step;
  caller.calls.push_back({*callee, name});
  const HostEntry& target = loading.hosts[*callee];
  step.service = name->text;
  step.port = checked_port(loading, node.find("port"), target);
  if (!loading.mesh.exists()) step.port = loading.pod_port(target, step.port);
  step.request_bytes = read_size(&node, "request");
  step.probability = read_share(&node, "probability", 1);
  step.method = read_text(&node, "method");
  step.path = read_path(loading, node);
  step.headers = read_headers(loading, node.find("headers"));
  return step;
}

HandlerStep read_step(Loading& loading, const Node& node, ServiceEntry& service) {
  HandlerStep step;
  if (node.find("cpu") != nullptr && node.find("compute") == nullptr)
    loading.problem(*node.find("cpu"), "found cpu without compute, expected it beside compute only");
  if (const Node* compute = node.find("compute")) {
    step.kind = HandlerStep::Kind::compute;
    step.compute = read_duration_model(loading, *compute);
    step.cpu = read_boolean(&node, "cpu", false);
  } else if (const Node* call = node.find("call")) {
    step.kind = HandlerStep::Kind::call;
    step.call = read_call(loading, *call, service);
  } else if (const Node* parallel = node.find("parallel")) {
    step.kind = HandlerStep::Kind::parallel;
    for (const Node& one : items_of(parallel, Node::Kind::list))
      step.parallel.push_back(read_call(loading, one, service));
  } else if (const Node* fail = node.find("fail")) {
    step.kind = HandlerStep::Kind::fail;
    step.fail_probability =
        fail->kind == Node::Kind::map ? read_share(fail, "probability", 0) : read_share(&node, "fail", 0);
    step.fail_status = static_cast<std::uint16_t>(read_integer(fail, "status", 500));
  }
  return step;
}

void load_behaviour(Loading& loading, ServiceEntry& service) {
  const Node& node = *service.node;
  for (const Node& word : items_of(node.find("exec"), Node::Kind::list)) service.exec.push_back(word.text);
  load_node(loading, node, service);
  check_protocols(loading, node, service);
  WorkloadConfig& workload = service.workload;
  workload.workers = static_cast<std::uint32_t>(read_integer(&node, "workers", 1));
  workload.response_bytes = read_size(&node, "response");
  workload.calls_must_succeed = read_boolean(&node, "calls_must_succeed", true);
  for (const Node& name : items_of(node.find("forward_headers"), Node::Kind::list))
    workload.forward_headers.push_back(header_name(loading, name));
  for (const Node& step : items_of(node.find("handler"), Node::Kind::list))
    if (step.kind == Node::Kind::map) workload.handler.push_back(read_step(loading, step, service));
}

// Depth first over the calls, without recursion: a chain may be as long as the file. A call back into the open path
// closes a cycle; each service is visited once, so each cycle is met at one of its calls.
class CycleSearch {
 public:
  explicit CycleSearch(Loading& loading) : loading_(loading), state_(loading.services.size(), State::unseen) {}

  void run() {
    for (std::size_t start = 0; start < state_.size(); ++start)
      if (state_[start] == State::unseen) visit(start);
  }

 private:
  enum class State : unsigned char { unseen, open, done };
  struct Frame {
    std::size_t service;
    std::size_t next = 0;    // call
    std::size_t member = 0;  // of whom it calls
  };

  void visit(std::size_t start) {
    path_.push_back({start});
    state_[start] = State::open;
    while (!path_.empty()) {
      Frame& frame = path_.back();
      const auto& calls = loading_.services[frame.service].calls;
      if (frame.next == calls.size()) {
        state_[frame.service] = State::done;
        path_.pop_back();
        continue;
      }
      const CallPlace& call = calls[frame.next];
      const std::vector<std::size_t>& members = loading_.hosts[call.callee].members;
      if (frame.member == members.size()) {
        ++frame.next;
        frame.member = 0;
        continue;
      }
      const std::size_t callee = members[frame.member++];
      if (state_[callee] == State::open) report(call, callee);
      if (state_[callee] != State::unseen) continue;
      state_[callee] = State::open;
      path_.push_back({callee});
    }
  }

  void report(const CallPlace& call, std::size_t callee) {
    if (loading_.problems.full()) return;
    std::vector<std::string> names;
    auto at = std::find_if(path_.begin(), path_.end(), [&](const Frame& f) { return f.service == callee; });
    for (; at != path_.end(); ++at) names.push_back(loading_.services[at->service].name);
    names.push_back(names.front());
    std::string path;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (i == 12 && names.size() > 16) {
        path += " -> …";
        i = names.size() - 3;
      }
      path += (i == 0 ? "" : " -> ") + names[i];
    }
    loading_.problem(*call.node, "found a call that closes a cycle (" + path + "), expected calls without cycles");
  }

  Loading& loading_;
  std::vector<State> state_;
  std::vector<Frame> path_;
};

}  // namespace

std::uint16_t checked_port(Loading& loading, const Node* port, const HostEntry& host) {
  const std::uint16_t serving = host.ports.empty() ? 80 : host.ports.front().port;
  if (port == nullptr || port->kind != Node::Kind::scalar || port->text == std::to_string(serving)) return serving;
  if (host.document == nullptr && !host.external) {
    loading.problem(*port, "found port " + quote(port->text) + ", expected " + std::to_string(serving) +
                               ", the first port of " + quote(host.name) + ": its pods answer on that one");
    return serving;
  }
  std::vector<std::string> known;
  for (const ServicePort& other : host.ports) {
    if (port->text == std::to_string(other.port)) return other.port;
    known.push_back(std::to_string(other.port));
  }
  loading.problem(
      *port, "found port " + quote(port->text) + ", expected one of " + quote(host.name) + "'s: " + listing(known));
  return serving;
}

void load_services(Loading& loading) {
  std::map<const Node*, std::size_t> read;  // an entry may speak of several documents
  for (std::size_t i = 0; i < loading.services.size(); ++i) {
    ServiceEntry& service = loading.services[i];
    load_waypoint(loading, service);
    if (service.node == nullptr) {
      service.workload.service = service.name;
      service.workload.port = service.port;
      continue;
    }
    const auto [place, fresh] = read.emplace(service.node, i);
    if (fresh) {
      load_behaviour(loading, service);
    } else {
      const ServiceEntry& same = loading.services[place->second];
      service.workload = same.workload;
      service.exec = same.exec;
      service.calls = same.calls;
    }
    service.workload.service = service.name;
    service.workload.port = service.port;
  }
  CycleSearch(loading).run();
}

}  // namespace meshtwin
