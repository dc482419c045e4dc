#include "scenarios/main/sweep_progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace meshtwin {
namespace {

constexpr double kRealOverhead = 3;  // seconds before and after a real run's load, until one has been seen

std::string about(double seconds) {
  if (seconds < 90) return fmt::format("{:.0f} s", seconds);
  if (seconds < 5400) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

double seconds_of(Duration duration) {
  return static_cast<double>(duration) / kSecond;
}

}  // namespace

SweepProgress::SweepProgress(std::string name, std::vector<Run> runs, std::size_t jobs)
    : name_(std::move(name)),
      runs_(std::move(runs)),
      done_(runs_.size(), false),
      jobs_(std::max<std::size_t>(jobs, 1)),
      terminal_(isatty(STDERR_FILENO) == 1),
      next_(std::chrono::steady_clock::now() + std::chrono::seconds(2)) {}

SweepProgress::~SweepProgress() {
  if (shown_ && terminal_) fmt::print(stderr, "\r\033[K");
}

void SweepProgress::ended(std::size_t run, double seconds) {
  done_[run] = true;
  ++count_;
  (runs_[run].emulated ? real_cost_ : modelled_cost_) += seconds;
  (runs_[run].emulated ? real_load_ : modelled_load_) += seconds_of(runs_[run].duration);
}

double SweepProgress::seconds_left() const {
  double modelled = 0;
  double real = 0;
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    if (done_[i]) continue;
    const double load = seconds_of(runs_[i].duration);
    if (runs_[i].emulated) {
      real += real_load_ > 0 ? load * real_cost_ / real_load_ : load + kRealOverhead;
    } else if (modelled_load_ > 0) {
      modelled += load * modelled_cost_ / modelled_load_;
    }
  }
  return modelled / static_cast<double>(jobs_) + real;
}

void SweepProgress::show(std::size_t running) {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + (terminal_ ? std::chrono::milliseconds(200) : std::chrono::seconds(10));
  shown_ = true;
  const bool known =
      modelled_load_ > 0 || std::all_of(runs_.begin(), runs_.end(), [](const Run& r) { return r.emulated; });
  fmt::print(stderr, "{}{}: {} of {} runs, {} under way{}{}", terminal_ ? "\r\033[K" : "", name_, count_, runs_.size(),
             running, known ? ", about " + about(seconds_left()) + " left" : "", terminal_ ? "" : "\n");
  std::fflush(stderr);
}

void SweepProgress::say(const std::string& line) {
  fmt::print(stderr, "{}{}\n", shown_ && terminal_ ? "\r\033[K" : "", line);
}

}  // namespace meshtwin
