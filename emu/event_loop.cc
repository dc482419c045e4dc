#include "emu/event_loop.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace meshtwin {
namespace {

constexpr int kEventsAtOnce = 64;
constexpr std::uint32_t kFailures = EPOLLERR | EPOLLHUP;

// Where the handler of a signal writes its number; 0: nobody watches it.
std::array<std::atomic<int>, NSIG> signal_pipes;

void note_signal(int signal) {
  const int error = errno;
  const int pipe = signal_pipes[static_cast<std::size_t>(signal)];
  const auto number = static_cast<char>(signal);
  if (pipe > 0) [[maybe_unused]]
    const ssize_t n = ::write(pipe, &number, 1);
  errno = error;
}

}  // namespace

// Level-triggered, and an interest stays armed until an event comes that nobody waits for: whoever waits again for the
// same after each event, as readers do, costs no system call for it.
struct EventLoop::State {
  State()
      : epoll(checked(::epoll_create1(EPOLL_CLOEXEC), "make an epoll")),
        wake(checked(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "make an eventfd")) {
    epoll_event event{};
    event.events = EPOLLIN;
    checked(::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wake.get(), &event), "watch an eventfd");
  }

  void run_posted();
  bool anything_posted();
  void wait(bool block);

  Fd epoll;
  Fd wake;
  std::mutex mutex;  // of the two below
  std::vector<Callback> posted;
  bool woken = false;
  std::vector<Callback> due;                            // taken from `posted`, the next one last
  std::vector<std::shared_ptr<FdWatch::State>> closed;  // while events may still name them
  std::atomic<bool> stopped = false;
  std::atomic<std::thread::id> runner = std::this_thread::get_id();
};

struct FdWatch::State : std::enable_shared_from_this<FdWatch::State> {
  State(EventLoop::State& of, Fd watched) : loop(of), fd(std::move(watched)) {}

  void wait(std::uint32_t what, Callback State::*slot, Callback then) {
    assert(!(this->*slot));
    this->*slot = std::move(then);
    if (registered && (armed & what) == what) return;
    arm(armed | what);
  }

  void arm(std::uint32_t events) {
    epoll_event event{};
    event.events = armed = events;
    event.data.ptr = this;
    checked(::epoll_ctl(loop.epoll.get(), registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd.get(), &event),
            "watch a descriptor");
    registered = true;
  }

  void disarm() {
    if (!std::exchange(registered, false)) return;
    ::epoll_ctl(loop.epoll.get(), EPOLL_CTL_DEL, fd.get(), nullptr);
    armed = 0;
  }

  // A failed descriptor tells whoever waits: the next call on it says what is wrong.
  void on_events(std::uint32_t events) {
    const std::shared_ptr<State> keep = shared_from_this();
    const bool failure = (events & kFailures) != 0;
    bool heard = failure && call(&State::failed);
    if (failure || (events & EPOLLOUT) != 0) heard = call(&State::writable) || heard;
    if (failure || (events & EPOLLIN) != 0) heard = call(&State::readable) || heard;
    if (is_closed) return;
    const std::uint32_t wanted = (readable ? std::uint32_t{EPOLLIN} : 0) | (writable ? std::uint32_t{EPOLLOUT} : 0);
    if (failure && !heard && wanted == 0 && !failed) {
      disarm();  // it would be reported for ever
    } else if ((events & armed & ~wanted) != 0 && !(heard && (events & armed & ~wanted) == EPOLLIN)) {
      arm(armed & (wanted | ~events));
    }
  }

  bool call(Callback State::*slot) {
    if (is_closed || loop.stopped || !(this->*slot)) return false;
    const Callback callback = std::exchange(this->*slot, nullptr);
    const_cast<Callback&>(callback)();
    return true;
  }

  EventLoop::State& loop;
  Fd fd;
  Callback readable;
  Callback writable;
  Callback failed;
  std::uint32_t armed = 0;
  bool registered = false;
  bool is_closed = false;
};

void EventLoop::State::run_posted() {
  if (due.empty()) {
    const std::lock_guard lock(mutex);
    due.swap(posted);
    std::reverse(due.begin(), due.end());
  }
  while (!due.empty() && !stopped) {
    Callback work = std::move(due.back());
    due.pop_back();
    work();
  }
}

bool EventLoop::State::anything_posted() {
  const std::lock_guard lock(mutex);
  return !posted.empty();
}

