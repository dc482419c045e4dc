#pragma once

// Redirection of pods' TCP to their proxies by eBPF, the same as the nftables rules do: what the application dials goes
// to the outbound port, what comes from outside goes to the inbound port, what carries the proxy's mark or stays on the
// loopback passes. Lasts as long as this object.

#include <cstdint>

#include "ebpf/program_set.h"

namespace meshtwin {

class EbpfCapture {
 public:
  EbpfCapture();  // throws EbpfUnavailable

  // Before anything listens there.
  void add_pod(int netns_fd, std::uint64_t cookie, std::uint32_t ip);

 private:
  ProgramSet programs_;
};

}  // namespace meshtwin
