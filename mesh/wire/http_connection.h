#pragma once

// What the two sides of an HTTP/1.1 connection share: bytes in, bytes out, pausing, back-pressure, and doing later what
// must not be done inside a call from the engine.

#include <cstdint>
#include <memory>

#include "mesh/base/buffer.h"
#include "mesh/runtime/byte_stream.h"
#include "mesh/runtime/clock.h"
#include "mesh/runtime/cpu.h"
#include "mesh/runtime/runtime.h"
#include "mesh/wire/lifetime.h"
#include "mesh/wire/message_format.h"

namespace meshtwin {

class HttpConnection {
 protected:
  HttpConnection(Runtime& runtime, const MessageFormat& format, std::unique_ptr<ByteStream> stream);
  virtual ~HttpConnection() = default;

  // Bytes stand in input_, and the engine has not paused: deliver what can be.
  virtual void process() = 0;
  virtual void on_gone(bool reset) = 0;  // the peer's direction has ended, or the connection is reset
  virtual void on_drained() = 0;         // output_ has gone out after it had not
  virtual void on_finished() = 0;        // said by finish(): tells the owner
  virtual bool wants_input() const = 0;

  void flush();
  void run_process();  // process(), then regulate()
  void set_paused(bool paused);
  void regulate();  // reads from the stream, or not
  void soon();      // calls process() or on_finished(), outside whatever is running now
  void finish(Duration delay = 0);
  void abort_stream();

  void begin_body(Framing framing, std::int64_t length);
  void append_body(Buffer& data, bool end, std::unique_ptr<Headers> trailers = nullptr);
  void shut_after_output();  // our direction ends when what is written has gone out
  void charge(Operation operation, std::size_t bytes) {
    runtime_.cpu.charge(operation, static_cast<std::int64_t>(bytes));
  }

  Runtime& runtime_;
  const MessageFormat& format_;
  std::unique_ptr<ByteStream> stream_;
  Lifetime lifetime_;
  Buffer input_;
  Buffer output_;
  std::unique_ptr<Headers> held_trailers_;  // come, and to be delivered after what is before them
  Framing framing_ = Framing::none;
  bool paused_ = false;
  bool discards_ = false;  // input is of no interest any more
  bool finished_ = false;

 private:
  void on_stream(ReadEvent event, Buffer& data);

  bool processing_ = false;
  bool reading_ = false;
  bool waits_for_room_ = false;
  bool shuts_ = false;
  bool shut_ = false;
  bool scheduled_ = false;
  std::int64_t body_left_ = 0;
  Timer later_;
};

}  // namespace meshtwin
