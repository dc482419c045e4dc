#pragma once

// What eBPF does in the pods of a run: capture, acceleration, or both. Gone with this object, and with its process.

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "ebpf/acceleration.h"
#include "ebpf/ebpf_capture.h"
#include "mesh/telemetry/run_report.h"

namespace meshtwin {

class EbpfNetwork {
 public:
  EbpfNetwork(bool capture, bool accelerate);  // throws EbpfUnavailable

  bool captures() const { return capture_.has_value(); }
  // In the pod's namespace, before anything listens there. `node`: equal for pods of one node.
  void add_pod(int netns_fd, std::uint32_t ip, std::uint32_t node, bool capture);
  void cut(std::uint32_t ip, std::uint32_t node, bool cut);
  std::map<std::string, ShortcutUsage> shortcuts() const;  // RunReport's

 private:
  std::optional<EbpfCapture> capture_;
  std::optional<Acceleration> acceleration_;
};

}  // namespace meshtwin
