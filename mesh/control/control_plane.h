#pragma once

// The control plane: accepts the proxies' streams, learns from them which pods are ready, and keeps every proxy's
// configuration up to date. A change of a pod reaches the proxies as one new endpoint assignment of its service,
// together with whatever else changed within a moment.
//
// When it starts it knows of no pod, and endpoints sent then would name only the first that reported: it withholds
// them until every declared pod of a service has reported, or its patience is over. A proxy that starts is so synced
// with all its endpoints at once, and one that reconnects to a restarted control plane keeps those it had.

#include <memory>

#include "mesh/control/control_plane_config.h"
#include "mesh/runtime/role.h"

namespace meshtwin {

class ControlPlane : public Role {
 public:
  ControlPlane(ControlPlaneConfig config, const RoleSurroundings& surroundings);
  ~ControlPlane() override;

  // Ready as soon as it listens. Throws std::runtime_error when its port is taken.
  void start(Callback on_ready) override;
  void begin(Callback on_finished) override;
  void report() override;
  // Documents are read whole before any of them counts: a change with a mistake in it is recorded as refused, and
  // leaves everything as it was.
  void configure(const ConfigChange& change) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace meshtwin
