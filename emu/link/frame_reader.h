#pragma once

// Reads frames, several a system call, from the packet sockets of link ends. Each comes with the instant the kernel put
// it on the wire end, on CLOCK_MONOTONIC: how late this process woke up to read it does not count.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "emu/link/segment.h"
#include "mesh/base/time.h"

namespace meshtwin {

class FrameReader {
 public:
  static constexpr std::size_t kBatch = 16;

  FrameReader();
  ~FrameReader();

  struct Frame {
    Time at = 0;
    VirtioHeader header;
    std::span<const std::uint8_t> bytes;  // until the next read
  };
  // The frames there are, at most kBatch; empty when there are none.
  std::span<const Frame> read(int fd);

 private:
  struct Buffers;
  std::unique_ptr<Buffers> buffers_;
};

}  // namespace meshtwin
