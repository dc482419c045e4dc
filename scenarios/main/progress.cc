#include "scenarios/main/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

namespace meshtwin {

Progress::Progress(std::string label, Duration duration)
    : label_(std::move(label)),
      duration_(duration),
      terminal_(isatty(STDERR_FILENO) == 1),
      started_(std::chrono::steady_clock::now()),
      next_(started_ + std::chrono::seconds(2)) {}

Progress::~Progress() {
  if (shown_ && terminal_) fmt::print(stderr, "\r\033[K");
}

void Progress::at(Time now) {
  const auto wall = std::chrono::steady_clock::now();
  if (wall < next_) return;
  next_ = wall + (terminal_ ? std::chrono::milliseconds(200) : std::chrono::seconds(10));
  shown_ = true;
  const auto seconds = [](Duration d) { return static_cast<double>(d) / kSecond; };
  fmt::print(stderr, "{}{}: {:.0f} s of {:.0f} s{}", terminal_ ? "\r\033[K" : "", label_, seconds(now),
             seconds(duration_), terminal_ ? "" : "\n");
  std::fflush(stderr);
}

}  // namespace meshtwin
