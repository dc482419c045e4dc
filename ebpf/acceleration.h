#pragma once

// The shortcut between sockets of one pod or one node (acceleration.bpf.c). Lasts as long as this object; connections
// made before a pod was added stay with TCP.

#include <cstdint>

#include "ebpf/program_set.h"
#include "ebpf/wire.h"

namespace meshtwin {

class Acceleration {
 public:
  Acceleration();  // throws EbpfUnavailable

  // `node`: equal for pods of one node.
  void add_pod(std::uint64_t cookie, std::uint32_t ip, std::uint32_t node);
  // Nothing goes round a cut: its connections to other pods are left to TCP, for good.
  void cut(std::uint32_t ip);
  void restore(std::uint32_t ip, std::uint32_t node);

  // Since this object was made, on all processors.
  shortcut_counters counts(shortcut_kind kind) const;

 private:
  ProgramSet programs_;
};

}  // namespace meshtwin
