#include "emu/socket_network.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstring>
#include <exception>

#include "emu/socket_options.h"
#include "emu/socket_stream.h"

namespace meshtwin {

namespace {

constexpr int kAcceptsAtOnce = 64;
constexpr Duration kPauseWithoutDescriptors = 10 * kMillisecond;

DialError dial_error(int error) {
  switch (error) {
    case ECONNREFUSED:
      return DialError::refused;
    case ETIMEDOUT:
      return DialError::timed_out;
    case ECONNRESET:
    case EPIPE:
      return DialError::reset;
    default:  // no route, no port left, no descriptor left
      return DialError::unreachable;
  }
}

// Whether the address was free.
bool bind_and_listen(int fd, SocketAddress at) {
  const int on = 1;
  checked(::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "set SO_REUSEADDR");
  const sockaddr_in address = to_sockaddr(at);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 && ::listen(fd, SOMAXCONN) == 0) {
    return true;
  }
  if (errno != EADDRINUSE) throw_errno("listen on " + to_string(at));
  return false;
}

// Work that was posted and does nothing once its handle is gone.
class Posted : public Activity {
 public:
  Posted(EventLoop& loop, Callback work) : work_(std::make_shared<Callback>(std::move(work))) {
    loop.post([weak = std::weak_ptr<Callback>(work_)] {
      const auto work = weak.lock();
      if (work != nullptr && *work) std::exchange(*work, nullptr)();
    });
  }

 private:
  std::shared_ptr<Callback> work_;
};

}  // namespace

class SocketNetwork::ListenerCore : public std::enable_shared_from_this<ListenerCore> {
 public:
  ListenerCore(SocketNetwork& network, Fd fd, AcceptHandler on_accept)
      : network_(network), watch_(network.loop_, std::move(fd)), on_accept_(std::move(on_accept)) {}

  void wait() {
    watch_.when_readable([self = shared_from_this()] { self->accept_some(); });
  }

  void close() {
    if (std::exchange(closed_, true)) return;
    const std::shared_ptr<ListenerCore> keep = shared_from_this();
    pause_.cancel();
    watch_.close();
    if (!accepting_) on_accept_ = nullptr;
  }

 private:
  void accept_some() {
    for (int i = 0; i < kAcceptsAtOnce && !closed_; ++i) {
      Fd fd(::accept4(watch_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!fd && (errno == EMFILE || errno == ENFILE)) return pause();
      if (!fd) break;
      hand_over(std::move(fd));
    }
    if (!closed_) wait();
  }

  void hand_over(Fd fd) {
    set_no_delay(fd.get());
    AcceptedStream accepted;
    accepted.peer = peer_address(fd.get());
    accepted.original_destination = original_destination(fd.get());
    accepted.stream = std::make_unique<SocketStream>(network_.loop_, std::move(fd));
    accepting_ = true;
    on_accept_(std::move(accepted));
    accepting_ = false;
    if (closed_) on_accept_ = nullptr;
  }

  void pause() {
    std::fprintf(stderr, "accept: %s; trying again\n", std::strerror(errno));
    pause_ = network_.clock_.after(kPauseWithoutDescriptors, [self = shared_from_this()] { self->wait(); });
  }

  SocketNetwork& network_;
  FdWatch watch_;
  AcceptHandler on_accept_;
  Timer pause_;
  bool accepting_ = false;
  bool closed_ = false;
};

class SocketNetwork::Listener : public Activity {
 public:
  explicit Listener(std::shared_ptr<ListenerCore> core) : core_(std::move(core)) {}
  ~Listener() override { core_->close(); }

 private:
  std::shared_ptr<ListenerCore> core_;
};

// A connection being made. The handle owns it; the answer is given once and may destroy the handle.
class SocketNetwork::Dial : public Activity {
 public:
  Dial(SocketNetwork& network, SocketAddress to, const DialOptions& options, DialHandler then)
      : network_(network), then_(std::move(then)) {
    Fd fd;
    const int error = begin(to, options, fd);
    if (error != 0 && error != EINPROGRESS) {
      failure_ = std::make_unique<Posted>(network.loop_, [this, error] { answer(nullptr, dial_error(error)); });
      return;
    }
    watch_ = FdWatch(network.loop_, std::move(fd));
    watch_.when_writable([this] { finish(); });
    if (options.timeout > 0) {
      limit_ = network.clock_.after(options.timeout, [this] { answer(nullptr, DialError::timed_out); });
    }
  }

