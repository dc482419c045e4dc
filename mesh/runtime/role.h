#pragma once

// A part of the mesh that a world runs: a sidecar, a workload, a load generator, the control plane. Built from its
// configuration and what its world gives it; it cannot tell which world that is.

#include <cstdint>
#include <map>

#include "mesh/base/function.h"

namespace meshtwin {

class Network;
class Recorder;
struct ConfigChange;
struct Runtime;

class Role {
 public:
  virtual ~Role() = default;
  // Listens, connects, and says once that it is ready for load. A run begins when every role has.
  virtual void start(Callback on_ready) = 0;
  // The run's time zero has been set (to now or a little later). A role that ends by itself (a load generator) says
  // when.
  virtual void begin(Callback /*on_finished*/) {}
  // The run is over: what it still holds for the recorder goes there. It may live on.
  virtual void report() {}
  // The faults a workload puts on; others have none.
  virtual void slow(double /*factor*/) {}
  virtual void fail(double /*share*/) {}
  // Documents applied or deleted while it runs; only a control plane does anything with them.
  virtual void configure(const ConfigChange& /*change*/) {}
};

// Which codecs a role speaks: message objects, or their bytes.
enum class Wire { modelled, real };

struct RoleSurroundings {
  Runtime& runtime;
  Network& network;
  Recorder& recorder;
  Wire wire = Wire::real;
  std::uint32_t pod = 0;  // its place in the Plan's pods
  // Address -> place in the Plan's pods, for the records of attempts.
  const std::map<std::uint32_t, std::uint32_t>& pod_of_ip;
  // The networks of the other pods it reaches into (RolePlan::reaches), by place in the Plan's pods.
  std::map<std::uint32_t, Network*> pod_networks = {};
};

}  // namespace meshtwin
