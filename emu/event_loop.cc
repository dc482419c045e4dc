#include "emu/event_loop.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <cassert>

namespace meshtwin {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;
using Descriptor = asio::posix::stream_descriptor;

struct EventLoop::State {
  asio::io_context io{1};
};

EventLoop::EventLoop() : state_(std::make_unique<State>()) {}
EventLoop::~EventLoop() = default;

void EventLoop::run() {
  const auto keep_running = asio::make_work_guard(state_->io);
  state_->io.restart();
  state_->io.run();
}

void EventLoop::stop() {
  state_->io.stop();
}

void EventLoop::post(Callback work) {
  asio::post(state_->io, [work = std::move(work)]() mutable { work(); });
}

struct FdWatch::State : std::enable_shared_from_this<FdWatch::State> {
  State(asio::io_context& io, Fd fd) : descriptor(io, fd.get()) { fd.release(); }

  void wait(Descriptor::wait_type what, Callback State::*slot, Callback then) {
    assert(!(this->*slot));
    this->*slot = std::move(then);
    descriptor.async_wait(what, [self = shared_from_this(), slot](const ErrorCode& error) {
      if (self->closed || error == asio::error::operation_aborted) return;
      // A failed wait tells the caller too: its next call on the descriptor says what is wrong.
      Callback callback = std::exchange((*self).*slot, nullptr);
      callback();
    });
  }

  Descriptor descriptor;
  Callback readable;
  Callback writable;
  Callback failed;
  bool closed = false;
};

FdWatch::FdWatch(EventLoop& loop, Fd fd) : state_(std::make_shared<State>(loop.state_->io, std::move(fd))) {}

FdWatch& FdWatch::operator=(FdWatch&& other) noexcept {
  close();
  state_ = std::move(other.state_);
  return *this;
}

int FdWatch::fd() const {
  return state_->descriptor.native_handle();
}
void FdWatch::when_readable(Callback then) {
  state_->wait(Descriptor::wait_read, &State::readable, std::move(then));
}
void FdWatch::when_writable(Callback then) {
  state_->wait(Descriptor::wait_write, &State::writable, std::move(then));
}
void FdWatch::when_failed(Callback then) {
  state_->wait(Descriptor::wait_error, &State::failed, std::move(then));
}

Fd FdWatch::take() {
  if (state_ == nullptr) return Fd();
  const std::shared_ptr<State> state = std::move(state_);
  state->closed = true;
  // What the callbacks own goes after the descriptor: it may own this watch.
  const Callback readable = std::exchange(state->readable, nullptr);
  const Callback writable = std::exchange(state->writable, nullptr);
  const Callback failed = std::exchange(state->failed, nullptr);
  return Fd(state->descriptor.release());
}

struct SignalWatch::State : std::enable_shared_from_this<SignalWatch::State> {
  State(asio::io_context& io, Function<void(int)> callback) : set(io), then(std::move(callback)) {}

  void wait() {
    set.async_wait([self = shared_from_this()](const ErrorCode& error, int signal) {
      if (error || self->closed) return;
      self->wait();
      self->then(signal);
    });
  }

  asio::signal_set set;
  Function<void(int)> then;
  bool closed = false;
};

SignalWatch::SignalWatch(EventLoop& loop, std::initializer_list<int> signals, Function<void(int signal)> then)
    : state_(std::make_shared<State>(loop.state_->io, std::move(then))) {
  for (const int signal : signals) state_->set.add(signal);
  state_->wait();
}

SignalWatch::~SignalWatch() {
  state_->closed = true;
  state_->set.clear();
  state_->set.cancel();
}

}  // namespace meshtwin
