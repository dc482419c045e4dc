#pragma once

// Whether the application takes connections: dialled at an interval, ready at the first success, unready after several
// failures in a row. Until it has been ready once, it is asked more often, so that a start is not slowed by the
// interval.

#include <cstdint>

#include "mesh/base/function.h"
#include "mesh/base/handle.h"
#include "mesh/base/socket_address.h"
#include "mesh/base/time.h"
#include "mesh/runtime/clock.h"
#include "mesh/runtime/runtime.h"

namespace meshtwin {

class Network;

struct ProbeOptions {
  SocketAddress target;
  Duration interval = kSecond;
  std::uint32_t failures = 3;
};

class ReadinessProbe {
 public:
  using Changed = Function<void(bool ready)>;

  ReadinessProbe(Runtime& runtime, Network& network, const ProbeOptions& options, Changed changed);

  void start() { probe(); }
  bool ready() const { return ready_; }

 private:
  void probe();
  void on_result(bool success);

  Runtime& runtime_;
  Network& network_;
  const ProbeOptions options_;
  Changed changed_;
  bool ready_ = false;
  bool was_ready_ = false;
  std::uint32_t failed_ = 0;  // in a row
  Handle dial_;
  Timer timer_;
};

}  // namespace meshtwin
