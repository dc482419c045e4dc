#pragma once

// Carries the frames of one direction of a link: reads an end, asks the LinkDirection when what of each frame leaves,
// keeps it until then, writes it to the other end, and measures how late it did. The frames wait in a queue in the
// order of their due instants (a direction keeps order).

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "emu/link/link_direction.h"
#include "emu/link/segment.h"
#include "mesh/base/histogram.h"
#include "mesh/telemetry/run_report.h"

namespace meshtwin {

class FrameReader;

class Carrier {
 public:
  static constexpr Time kNever = INT64_MAX;

  Carrier(std::string name, int from_fd, int to_fd, const LinkShape& shape, const RandomStream& stream);

  Duration delay() const { return direction_.delay(); }
  void shape(const LinkShape& shape) { direction_.shape(shape); }
  void cut();
  void restore() { direction_.restore(); }

  // Takes in what is there to read; false when nothing was.
  bool read(FrameReader& reader);
  Time next_due() const { return queue_.empty() ? kNever : queue_.front().due; }
  // Writes what is due at `until` or before, each packet counted as arriving `compensation` after its write begins.
  // Adds what a write of one small frame took to `write_times`.
  void release(Time until, Duration compensation, Histogram& write_times);

  void begin();
  LinkQuality quality() const;
  std::uint64_t dropped() const { return direction_.counts().dropped; }

 private:
  struct Waiting {
    Time due = 0;
    Duration delay = 0;  // the direction's, when it came in
    std::uint32_t segments = 0;
    std::uint32_t size = 0;
    VirtioHeader header;
    std::unique_ptr<std::uint8_t[]> bytes;
  };

  void accept(Time at, const VirtioHeader& header, std::span<const std::uint8_t> frame);
  std::size_t write_some(std::size_t most);
  void record(std::size_t count, Time begin, Time end, Duration compensation);

  std::string name_;
  int from_fd_;
  int to_fd_;
  LinkDirection direction_;
  std::deque<Waiting> queue_;
  std::size_t queued_bytes_ = 0;
  std::vector<Release> releases_;
  Histogram lateness_;
  Histogram delays_;
};

}  // namespace meshtwin
