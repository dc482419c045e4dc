#include "sim/socket_layer.h"

#include <algorithm>
#include <cassert>

#include "mesh/proxy/sidecar_config.h"
#include "sim/stream.h"

namespace meshtwin {
namespace {

// Ports of the proxy itself, which inbound capture leaves alone, as Istio's rules do.
bool is_proxy_port(std::uint16_t port) {
  constexpr std::uint16_t kPorts[] = {kInboundPort, 15008, 15020, 15021, 15090};
  return std::find(std::begin(kPorts), std::end(kPorts), port) != std::end(kPorts);
}

}  // namespace

class SocketLayer::ListenerHandle : public Activity {
 public:
  ListenerHandle(SocketLayer& layer, std::uint64_t id) : layer_(layer), id_(id) {}
  ~ListenerHandle() override { layer_.end_listener(id_); }

 private:
  SocketLayer& layer_;
  std::uint64_t id_;
};

class SocketLayer::DialHandle : public Activity {
 public:
  DialHandle(SocketLayer& layer, std::uint64_t id) : layer_(layer), id_(id) {}
  ~DialHandle() override { layer_.end_dial(id_); }

 private:
  SocketLayer& layer_;
  std::uint64_t id_;
};

// Answers in an event of its own, unless its handle is gone by then.
class Resolution : public Activity {
 public:
  Resolution(EventQueue& queue, Task& task, std::vector<std::uint32_t> ips, ResolveHandler then)
      : queue_(queue), task_(task), ips_(std::move(ips)), then_(std::move(then)) {
    event_ = queue_.schedule(task_.now(), [this] {
      task_.post({[](void* self, std::uint64_t) { static_cast<Resolution*>(self)->answer(); }, this, 0});
    });
  }
  ~Resolution() override {
    queue_.cancel(event_);
    task_.forget(this);
  }

 private:
  void answer() {
    ResolveHandler then = std::move(then_);
    then(std::move(ips_));  // may destroy this
  }

  EventQueue& queue_;
  Task& task_;
  EventKey event_ = 0;
  std::vector<std::uint32_t> ips_;
  ResolveHandler then_;
};

class SimNetwork : public Network {
 public:
  SimNetwork(SocketLayer& layer, std::uint32_t pod, Task& task, bool from_outside)
      : layer_(layer), pod_(pod), task_(task), from_outside_(from_outside) {}

  Handle listen(SocketAddress at, AcceptHandler on_accept) override {
    SocketLayer::Namespace& space = layer_.namespaces_[pod_];
    if (layer_.find_listener(space, at) != 0) return nullptr;
    const std::uint64_t id = layer_.next_id_++;
    space.listeners[at] = id;
    layer_.listeners_[id] = {pod_, at, &task_, std::move(on_accept), from_outside_, {}};
    return std::make_unique<SocketLayer::ListenerHandle>(layer_, id);
  }
  Handle dial(SocketAddress to, const DialOptions& options, DialHandler then) override {
    return std::make_unique<SocketLayer::DialHandle>(layer_, layer_.dial(pod_, task_, to, options, std::move(then)));
  }
  Handle resolve(std::string_view name, ResolveHandler then) override {
    const std::vector<std::uint32_t>* ips = find_host(layer_.plan_, pod_, name);
    return std::make_unique<Resolution>(layer_.queue_, task_, ips == nullptr ? std::vector<std::uint32_t>() : *ips,
                                        std::move(then));
  }