void EventLoop::State::wait(bool block) {
  std::array<epoll_event, kEventsAtOnce> events;
  const int count = ::epoll_wait(epoll.get(), events.data(), kEventsAtOnce, block ? -1 : 0);
  if (count < 0 && errno != EINTR) throw_errno("wait for events");
  for (int i = 0; i < count && !stopped; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.ptr != nullptr) {
      static_cast<FdWatch::State*>(event.data.ptr)->on_events(event.events);
      continue;
    }
    const std::lock_guard lock(mutex);
    std::uint64_t times = 0;
    [[maybe_unused]] const ssize_t n = ::read(wake.get(), &times, sizeof times);
    woken = false;
  }
  closed.clear();
}

EventLoop::EventLoop() : state_(std::make_unique<State>()) {}
EventLoop::~EventLoop() = default;

void EventLoop::run() {
  state_->stopped = false;
  state_->runner = std::this_thread::get_id();
  while (!state_->stopped) {
    state_->run_posted();
    if (!state_->stopped) state_->wait(!state_->anything_posted());
  }
}

void EventLoop::stop() {
  state_->stopped = true;
}

void EventLoop::post(Callback work) {
  const std::lock_guard lock(state_->mutex);
  state_->posted.push_back(std::move(work));
  // The runner looks before it sleeps.
  if (state_->runner.load() == std::this_thread::get_id() || std::exchange(state_->woken, true)) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(state_->wake.get(), &one, sizeof one);
}

FdWatch::FdWatch(EventLoop& loop, Fd fd) : state_(std::make_shared<State>(*loop.state_, std::move(fd))) {}

FdWatch& FdWatch::operator=(FdWatch&& other) noexcept {
  close();
  state_ = std::move(other.state_);
  return *this;
}

int FdWatch::fd() const {
  return state_->fd.get();
}
void FdWatch::when_readable(Callback then) {
  state_->wait(EPOLLIN, &State::readable, std::move(then));
}
void FdWatch::when_writable(Callback then) {
  state_->wait(EPOLLOUT, &State::writable, std::move(then));
}
void FdWatch::when_failed(Callback then) {
  state_->wait(0, &State::failed, std::move(then));
}

Fd FdWatch::take() {
  if (state_ == nullptr) return Fd();
  const std::shared_ptr<State> state = std::move(state_);
  state->disarm();
  state->is_closed = true;
  state->loop.closed.push_back(state);
  // What the callbacks own goes after the descriptor: it may own this watch.
  const Callback readable = std::exchange(state->readable, nullptr);
  const Callback writable = std::exchange(state->writable, nullptr);
  const Callback failed = std::exchange(state->failed, nullptr);
  return std::move(state->fd);
}

struct SignalWatch::State {
  State(EventLoop& loop, Fd in, Fd out, Function<void(int)> callback)
      : reading(loop, std::move(in)), writing(std::move(out)), then(std::move(callback)) {}

  // The callback may destroy the watch.
  void wait(const std::shared_ptr<State>& self) {
    reading.when_readable([weak = std::weak_ptr<State>(self)] {
      const std::shared_ptr<State> state = weak.lock();
      if (state == nullptr) return;
      char number = 0;
      if (::read(state->reading.fd(), &number, 1) == 1) state->then(number);
      if (state->reading.is_open()) state->wait(state);
    });
  }

  FdWatch reading;
  Fd writing;
  Function<void(int)> then;
  std::vector<int> signals;
};

SignalWatch::SignalWatch(EventLoop& loop, std::initializer_list<int> signals, Function<void(int signal)> then) {
  int ends[2];
  checked(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), "make a pipe for signals");
  state_ = std::make_shared<State>(loop, Fd(ends[0]), Fd(ends[1]), std::move(then));
  state_->signals = signals;
  for (const int signal : signals) {
    signal_pipes[static_cast<std::size_t>(signal)] = state_->writing.get();
    struct sigaction action {};
    action.sa_handler = note_signal;
    action.sa_flags = SA_RESTART;
    checked(::sigaction(signal, &action, nullptr), "watch a signal");
  }
  state_->wait(state_);
}

SignalWatch::~SignalWatch() {
  for (const int signal : state_->signals) {
    std::signal(signal, SIG_DFL);
    signal_pipes[static_cast<std::size_t>(signal)] = 0;
  }
  state_->reading.close();
}

}  // namespace meshtwin
