#include "emu/socket_stream.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <vector>

namespace meshtwin {

namespace {

constexpr std::size_t kBlock = 64 * 1024;
constexpr std::size_t kSlices = 16;  // of one system call

const std::array<char, kBlock> kZeros{};

// The front of `data`, as one write: at most kSlices slices, which `data` no longer holds.
struct Gathered {
  std::array<Buffer, kSlices> pieces;
  std::array<iovec, kSlices> vectors{};
  std::size_t count = 0;
  std::size_t bytes = 0;
};

iovec vector_of(const Buffer& piece) {
  if (piece.front_is_virtual()) return {const_cast<char*>(kZeros.data()), std::min(piece.front_size(), kBlock)};
  const std::string_view bytes = piece.front_bytes();
  return {const_cast<char*>(bytes.data()), bytes.size()};
}

void gather(Buffer& data, Gathered& into) {
  while (!data.empty() && into.count < kSlices) {
    const bool long_virtual = data.front_is_virtual() && data.front_size() > kBlock;
    Buffer& piece = into.pieces[into.count];
    piece = data.take(long_virtual ? kBlock : data.front_size());
    into.vectors[into.count++] = vector_of(piece);
    into.bytes += piece.size();
  }
}

// What was not written goes back to the front.
void put_back(Gathered& gathered, std::size_t written, Buffer& data) {
  Buffer rest;
  for (std::size_t i = 0; i < gathered.count; ++i) {
    Buffer& piece = gathered.pieces[i];
    const std::size_t gone = std::min(written, piece.size());
    written -= gone;
    piece.drop(gone);
    rest.append(std::move(piece));
  }
  rest.append(std::move(data));
  data = std::move(rest);
}

ssize_t send_one(int fd, Buffer& data) {
  const std::string_view bytes = data.front_bytes();
  const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  const int error = errno;
  if (n > 0) data.drop(static_cast<std::size_t>(n));
  errno = error;
  return n;
}

ssize_t send_some(int fd, Buffer& data) {
  if (!data.front_is_virtual() && data.front_size() == data.size()) return send_one(fd, data);
  Gathered gathered;
  gather(data, gathered);
  msghdr message{};
  message.msg_iov = gathered.vectors.data();
  message.msg_iovlen = gathered.count;
  const ssize_t n = ::sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  const int error = errno;
  const std::size_t written = n > 0 ? static_cast<std::size_t>(n) : 0;
  if (written < gathered.bytes) put_back(gathered, written, data);
  errno = error;
  return n;
}

bool would_block(int error) {
  return error == EAGAIN || error == EWOULDBLOCK;
}

}  // namespace

class SocketStream::Core : public std::enable_shared_from_this<Core> {
 public:
  Core(EventLoop& loop, Fd fd) : loop_(loop), watch_(loop, std::move(fd)) {}

  void write(Buffer& data) {
    while (!data.empty()) {
      if (closed_ || gone_ || write_shut_) return data.clear();
      const ssize_t n = send_some(watch_.fd(), data);
      if (n >= 0 || errno == EINTR) continue;
      if (would_block(errno)) return;
      // The failure has taken the socket's error with it, so the reader is told from here.
      gone_ = true;
      read_on();
    }
  }

  void on_read(ReadHandler handler) {
    ++handler_version_;
    const ReadHandler old = std::exchange(handler_, std::move(handler));
    read_on();
  }

  void on_writable(Callback then) {
    const bool waits = static_cast<bool>(writable_);
    writable_ = std::move(then);
    if (waits || closed_) return;
    if (gone_) {
      loop_.post([self = shared_from_this()] { self->call_writable(); });
    } else {
      watch_.when_writable([self = shared_from_this()] { self->call_writable(); });
    }
  }

  void shutdown_write() {
    if (closed_ || std::exchange(write_shut_, true)) return;
    ::shutdown(watch_.fd(), SHUT_WR);  // fails only on a connection that is gone, which the reader hears of
  }

  void abort() {
    if (closed_) return;
    const linger reset{1, 0};
    ::setsockopt(watch_.fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close();
  }

  void close() {
    if (std::exchange(closed_, true)) return;
    const std::shared_ptr<Core> keep = shared_from_this();
    const ReadHandler handler = std::exchange(handler_, nullptr);
    const Callback writable = std::exchange(writable_, nullptr);
    watch_.close();
  }

 private:
  // Waits for what the reader is to hear of next.
  void read_on() {
    if (closed_ || reset_told_ || !handler_) return;
    if (gone_) {
      loop_.post([self = shared_from_this()] { self->read(); });
    } else if (!ended_ && !std::exchange(waits_readable_, true)) {
      watch_.when_readable([self = shared_from_this()] {
        self->waits_readable_ = false;
        self->read();
      });
    } else if (ended_ && !std::exchange(waits_failed_, true)) {
      watch_.when_failed([self = shared_from_this()] { self->failed_after_end(); });
    }
  }

  void read() {
    if (closed_ || reset_told_ || !handler_) return;
    if (ended_) return tell(ReadEvent::reset, {});
    thread_local std::array<char, kBlock> block;
    const ssize_t n = ::recv(watch_.fd(), block.data(), block.size(), MSG_DONTWAIT);
    if (n > 0) {
      tell(ReadEvent::data, Buffer(std::string_view(block.data(), static_cast<std::size_t>(n))));
    } else if (n == 0 && !gone_) {
      ended_ = true;
      tell(ReadEvent::end, {});
    } else if (n < 0 && !gone_ && (would_block(errno) || errno == EINTR)) {
      read_on();
    } else {
      gone_ = true;
      tell(ReadEvent::reset, {});
    }
  }

  // Both directions have ended, or a reset has come: only the socket's error tells which.
  void failed_after_end() {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(watch_.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error == 0) return;
    gone_ = true;
    read();
  }

  void tell(ReadEvent event, Buffer data) {
    reset_told_ = event == ReadEvent::reset;
    const std::uint64_t version = handler_version_;
    ReadHandler handler = std::exchange(handler_, nullptr);
    handler(event, data);
    if (closed_) return;
    if (version == handler_version_) handler_ = std::move(handler);
    read_on();
  }

  void call_writable() {
    if (closed_ || !writable_) return;
    const auto then = std::make_unique<Callback>(std::exchange(writable_, nullptr));
    (*then)();
  }

  EventLoop& loop_;
  FdWatch watch_;
  ReadHandler handler_;
  Callback writable_;
  std::uint64_t handler_version_ = 0;
  bool waits_readable_ = false;
  bool waits_failed_ = false;
  bool write_shut_ = false;
  bool ended_ = false;  // the other side's direction
  bool gone_ = false;   // the connection
  bool reset_told_ = false;
  bool closed_ = false;
};

SocketStream::SocketStream(EventLoop& loop, Fd connected) : core_(std::make_shared<Core>(loop, std::move(connected))) {}
SocketStream::~SocketStream() {
  core_->close();
}
void SocketStream::write(Buffer& data) {
  core_->write(data);
}
void SocketStream::on_read(ReadHandler handler) {
  core_->on_read(std::move(handler));
}
void SocketStream::on_writable(Callback then) {
  core_->on_writable(std::move(then));
}
void SocketStream::shutdown_write() {
  core_->shutdown_write();
}
void SocketStream::abort() {
  core_->abort();
}

}  // namespace meshtwin
