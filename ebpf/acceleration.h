#pragma once

// The shortcut between sockets of one pod or one node (acceleration.bpf.c). Lasts as long as this object; connections
// made before a pod was added stay with TCP.

#include <cstdint>

#include "ebpf/program_set.h"

namespace meshtwin {

struct ShortcutCounts {
  std::uint64_t sockets = 0;  // that could be reached by it
  std::uint64_t redirected_messages = 0;
  std::uint64_t redirected_bytes = 0;
  std::uint64_t passed_messages = 0;  // of those sockets, that went by TCP
  std::uint64_t passed_bytes = 0;
  std::uint64_t fallen_back = 0;  // directions of connections that were left to TCP for good
};

struct AccelerationCounts {
  ShortcutCounts in_pod;
  ShortcutCounts on_node;
};

class Acceleration {
 public:
  Acceleration();  // throws EbpfUnavailable

  // `node`: equal for pods of one node.
  void add_pod(std::uint64_t cookie, std::uint32_t ip, std::uint32_t node);
  // Nothing goes round a cut: its connections to other pods are left to TCP, for good.
  void cut(std::uint32_t ip);
  void restore(std::uint32_t ip, std::uint32_t node);

  AccelerationCounts counts() const;

 private:
  ProgramSet programs_;
};

}  // namespace meshtwin
