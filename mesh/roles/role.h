#pragma once

// A part of the mesh that a world runs: a sidecar, a workload, a load generator, the control plane. Built from its
// configuration and what its world gives it; it cannot tell which world that is.

#include <memory>

#include "mesh/base/function.h"
#include "mesh/roles/plan.h"

namespace meshtwin {

class Network;
class Recorder;
struct Runtime;

class Role {
 public:
  virtual ~Role() = default;
  // Listens, connects, and says once that it is ready for load. A run begins when every role has.
  virtual void start(Callback on_ready) = 0;
  // The run's time zero has been set (to now or a little later). A role that ends by itself (a load generator) says when.
  virtual void begin(Callback /*on_finished*/) {}
  // The faults a workload puts on; others have none.
  virtual void slow(double /*factor*/) {}
  virtual void fail(double /*share*/) {}
};

struct RoleSurroundings {
  Runtime& runtime;
  Network& network;
  Recorder& recorder;
  Wire wire = Wire::real;
  std::uint32_t pod = 0;  // its place in the Plan's pods
  // Address -> place in the Plan's pods, for attempts made without a sidecar.
  const std::map<std::uint32_t, std::uint32_t>& pod_of_ip;
};

// Null never; aborts on a configuration that was not validated.
std::unique_ptr<Role> make_role(const RoleConfig& config, const RoleSurroundings& surroundings);

}  // namespace meshtwin
