#pragma once

// The event loop of one process of the emulator: descriptors, posted work, signals. One thread runs it. Straight on
// epoll: Boost.Asio re-arms a descriptor by a system call for every wait, so one more for every read of a proxy.

#include <initializer_list>
#include <memory>

#include "emu/link/fd.h"
#include "mesh/base/function.h"

namespace meshtwin {

class EventLoop {
 public:
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  void run();                // until `stop`; an exception of a callback comes out here
  void stop();               // callbacks that are due already may still be left undone; run() again does them
  void post(Callback work);  // from any thread; never runs inside the call

 private:
  friend class FdWatch;
  friend class SignalWatch;
  struct State;
  std::unique_ptr<State> state_;
};

// A descriptor and what is waited for on it. Each call waits for one event; after the watch is closed or destroyed
// (also from inside its own callback) none is called.
class FdWatch {
 public:
  FdWatch() = default;
  FdWatch(EventLoop& loop, Fd fd);
  FdWatch(FdWatch&&) noexcept = default;
  FdWatch& operator=(FdWatch&& other) noexcept;
  ~FdWatch() { close(); }

  int fd() const;
  bool is_open() const { return state_ != nullptr; }
  void when_readable(Callback then);  // at once when it is readable already
  void when_writable(Callback then);
  void when_failed(Callback then);  // an error or a hang-up of both directions
  void close() { take(); }
  Fd take();  // closes the watch, not the descriptor

 private:
  friend class EventLoop;
  struct State;
  std::shared_ptr<State> state_;
};

// Calls back on each of the signals while it lives; afterwards they have their default effect.
class SignalWatch {
 public:
  SignalWatch(EventLoop& loop, std::initializer_list<int> signals, Function<void(int signal)> then);
  ~SignalWatch();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace meshtwin
