#pragma once

// The pods that everything is measured in: the chain's two in one zone, with capture, and one beyond a link. Made by a
// process that is there for nothing else: without privileges it becomes root of a user namespace of its own.

#include "emu/calibrate/echo.h"
#include "emu/run_network.h"

namespace meshtwin {

class CalibrationGround {
 public:
  CalibrationGround();

  int client() const { return network_.pod_namespace(0); }
  int server() const { return network_.pod_namespace(1); }
  int plain_client() const { return network_.pod_namespace(3); }  // without capture
  int plain_server() const { return network_.pod_namespace(4); }
  const RunNetwork& network() const { return network_; }
  Way loopback() const;  // as an application's dial that capture redirects to its sidecar
  Way local() const;     // as one sidecar's to another
  Way linked() const;    // likewise, to the pod beyond the link

 private:
  RunNetwork network_;
};

}  // namespace meshtwin