 private:
  SocketLayer& layer_;
  std::uint32_t pod_;
  Task& task_;
  bool from_outside_;
};

SocketLayer::SocketLayer(EventQueue& queue, const Plan& plan, const Topology& topology)
    : queue_(queue), plan_(plan), shortcut_(plan, topology) {
  for (std::uint32_t pod = 0; pod < plan.pods.size(); ++pod) {
    Namespace space;
    space.ip = plan.pods[pod].ip;
    space.capture = plan.pods[pod].capture != Capture::none;
    namespaces_.push_back(std::move(space));
    pod_of_ip_[plan.pods[pod].ip] = pod;
  }
}

SocketLayer::~SocketLayer() = default;

std::unique_ptr<Network> SocketLayer::network(std::uint32_t pod, Task& task, bool from_outside) {
  return std::make_unique<SimNetwork>(*this, pod, task, from_outside);
}

std::uint64_t SocketLayer::find_listener(const Namespace& space, SocketAddress at) const {
  for (const SocketAddress address : {at, SocketAddress{0, at.port}}) {
    const auto found = space.listeners.find(address);
    if (found != space.listeners.end()) return found->second;
  }
  return 0;
}

void SocketLayer::close_listeners(std::uint32_t pod) {
  std::erase_if(namespaces_[pod].listeners,
                [this](const auto& bound) { return !listeners_.at(bound.second).from_outside; });
}

void SocketLayer::end_listener(std::uint64_t id) {
  const auto found = listeners_.find(id);
  if (found == listeners_.end()) return;
  Listener listener = std::move(found->second);
  listeners_.erase(found);
  auto& bound = namespaces_[listener.pod].listeners;
  const auto place = bound.find(listener.at);
  if (place != bound.end() && place->second == id) bound.erase(place);
  for (const std::uint64_t token : listener.backlog) {
    if (Connection* connection = connections_.find(token)) {
      kill(*connection, 1);
      connection->ends[1].open = false;
      --namespaces_[listener.pod].streams;
      release_if_over(*connection);
    }
  }
}

// Where a dial goes: false when there is no such address.
bool SocketLayer::route(Connection& connection, std::uint32_t pod, SocketAddress to, bool bypass_capture) {
  Namespace& space = namespaces_[pod];
  const bool local = to.ip == 0 || to.ip >> 24 == 127 || to.ip == space.ip;
  const std::uint16_t port = space.next_port;
  space.next_port = port == 60999 ? 32768 : port + 1;
  connection.original = to;
  connection.target = to;
  connection.ends[1].pod = pod;
  connection.peer = {local && to.ip != space.ip ? kLoopback : space.ip, port};
  if (local) return true;
  if (space.capture && !bypass_capture) {
    connection.target = {kLoopback, kOutboundPort};
    return true;
  }
  const auto found = pod_of_ip_.find(to.ip);
  if (found == pod_of_ip_.end()) return false;
  connection.ends[1].pod = found->second;
  if (namespaces_[found->second].capture && !is_proxy_port(to.port)) connection.target.port = kInboundPort;
  return true;
}

std::uint64_t SocketLayer::dial(std::uint32_t pod, Task& task, SocketAddress to, const DialOptions& options,
                                DialHandler then) {
  task.charge(Operation::dial, 1);
  const std::uint64_t id = next_id_++;
  Connection& connection = connections_.create();
  connection.dial = id;
  connection.ends[0].task = &task;
  connection.ends[0].pod = pod;
  connection.ends[0].open = true;
  ++namespaces_[pod].streams;
  Dial& dial = dials_[id];
  dial.task = &task;
  dial.then = std::move(then);
  dial.connection = connection.token();
  const Time at = task.now();
  if (!route(connection, pod, to, options.bypass_capture)) {
    dial.timeout = queue_.schedule(at, [this, id] { finish_dial(id, DialError::unreachable); });
    return id;
  }
  if (options.timeout > 0) {
    dial.timeout = queue_.schedule(at + options.timeout, [this, id] { finish_dial(id, DialError::timed_out); });
  }
  transport_->connect(connection, at);
  return id;
}

// A dial has its answer: the role learns it in its turn.
void SocketLayer::finish_dial(std::uint64_t id, DialError error) {
  const auto found = dials_.find(id);
  if (found == dials_.end()) return;
  Dial& dial = found->second;
  queue_.cancel(dial.timeout);
  dial.timeout = 0;
  dial.error = error;
  if (error != DialError::none) {
    if (Connection* connection = connections_.find(dial.connection)) release(*connection);
  }
  dial.task->post(
      {[](void* layer, std::uint64_t token) { static_cast<SocketLayer*>(layer)->answer_dial(token); }, this, id});
}

void SocketLayer::answer_dial(std::uint64_t id) {
  const auto found = dials_.find(id);
  if (found == dials_.end()) return;
  Dial dial = std::move(found->second);
  dials_.erase(found);
  std::unique_ptr<ByteStream> stream;
  if (dial.error == DialError::none) {
    Connection* connection = connections_.find(dial.connection);
    assert(connection != nullptr && "an established connection lives as long as its dialling side");
    stream = std::make_unique<SimStream>(*this, *connection, 0);
  }
  dial.then(std::move(stream), dial.error);
}

// The handle is gone. Before the answer, that gives the connection up.
void SocketLayer::end_dial(std::uint64_t id) {
  const auto found = dials_.find(id);
  if (found == dials_.end()) return;
  queue_.cancel(found->second.timeout);
  const std::uint64_t token = found->second.connection;
  const Callback unused = [then = std::move(found->second.then)] {};
  dials_.erase(found);
  Connection* connection = connections_.find(token);
  if (connection == nullptr) return;
  if (connection->ends[1].open) kill(*connection, 0);
  close(*connection, 0);
}

bool SocketLayer::syn(Connection& connection) {
  End& end = connection.ends[1];
  const std::uint64_t id = find_listener(namespaces_[end.pod], connection.target);
  if (id == 0) return false;
  Listener& listener = listeners_.at(id);
  connection.listener = id;
  listener.backlog.push_back(connection.token(1));
  end.task = listener.task;
  end.open = true;
  ++namespaces_[end.pod].streams;
  return true;
}

void SocketLayer::established(Connection& connection) {
  connection.established = true;
  finish_dial(connection.dial, DialError::none);
}

void SocketLayer::dial_failed(Connection& connection, DialError error) {
  finish_dial(connection.dial, error);
}

void SocketLayer::accepted(Connection& connection) {
  if (!connection.ends[1].open) return;  // the listener went away meanwhile
  connection.ends[1].task->post(
      {[](void* layer, std::uint64_t token) { static_cast<SocketLayer*>(layer)->answer_accept(token); }, this,
       connection.token(1)});
}

void SocketLayer::answer_accept(std::uint64_t token) {
  Connection* connection = connections_.find(token);
  if (connection == nullptr || !connection->ends[1].open) return;
  const std::uint64_t id = connection->listener;
  const auto found = listeners_.find(id);
  assert(found != listeners_.end() && "a listener takes its backlog with it");
  std::erase(found->second.backlog, token);
  found->second.task->charge(Operation::accept, 1);
  AcceptHandler on_accept = std::move(found->second.on_accept);
  on_accept({std::make_unique<SimStream>(*this, *connection, 1), connection->peer, connection->original});
  const auto after = listeners_.find(id);
  if (after != listeners_.end()) after->second.on_accept = std::move(on_accept);
}

}  // namespace meshtwin
