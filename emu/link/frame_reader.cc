#include "emu/link/frame_reader.h"

#include <sys/socket.h>

#include <array>

#include "emu/link/fd.h"
#include "emu/link/kernel_time.h"

namespace meshtwin {

struct FrameReader::Buffers {
  struct Slot {
    VirtioHeader header;
    std::array<std::uint8_t, kLargestFrame> bytes;
    alignas(cmsghdr) std::array<char, 64> control;
    std::array<iovec, 2> parts;
  };
  std::array<Slot, kBatch> slots;
  std::array<mmsghdr, kBatch> messages;
  std::array<Frame, kBatch> frames;
};

FrameReader::FrameReader() : buffers_(std::make_unique<Buffers>()) {
  for (Buffers::Slot& slot : buffers_->slots) {
    slot.parts = {iovec{&slot.header, sizeof slot.header}, iovec{slot.bytes.data(), slot.bytes.size()}};
  }
}

FrameReader::~FrameReader() = default;

std::span<const FrameReader::Frame> FrameReader::read(int fd) {
  for (std::size_t i = 0; i < kBatch; ++i) {
    Buffers::Slot& slot = buffers_->slots[i];
    msghdr message{};
    message.msg_iov = slot.parts.data();
    message.msg_iovlen = slot.parts.size();
    message.msg_control = slot.control.data();
    message.msg_controllen = slot.control.size();
    buffers_->messages[i] = {message, 0};
  }
  const int got = recvmmsg(fd, buffers_->messages.data(), kBatch, MSG_DONTWAIT, nullptr);
  if (got < 0) {
    // An interface that went down says so once, and comes back or does not.
    if (errno == EAGAIN || errno == EINTR || errno == ENETDOWN) return {};
    throw_errno("read a link end");
  }
  const Duration offset = real_time_offset();
  const Time now = monotonic_now();
  std::size_t count = 0;
  for (int i = 0; i < got; ++i) {
    mmsghdr& message = buffers_->messages[static_cast<std::size_t>(i)];
    const Buffers::Slot& slot = buffers_->slots[static_cast<std::size_t>(i)];
    if (message.msg_len <= sizeof slot.header || (message.msg_hdr.msg_flags & MSG_TRUNC) != 0) continue;
    buffers_->frames[count++] = {arrival_instant(message.msg_hdr, now, offset),
                                 slot.header,
                                 {slot.bytes.data(), message.msg_len - sizeof slot.header}};
  }
  return {buffers_->frames.data(), count};
}

}  // namespace meshtwin
