#pragma once

// The Network of a role: TCP sockets of the network namespace its process lives in. Names come from the plan's hosts,
// as a resolver with everything in its cache would answer.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "emu/event_loop.h"
#include "mesh/runtime/clock.h"
#include "mesh/runtime/network.h"

namespace meshtwin {

class SocketNetwork : public Network {
 public:
  SocketNetwork(EventLoop& loop, Clock& clock, Hosts hosts);
  // In another namespace. Its sockets are made by the loop's thread, which enters it for that moment.
  SocketNetwork(EventLoop& loop, Clock& clock, Hosts hosts, Fd net_namespace);
  ~SocketNetwork() override;

  Handle listen(SocketAddress at, AcceptHandler on_accept) override;
  Handle dial(SocketAddress to, const DialOptions& options, DialHandler then) override;
  Handle resolve(std::string_view name, ResolveHandler then) override;

  // Every listener stops, as if its handle were gone; what was accepted goes on. The way a process drains.
  void stop_listening();

 private:
  class Listener;
  class ListenerCore;
  class Dial;

  Fd make_socket() const;

  EventLoop& loop_;
  Clock& clock_;
  Hosts hosts_;
  Fd space_;  // empty: the process's own
  Fd home_;
  std::vector<std::weak_ptr<ListenerCore>> listeners_;
};

}  // namespace meshtwin
