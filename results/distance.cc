#include "results/distance.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace meshtwin {
namespace {

// Each stretch between two neighbouring values of either side: how long it is and by how much the functions differ
// there.
template <typename Visit>
void each_stretch(const std::vector<Duration>& a, const std::vector<Duration>& b, Visit&& visit) {
  assert(!a.empty() && !b.empty());
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() || j < b.size()) {
    const Duration at = j == b.size() || (i < a.size() && a[i] <= b[j]) ? a[i] : b[j];
    while (i < a.size() && a[i] == at) ++i;
    while (j < b.size() && b[j] == at) ++j;
    const double apart = std::abs(static_cast<double>(i) / static_cast<double>(a.size()) -
                                  static_cast<double>(j) / static_cast<double>(b.size()));
    Duration next = at;  // after the last there is no further stretch
    if (i < a.size()) next = a[i];
    if (j < b.size()) next = i < a.size() ? std::min(next, b[j]) : b[j];
    visit(next - at, apart);
  }
}

}  // namespace

double wasserstein(const std::vector<Duration>& a, const std::vector<Duration>& b) {
  double area = 0;
  each_stretch(a, b, [&area](Duration length, double apart) { area += static_cast<double>(length) * apart; });
  return area;
}

double kolmogorov_smirnov(const std::vector<Duration>& a, const std::vector<Duration>& b) {
  double most = 0;
  each_stretch(a, b, [&most](Duration, double apart) { most = std::max(most, apart); });
  return most;
}

}  // namespace meshtwin
