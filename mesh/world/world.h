#pragma once

// What the conductor may do to a world while a run goes on: the upper seam. `sim` and `emu` implement it; roles never
// see it. Pods and links are named by their place in the Plan the world was built from.

#include <cstdint>
#include <stdexcept>
#include <string>

#include "mesh/base/function.h"
#include "mesh/base/time.h"
#include "mesh/resource/document_text.h"
#include "mesh/telemetry/run_report.h"
#include "mesh/world/link_shape.h"

namespace meshtwin {

class Clock;

enum class Kill {
  pod,    // every process of the pod; its namespace stays, so that peers are refused
  app,    // the application alone
  proxy,  // what its traffic goes through: its sidecar, or its node's ztunnel with all that it carries
};

class Pods {
 public:
  virtual ~Pods() = default;
  virtual void start(std::size_t pod) = 0;  // whatever of its processes, and of its proxy, is not running
  virtual void stop(std::size_t pod) = 0;   // asks, lets requests under way end, then kills
  virtual void kill(std::size_t pod, Kill what) = 0;
  virtual void slow(std::size_t pod,
                    double factor) = 0;                  // multiplies the application's compute times; 1: as configured
  virtual void fail(std::size_t pod, double share) = 0;  // this share of the application's answers is a 503; 0: none
  // Of the control plane's pod: documents applied or deleted, as its API server would tell it.
  virtual void configure(std::size_t pod, const ConfigChange& change) = 0;
};

class Links {
 public:
  virtual ~Links() = default;
  virtual void shape(std::size_t link, const LinkShape& shape) = 0;
  virtual void cut_link(std::size_t link) = 0;  // everything on it is lost, both ways
  virtual void restore_link(std::size_t link) = 0;
  virtual void cut_pod(std::size_t pod) = 0;  // likewise all that leaves or reaches the pod: a black hole
  virtual void restore_pod(std::size_t pod) = 0;
};

class World {
 public:
  virtual ~World() = default;
  virtual Clock& clock() = 0;
  virtual Pods& pods() = 0;
  virtual Links& links() = 0;
  // Starts every role, sets time zero when all are ready, calls `began`, runs until every load generator has finished
  // or the plan's duration and grace are over, ends every role. Throws WorldError when the world cannot be set up.
  virtual RunReport run(Callback began) = 0;
};

class WorldError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace meshtwin
