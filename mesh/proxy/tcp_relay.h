#pragma once

// Moves bytes between two connections, both ways, until both directions have ended or one is reset. What one side does
// not take yet is held, and the other is not read meanwhile: memory stays within one read. Half-close is passed on.

#include <array>
#include <memory>

#include "mesh/base/buffer.h"
#include "mesh/base/function.h"
#include "mesh/proxy/tcp_series.h"
#include "mesh/runtime/byte_stream.h"

namespace meshtwin {

class Cpu;

class TcpRelay {
 public:
  // `on_done` is called once, at the end, and may destroy the relay. `counted`: the bytes from `a` (received) and from
  // `b` (sent).
  TcpRelay(Cpu& cpu, std::unique_ptr<ByteStream> a, std::unique_ptr<ByteStream> b, Callback on_done,
           const TcpSeries& counted = {});

  std::size_t held() const { return ways_[0].held.size() + ways_[1].held.size(); }

 private:
  struct Way {
    std::unique_ptr<ByteStream> from;
    Buffer held;
    Counter* bytes = nullptr;  // null: not counted
    bool ended = false;        // the reader has seen the end
    bool closed = false;       // and it has been passed on
  };

  void read(int way);
  void on_event(int way, ReadEvent event, Buffer& data);
  void push(int way);
  void finish();
  Way& way(int i) { return ways_[static_cast<std::size_t>(i)]; }
  ByteStream& target(int i) { return *ways_[static_cast<std::size_t>(1 - i)].from; }

  Cpu& cpu_;
  std::array<Way, 2> ways_;
  Callback on_done_;
};

}  // namespace meshtwin
