#pragma once

// Messages over a Unix stream socket between the conductor and one role: a length, a type, the content. Sending never
// blocks: what the socket does not take waits in memory.

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "emu/event_loop.h"
#include "mesh/base/function.h"

namespace meshtwin {

struct FrameError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A frame: four bytes of length of what follows, one of type, the content. Little-endian.
inline constexpr std::size_t kFrameLimit = std::size_t{256} << 20;
void append_frame(std::string& out, std::uint8_t type, std::string_view content);

// Cuts a stream of bytes into frames.
class FrameCutter {
 public:
  using Handler = Function<void(std::uint8_t type, std::string_view content)>;

  // Throws FrameError on a length that is zero or above the limit; the stream is then of no more use.
  void feed(std::string_view bytes, Handler& on_frame);

 private:
  std::string pending_;
};

class FrameChannel {
 public:
  // `on_closed` is called once, with the reason; empty: the other side has closed. No callback follows destruction,
  // which may happen inside `on_closed`, not inside `on_frame`.
  FrameChannel(EventLoop& loop, Fd socket, FrameCutter::Handler on_frame, Function<void(std::string why)> on_closed);

  void send(std::uint8_t type, std::string_view content);
  bool has_unsent() const { return sent_ < unsent_.size(); }
  // Handles what has arrived already, without waiting.
  void drain();

 private:
  void wait();
  bool read_some();
  void write_some();
  void close(std::string why);

  FdWatch watch_;
  FrameCutter::Handler on_frame_;
  Function<void(std::string why)> on_closed_;
  FrameCutter reader_;
  std::string unsent_;
  std::size_t sent_ = 0;
  bool waits_writable_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

 public:
  ~FrameChannel() { *alive_ = false; }
};

}  // namespace meshtwin
