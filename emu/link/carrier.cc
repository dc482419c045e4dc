#include "emu/link/carrier.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>

#include "emu/link/fd.h"
#include "emu/link/frame_reader.h"
#include "emu/link/kernel_time.h"

namespace meshtwin {
namespace {

constexpr std::size_t kWriteBatch = 8;
constexpr std::uint32_t kSmallFrame = 2048;
constexpr std::size_t kMostQueuedBytes = std::size_t{512} << 20;  // of one direction, whatever its delay

}  // namespace

Carrier::Carrier(std::string name, int from_fd, int to_fd, const LinkShape& shape, const RandomStream& stream)
    : name_(std::move(name)), from_fd_(from_fd), to_fd_(to_fd), direction_(shape, stream) {}

void Carrier::cut() {
  direction_.cut();
  for (const Waiting& w : queue_) direction_.count_lost(w.segments);
  queue_.clear();
  queued_bytes_ = 0;
}

bool Carrier::read(FrameReader& reader) {
  const auto frames = reader.read(from_fd_);
  for (const FrameReader::Frame& frame : frames) accept(frame.at, frame.header, frame.bytes);
  return !frames.empty();
}

void Carrier::accept(Time at, const VirtioHeader& header, std::span<const std::uint8_t> frame) {
  const FrameLayout layout = layout_of(header, frame);
  releases_.clear();
  direction_.arrive(at, layout, releases_);
  for (const Release& r : releases_) {
    if (queued_bytes_ > kMostQueuedBytes) {
      direction_.count_dropped(r.count);
      continue;
    }
    const std::size_t room = layout.headers + std::size_t{r.count} * layout.segment;
    Waiting w{r.due, direction_.delay(), r.count, 0, {}, nullptr};
    w.bytes = std::make_unique_for_overwrite<std::uint8_t[]>(std::min(room, frame.size()));
    w.size = static_cast<std::uint32_t>(extract_run(header, frame, layout, r.first, r.count, w.header, w.bytes.get()));
    queued_bytes_ += w.size;
    queue_.push_back(std::move(w));
  }
}

std::size_t Carrier::write_some(std::size_t most) {
  std::array<std::array<iovec, 2>, kWriteBatch> parts;
  std::array<mmsghdr, kWriteBatch> messages{};
  for (std::size_t i = 0; i < most; ++i) {
    Waiting& w = queue_[i];
    parts[i] = {iovec{&w.header, sizeof w.header}, iovec{w.bytes.get(), w.size}};
    messages[i].msg_hdr.msg_iov = parts[i].data();
    messages[i].msg_hdr.msg_iovlen = 2;
  }
  const int sent = sendmmsg(to_fd_, messages.data(), static_cast<unsigned>(most), MSG_DONTWAIT);
  if (sent > 0) return static_cast<std::size_t>(sent);
  // The first frame was refused: the interface is down, or its receiver's queue is full. A wire would lose it, too.
  direction_.count_lost(queue_.front().segments);
  queued_bytes_ -= queue_.front().size;
  queue_.pop_front();
  return 0;
}

void Carrier::record(std::size_t count, Time begin, Time end, Duration compensation) {
  const Duration each = (end - begin) / static_cast<Duration>(count);
  for (std::size_t i = 0; i < count; ++i) {
    const Waiting& w = queue_.front();
    const Duration late = begin + static_cast<Duration>(i) * each + compensation - w.due;
    lateness_.add(late);
    delays_.add(w.delay + std::max<Duration>(0, late));
    queued_bytes_ -= w.size;
    queue_.pop_front();
  }
}

void Carrier::release(Time until, Duration compensation, Histogram& write_times) {
  while (!queue_.empty() && queue_.front().due <= until) {
    std::size_t most = 1;
    while (most < kWriteBatch && most < queue_.size() && queue_[most].due <= until) ++most;
    const bool small = most == 1 && queue_.front().size <= kSmallFrame;
    const Time begin = monotonic_now();
    const std::size_t sent = write_some(most);
    if (sent == 0) continue;
    const Time end = monotonic_now();
    if (small) write_times.add(end - begin);
    record(sent, begin, end, compensation);
  }
}

void Carrier::begin() {
  direction_.reset_counts();
  lateness_ = {};
  delays_ = {};
}

LinkQuality Carrier::quality() const {
  LinkQuality q;
  q.name = name_;
  q.delay_wanted = direction_.delay();
  q.delay_p50 = delays_.quantile(0.5);
  q.delay_p99 = delays_.quantile(0.99);
  q.lateness_p50 = lateness_.quantile(0.5);
  q.lateness_p99 = lateness_.quantile(0.99);
  q.packets = direction_.counts().arrived;
  q.lost = direction_.counts().lost;
  return q;
}

}  // namespace meshtwin