 private:
  int begin(SocketAddress to, const DialOptions& options, Fd& fd) const {
    try {
      fd = network_.make_socket();
    } catch (const std::system_error& error) {
      std::fprintf(stderr, "dial %s: %s\n", to_string(to).c_str(), error.what());
      return error.code().value();
    }
    set_no_delay(fd.get());
    if (options.bypass_capture) set_bypass_mark(fd.get());
    const sockaddr_in address = to_sockaddr(to);
    return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
  }

  void finish() {
    int error = 0;
    socklen_t size = sizeof error;
    checked(::getsockopt(watch_.fd(), SOL_SOCKET, SO_ERROR, &error, &size), "read SO_ERROR");
    if (error != 0) return answer(nullptr, dial_error(error));
    answer(std::make_unique<SocketStream>(network_.loop_, watch_.take()), DialError::none);
  }

  void answer(std::unique_ptr<ByteStream> stream, DialError error) {
    limit_.cancel();
    watch_.close();
    DialHandler then = std::move(then_);
    then(std::move(stream), error);
  }

  SocketNetwork& network_;
  DialHandler then_;
  FdWatch watch_;
  Timer limit_;
  std::unique_ptr<Posted> failure_;
};

SocketNetwork::SocketNetwork(EventLoop& loop, Clock& clock, Hosts hosts)
    : loop_(loop), clock_(clock), hosts_(std::move(hosts)) {}
SocketNetwork::SocketNetwork(EventLoop& loop, Clock& clock, Hosts hosts, Fd net_namespace)
    : loop_(loop),
      clock_(clock),
      hosts_(std::move(hosts)),
      space_(std::move(net_namespace)),
      home_(checked(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC), "open the own network namespace")) {}
SocketNetwork::~SocketNetwork() = default;

// A socket belongs for good to the namespace it was made in.
Fd SocketNetwork::make_socket() const {
  if (!space_) return tcp_socket();
  checked(::setns(space_.get(), CLONE_NEWNET), "enter a pod's network namespace");
  Fd fd;
  std::exception_ptr failure;
  try {
    fd = tcp_socket();
  } catch (...) {
    failure = std::current_exception();
  }
  checked(::setns(home_.get(), CLONE_NEWNET), "return to the own network namespace");
  if (failure) std::rethrow_exception(failure);
  return fd;
}

Handle SocketNetwork::listen(SocketAddress at, AcceptHandler on_accept) {
  Fd fd = make_socket();
  if (!bind_and_listen(fd.get(), at)) return nullptr;
  auto core = std::make_shared<ListenerCore>(*this, std::move(fd), std::move(on_accept));
  core->wait();
  std::erase_if(listeners_, [](const auto& listener) { return listener.expired(); });
  listeners_.push_back(core);
  return std::make_unique<Listener>(std::move(core));
}

Handle SocketNetwork::dial(SocketAddress to, const DialOptions& options, DialHandler then) {
  return std::make_unique<Dial>(*this, to, options, std::move(then));
}

Handle SocketNetwork::resolve(std::string_view name, ResolveHandler then) {
  const auto found = hosts_.find(name);
  std::vector<std::uint32_t> ips = found == hosts_.end() ? std::vector<std::uint32_t>() : found->second;
  return std::make_unique<Posted>(loop_,
                                  [then = std::move(then), ips = std::move(ips)]() mutable { then(std::move(ips)); });
}

void SocketNetwork::stop_listening() {
  for (const auto& listener : listeners_) {
    if (const auto core = listener.lock()) core->close();
  }
  listeners_.clear();
}

}  // namespace meshtwin
