#include "sim/congestion_window.h"

namespace meshtwin {
namespace {

constexpr double kC = 0.4;
constexpr double kBeta = 0.7;

// Newton's method with basic arithmetic only, so that every machine gets the same bits.
double cube_root(double x) {
  if (x <= 0) return 0;
  double root = x > 1 ? x / 3 + 1 : 1;
  for (int i = 0; i < 40; ++i) root = (2 * root + x / (root * root)) / 3;
  return root;
}

}  // namespace

void CongestionWindow::acknowledged(std::uint32_t segments, Time now, Duration srtt, bool was_limit) {
  if (!was_limit) return;
  if (slow_start()) {
    const std::uint32_t grown = std::min<std::uint64_t>(std::uint64_t{window_} + segments, threshold_);
    segments -= grown - window_;
    window_ = grown;
  }
  if (segments > 0) avoid_congestion(segments, now, srtt);
}

void CongestionWindow::avoid_congestion(std::uint32_t segments, Time now, Duration srtt) {
  if (epoch_ < 0) {
    epoch_ = now;
    if (w_max_ < window_) w_max_ = window_;
    k_s_ = cube_root((w_max_ - window_) / kC);
    reno_ = window_;
  }
  const double t = static_cast<double>(now - epoch_ + srtt) * 1e-9 - k_s_;
  reno_ += 3 * (1 - kBeta) / (1 + kBeta) * segments / window_;
  const double cubic = std::min(w_max_ + kC * t * t * t, 1.5 * window_);
  const double target = std::max(cubic, reno_);
  // Linux moves at least one segment in a hundred windows.
  fraction_ += std::max((target - window_) / window_, 0.01 / window_) * segments;
  const auto whole = static_cast<std::uint32_t>(fraction_);
  window_ += whole;
  fraction_ -= whole;
}

void CongestionWindow::reduce() {
  const double window = window_;
  w_max_ = window < w_max_ ? window * (1 + kBeta) / 2 : window;  // fast convergence
  threshold_ = std::max(static_cast<std::uint32_t>(window * kBeta), 2u);
  fraction_ = 0;
  epoch_ = -1;
}

void CongestionWindow::loss() {
  reduce();
  window_ = threshold_;
}

void CongestionWindow::timeout() {
  reduce();
  window_ = 1;
}

void CongestionWindow::idle(Duration silent, Duration rto) {
  if (silent <= rto || window_ <= kInitialWindow) return;
  threshold_ = std::max(threshold_, window_ / 4 * 3);
  for (; silent > rto && window_ > kInitialWindow; silent -= rto) window_ /= 2;
  window_ = std::max(window_, kInitialWindow);
  epoch_ = -1;
}

}  // namespace meshtwin
