// Services: their pods, ports, handlers, and the graph of calls between them.

#include <algorithm>

#include "mesh/resource/nearest.h"
#include "mesh/resource/reading.h"
#include "scenarios/language.h"
#include "scenarios/loading.h"
#include "scenarios/models.h"

namespace meshtwin {

namespace {

void load_pods(Loading& loading, const Node& node, ServiceEntry& service) {
  const Node* pods = node.find("pods");
  const auto counts = items_of(pods, Node::Kind::map);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const auto zone = loading.zone(&pods->keys[i]);
    // A malformed count has been reported: one pod stands for it, so that what refers to it is understood.
    const auto wanted = read(pods, pods->keys[i].text, std::int64_t{1}, parse_integer);
    const std::int64_t count = wanted >= 1 && wanted <= kPodsMost ? wanted : 1;
    if (!zone) continue;
    service.pods.push_back({*zone, static_cast<std::uint32_t>(count), loading.workload_pods});
    const bool was_within = loading.workload_pods <= static_cast<std::size_t>(kPodsMost);
    loading.workload_pods += static_cast<std::size_t>(count);
    if (was_within && loading.workload_pods > static_cast<std::size_t>(kPodsMost))
      loading.problem(counts[i], "found " + std::to_string(loading.workload_pods) +
                                     " pods in all up to here, expected at most " + std::to_string(kPodsMost));
  }
}

void load_node(Loading& loading, const Node& node, ServiceEntry& service) {
  std::vector<std::size_t> zones;
  for (const PodGroup& group : service.pods) zones.push_back(group.zone);
  if (!zones.empty()) service.node = loading.node(node.find("node"), zones);
}

void load_ports(Loading& loading, const Node& node, ServiceEntry& service) {
  for (const Node& port : items_of(node.find("ports"), Node::Kind::list)) {
    const std::string protocol = read_text(&port, "protocol", "http");
    const auto number = static_cast<std::uint16_t>(read_integer(&port, "port", 0));
    const std::string name = read_text(&port, "name", protocol);
    for (const ServicePort& other : service.ports) {
      if (other.port == number)
        loading.problem(port, "found port " + std::to_string(number) + " twice, expected it once");
      if (other.name == name)
        loading.problem(port, "found a second port named " + quote(name) + ", expected each name once");
    }
    service.ports.push_back({name, number, protocol});
  }
  if (service.ports.empty()) service.ports.push_back({"http", 8080, "http"});
}

void load_labels(const Node& node, ServiceEntry& service) {
  service.labels = {{"app", service.name}};
  const Node* labels = node.find("labels");
  const auto values = items_of(labels, Node::Kind::map);
  for (std::size_t i = 0; i < values.size(); ++i) service.labels[labels->keys[i].text] = values[i].text;
  if (const std::string version = read_text(&node, "version"); !version.empty()) service.labels["version"] = version;
  service.account = read_text(&node, "service_account", service.name);
  for (const Node& word : items_of(node.find("exec"), Node::Kind::list)) service.exec.push_back(word.text);
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
void load_waypoint(Loading& loading, const Node& node, ServiceEntry& service) {
  static const std::string kLabel = "istio.io/use-waypoint";
  const auto label = service.labels.find(kLabel);
  service.waypoint = label == service.labels.end() ? loading.mesh.waypoint : label->second;
  if (label != service.labels.end()) service.labels.erase(label);
  if (service.waypoint == "none") service.waypoint.clear();
  if (service.waypoint.empty()) return;
  std::vector<std::string> names;
  for (const ProxyEntry& waypoint : loading.mesh.waypoints) names.push_back(waypoint.name);
  if (std::find(names.begin(), names.end(), service.waypoint) != names.end()) return;
  const Node* value = child(node.find("labels"), kLabel);
  if (value != nullptr)
    loading.problem(*value, "found " + quote(service.waypoint) + ", expected one of mesh.waypoints" +
                                suggestion(service.waypoint, names));
}

CallStep read_call(Loading& loading, const Node& node, ServiceEntry& caller) {
  CallStep step;
  const Node* name = node.kind == Node::Kind::map ? node.find("service") : &node;
  const auto callee = loading.service(name);
  if (!callee) return step;
  caller.calls.push_back({*callee, name});
  const ServiceEntry& target = loading.services[*callee];
  step.service = target.name;
  step.port = checked_port(loading, node.find("port"), target);
  step.request_bytes = read_size(&node, "request");
  step.probability = read_share(&node, "probability", 1);
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

void load_workload(Loading& loading, const Node& node, ServiceEntry& service) {
  WorkloadConfig& workload = service.workload;
  workload.service = service.name;
  workload.port = service.ports.front().port;
  workload.workers = static_cast<std::uint32_t>(read_integer(&node, "workers", 1));
  workload.response_bytes = read_size(&node, "response");
  workload.calls_must_succeed = read_boolean(&node, "calls_must_succeed", true);
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
    std::size_t next = 0;
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
      const CallPlace& call = calls[frame.next++];
      if (state_[call.callee] == State::open) report(call);
      if (state_[call.callee] != State::unseen) continue;
      state_[call.callee] = State::open;
      path_.push_back({call.callee});
    }
  }

  void report(const CallPlace& call) {
    if (loading_.problems.full()) return;
    std::vector<std::string> names;
    auto at = std::find_if(path_.begin(), path_.end(), [&](const Frame& f) { return f.service == call.callee; });
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

std::uint16_t checked_port(Loading& loading, const Node* port, const ServiceEntry& service) {
  const std::uint16_t serving = service.ports.front().port;
  if (port == nullptr || port->kind != Node::Kind::scalar || port->text == std::to_string(serving)) return serving;
  loading.problem(*port, "found port " + quote(port->text) + ", expected " + std::to_string(serving) +
                             ", the first port of " + quote(service.name) + ": its pods answer on that one");
  return serving;
}

void load_services(Loading& loading) {
  const Node* services = loading.root.find("services");
  const auto nodes = items_of(services, Node::Kind::map);
  if (nodes.size() > static_cast<std::size_t>(kServicesMost)) {
    loading.problem(*services, "found " + std::to_string(nodes.size()) + " services, expected at most " +
                                   std::to_string(kServicesMost));
    return;
  }
  loading.services.resize(nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    ServiceEntry& service = loading.services[i];
    service.key = &services->keys[i];
    service.name = service.key->text;
    loading.service_names.push_back(service.name);
    loading.services_by_name.emplace(service.name, i);
    load_pods(loading, nodes[i], service);
    load_node(loading, nodes[i], service);
    load_ports(loading, nodes[i], service);
    load_labels(nodes[i], service);
    check_protocols(loading, nodes[i], service);
    load_waypoint(loading, nodes[i], service);
  }
  for (std::size_t i = 0; i < nodes.size(); ++i) load_workload(loading, nodes[i], loading.services[i]);
  CycleSearch(loading).run();
}

}  // namespace meshtwin
