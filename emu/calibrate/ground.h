#pragma once

// The pods that everything is measured in: two with capture, for a chain with sidecars, and two without in one zone,
// and one beyond a link. Made by a process that is there for nothing else: without privileges it becomes root of a user
// namespace of its own.

#include "emu/calibrate/chain_run.h"
#include "emu/calibrate/echo.h"
#include "emu/run_network.h"

namespace meshtwin {

class CalibrationGround {
 public:
  CalibrationGround();

  ChainPods chain(const ChainShape& shape) const;
  int client() const { return chain({}).client; }
  int server() const { return chain({}).server; }
  const RunNetwork& network() const { return network_; }
  Way loopback() const;  // as an application's dial that capture redirects to its sidecar
  Way local() const;     // as one sidecar's to another
  Way linked() const;    // likewise, to the pod beyond the link

 private:
  RunNetwork network_;
};

}  // namespace meshtwin
