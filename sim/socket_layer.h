#pragma once

// The kernels of the simulated pods, above the wire: a namespace for each pod with its listeners and capture rules,
// dialling and accepting, and byte streams with half-close, reset and back-pressure. What a socket call costs is
// charged to the task of the role that makes it; what happens to a socket is posted to that task and handled in its
// turn.
//
// Capture, as the emulator's redirect programs do it: in a pod with capture, a dial by a role without bypass_capture to
// an address outside the pod goes to the pod's own :15001; a stream from outside the pod to any port but the proxy's
// own goes to :15006. Both keep where the client dialled. Where the plan has it, what is written takes the shortcut.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mesh/roles/plan.h"
#include "mesh/runtime/network.h"
#include "sim/connection.h"
#include "sim/shortcut.h"
#include "sim/transport.h"

namespace meshtwin {

class SocketLayer : public TransportUser {
 public:
  SocketLayer(EventQueue& queue, const Plan& plan, const Topology& topology);
  ~SocketLayer() override;
  void use(Transport& transport) { transport_ = &transport; }
  ConnectionTable& connections() { return connections_; }
  Shortcut& shortcut() { return shortcut_; }

  // The network of a pod as the role of `task` sees it. `from_outside`: the role is another pod's, and its listeners
  // stay when the pod's own are closed.
  std::unique_ptr<Network> network(std::uint32_t pod, Task& task, bool from_outside = false);
  void close_listeners(std::uint32_t pod);
  std::size_t open_streams(std::uint32_t pod) const { return namespaces_[pod].streams; }

 private:
  friend class SimStream;
  friend class SimNetwork;
  class ListenerHandle;
  class DialHandle;

  struct Listener {
    std::uint32_t pod = 0;
    SocketAddress at;
    Task* task = nullptr;
    AcceptHandler on_accept;
    bool from_outside = false;
    std::vector<std::uint64_t> backlog;  // not accepted yet
  };
  struct Dial {
    Task* task = nullptr;
    DialHandler then;
    std::uint64_t connection = 0;
    DialError error = DialError::none;
    EventKey timeout = 0;
  };
  struct Namespace {
    std::uint32_t ip = 0;
    bool capture = false;
    std::uint16_t next_port = 32768;
    std::map<SocketAddress, std::uint64_t> listeners;
    std::size_t streams = 0;
  };

  // TransportUser
  bool syn(Connection& connection) override;
  void established(Connection& connection) override;
  void accepted(Connection& connection) override;
  void dial_failed(Connection& connection, DialError error) override;
  void arrived(Connection& connection, int side, std::size_t bytes) override;
  void end_arrived(Connection& connection, int side) override;
  void reset_arrived(Connection& connection, int side) override;
  void room_made(Connection& connection, int side) override;

  std::uint64_t find_listener(const Namespace& space, SocketAddress at) const;
  bool route(Connection& connection, std::uint32_t pod, SocketAddress to, bool bypass_capture);
  std::uint64_t dial(std::uint32_t pod, Task& task, SocketAddress to, const DialOptions& options, DialHandler then);
  void end_dial(std::uint64_t id);
  void finish_dial(std::uint64_t id, DialError error);
  void answer_dial(std::uint64_t id);
  void answer_accept(std::uint64_t token);
  void end_listener(std::uint64_t id);

  void post(Connection& connection, int side);
  void post_later(Connection& connection, int side);
  void handle(std::uint64_t token);
  bool deliver(Connection& connection, int side, ReadEvent event, Buffer& data);
  void deliver_bytes(Connection& connection, int side, std::size_t bytes);
  void hand_over(Connection& connection, int side, Buffer& data);
  void close(Connection& connection, int side);
  void kill(Connection& connection, int side);
  void release_if_over(Connection& connection);
  void release(Connection& connection);

  EventQueue& queue_;
  const Plan& plan_;
  Transport* transport_ = nullptr;
  ConnectionTable connections_;
  Shortcut shortcut_;
  std::vector<Namespace> namespaces_;
  std::map<std::uint32_t, std::uint32_t> pod_of_ip_;
  std::map<std::uint64_t, Listener> listeners_;
  std::map<std::uint64_t, Dial> dials_;
  std::uint64_t next_id_ = 1;
};

}  // namespace meshtwin
