#pragma once

// Pods of a run's own network, and plain blocking sockets in them: sockets in, verdicts out.

#include <memory>
#include <string>

#include "emu/link/fd.h"
#include "emu/run_network.h"
#include "mesh/base/socket_address.h"

namespace meshtwin {

class Pods {
 public:
  // One zone; pods by name ("a", "b", …) with their node and whether they are captured.
  struct Entry {
    std::uint32_t node;
    bool capture;
  };
  Pods(std::vector<Entry> pods, EbpfWanted ebpf);

  RunNetwork& network() { return *network_; }
  std::uint32_t ip(std::size_t pod) const { return (10U << 24) | (1U << 16) | (2 + static_cast<std::uint32_t>(pod)); }
  Fd listener(std::size_t pod, SocketAddress at);
  // Blocking, with a time limit on every call. `mark`: as a proxy's own.
  Fd dial(std::size_t pod, SocketAddress to, bool mark = false);
  // -1 and errno: refused.
  Fd try_dial(std::size_t pod, SocketAddress to, bool mark = false);
  // TCP segments with data that the pod's kernel has sent.
  std::int64_t segments(std::size_t pod) const;

 private:
  std::unique_ptr<RunNetwork> network_;
};

Fd accept_from(const Fd& listener);
void send_all(const Fd& fd, const std::string& data);
// Up to the end, or `size` bytes.
std::string receive(const Fd& fd, std::size_t size);
// `size` bytes of which every eight are different.
std::string numbered(std::size_t size);

// Empty, or why the tests cannot run here.
std::string cannot_test_ebpf();

}  // namespace meshtwin
