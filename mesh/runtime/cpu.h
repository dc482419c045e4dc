#pragma once

// The processor as a role sees it. `charge` says what the role has just done: in the simulator it advances the role's
// CPU cursor (`now` returns the cursor, later writes leave at it, callbacks wait for it); in the emulator it costs
// nothing, the real cost was paid already. `burn` keeps a core busy for a time, beside the role's own event loop, and
// calls back.

#include <cstdint>

#include "mesh/base/function.h"
#include "mesh/base/handle.h"
#include "mesh/base/time.h"
#include "mesh/runtime/operation.h"

namespace meshtwin {

class Cpu {
 public:
  virtual ~Cpu() = default;
  virtual void charge(Operation operation, std::int64_t amount) = 0;
  // Destroying the handle abandons the work; `done` is then not called.
  virtual Handle burn(Duration work, Callback done) = 0;
};

}  // namespace meshtwin
