#include "emu/link/link_direction.h"

#include <algorithm>

namespace meshtwin {
namespace {

constexpr std::int64_t kBitNanoseconds = 8 * kSecond;  // nanoseconds x bits in a byte-second

}  // namespace

LinkDirection::LinkDirection(const LinkShape& shape, const RandomStream& stream)
    : shape_(shape), loss_(stream.keyed(hash_text("loss"))), jitter_(stream.keyed(hash_text("jitter"))) {}

void LinkDirection::shape(const LinkShape& shape) {
  if (shape.bandwidth_bps != shape_.bandwidth_bps) remainder_ = 0;
  shape_ = shape;
}

void LinkDirection::cut() {
  cut_ = true;
  free_at_ = 0;
  remainder_ = 0;
  last_due_ = 0;
}

std::int64_t LinkDirection::queue_limit_bytes() const {
  constexpr std::int64_t kLeast = 1'000'000;
  constexpr std::int64_t kMost = 10'000 * 1514;
  const Duration window = std::max(shape_.rtt, 100 * kMillisecond) / kMicrosecond;
  const std::int64_t product = shape_.bandwidth_bps / 8 * window / (kSecond / kMicrosecond);
  return std::clamp(product, kLeast, kMost);
}

bool LinkDirection::serialise(Time now, std::uint32_t bytes) {
  const std::int64_t bps = shape_.bandwidth_bps;
  if (bps <= 0) {
    free_at_ = now;
    return true;
  }
  if (free_at_ <= now) {
    free_at_ = now;
    remainder_ = 0;
  }
  const double queued = static_cast<double>(free_at_ - now) * static_cast<double>(bps) / kBitNanoseconds;
  if (queued + bytes > static_cast<double>(queue_limit_bytes())) return false;
  const std::int64_t cost = bytes * kBitNanoseconds + remainder_;
  free_at_ += cost / bps;
  remainder_ = cost % bps;
  return true;
}

Time LinkDirection::due(Time serialised) {
  Time due = serialised + delay();
  if (shape_.jitter > 0) due += static_cast<Duration>(jitter_.below(static_cast<std::uint64_t>(shape_.jitter)));
  last_due_ = std::max(last_due_, due);
  return last_due_;
}

void LinkDirection::arrive(Time now, const FrameLayout& frame, std::vector<Release>& out) {
  counts_.arrived += frame.count;
  if (cut_) {
    counts_.lost += frame.count;
    return;
  }
  Release run;
  Time run_begin = 0;
  const auto finish = [&](std::uint32_t next) {
    if (run.count > 0) out.push_back({due(run.due), run.first, run.count});
    run = {0, next, 0};
  };
  for (std::uint32_t i = 0; i < frame.count; ++i) {
    const Time begin = std::max(now, free_at_);
    if (!serialise(now, frame.wire_bytes(i))) {
      ++counts_.lost;
      ++counts_.dropped;
      finish(i + 1);
      continue;
    }
    if (shape_.loss > 0 && loss_.chance(shape_.loss)) {
      ++counts_.lost;
      finish(i + 1);
      continue;
    }
    if (run.count > 0 && free_at_ - run_begin > kBurst) finish(i);
    if (run.count == 0) run_begin = begin;
    ++run.count;
    run.due = free_at_;
  }
  finish(frame.count);
}

}  // namespace meshtwin
