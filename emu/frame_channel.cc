#include "emu/frame_channel.h"

#include <sys/socket.h>

#include <array>
#include <cstring>

namespace meshtwin {

namespace {

constexpr std::size_t kHead = 5;

std::uint32_t read_length(std::string_view bytes) {
  std::uint32_t length = 0;
  for (int i = 3; i >= 0; --i) length = length << 8 | static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
  return length;
}

}  // namespace

void append_frame(std::string& out, std::uint8_t type, std::string_view content) {
  const auto length = static_cast<std::uint32_t>(content.size() + 1);
  for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<char>(length >> shift));
  out.push_back(static_cast<char>(type));
  out.append(content);
}

void FrameCutter::feed(std::string_view bytes, Handler& on_frame) {
  pending_.append(bytes);
  std::string_view rest = pending_;
  while (rest.size() >= kHead) {
    const std::size_t length = read_length(rest);
    if (length == 0 || length > kFrameLimit) throw FrameError("a frame of " + std::to_string(length) + " bytes");
    if (rest.size() < 4 + length) break;
    on_frame(static_cast<std::uint8_t>(rest[4]), rest.substr(kHead, length - 1));
    rest.remove_prefix(4 + length);
  }
  pending_.erase(0, pending_.size() - rest.size());
}

FrameChannel::FrameChannel(EventLoop& loop, Fd socket, FrameCutter::Handler on_frame,
                           Function<void(std::string why)> on_closed)
    : watch_(loop, std::move(socket)), on_frame_(std::move(on_frame)), on_closed_(std::move(on_closed)) {
  wait();
}

void FrameChannel::wait() {
  watch_.when_readable([this] {
    const auto alive = alive_;
    read_some();
    if (*alive && watch_.is_open()) wait();
  });
}

void FrameChannel::drain() {
  const auto alive = alive_;
  while (*alive && watch_.is_open() && read_some()) {
  }
}

// Whether there may be more.
bool FrameChannel::read_some() {
  thread_local std::array<char, 64 * 1024> block;
  const ssize_t n = ::recv(watch_.fd(), block.data(), block.size(), MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (n <= 0) {
    close(n == 0 || errno == ECONNRESET ? "" : std::strerror(errno));
    return false;
  }
  const auto alive = alive_;
  try {
    reader_.feed(std::string_view(block.data(), static_cast<std::size_t>(n)), on_frame_);
  } catch (const FrameError& error) {
    if (*alive) close(error.what());
    return false;
  }
  return true;
}

void FrameChannel::send(std::uint8_t type, std::string_view content) {
  if (!watch_.is_open()) return;
  append_frame(unsent_, type, content);
  if (!waits_writable_) write_some();
}

void FrameChannel::write_some() {
  while (sent_ < unsent_.size()) {
    const ssize_t n = ::send(watch_.fd(), unsent_.data() + sent_, unsent_.size() - sent_, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) {
      waits_writable_ = true;
      watch_.when_writable([this] {
        waits_writable_ = false;
        write_some();
      });
      return;
    }
    if (n < 0) break;  // the other side is gone: reading says so
    sent_ += static_cast<std::size_t>(n);
  }
  unsent_.clear();
  sent_ = 0;
}

void FrameChannel::close(std::string why) {
  watch_.close();
  auto on_closed = std::exchange(on_closed_, nullptr);
  if (on_closed) on_closed(std::move(why));
}

}  // namespace meshtwin
