#include "results/statistics.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace meshtwin {
namespace {

constexpr std::size_t kExactMost = 30;

// Twice U: how many pairs have the value of `b` above that of `a`, equal ones counting half.
double twice_u(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (const double x : a) {
    for (const double y : b) sum += y > x ? 2 : y == x ? 1 : 0;
  }
  return sum;
}

bool has_ties(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> all = a;
  all.insert(all.end(), b.begin(), b.end());
  std::sort(all.begin(), all.end());
  return std::adjacent_find(all.begin(), all.end()) != all.end();
}

// How many of the ways to lay out m and n values have U = 0, 1, …, m n. The last of all comes from either sample: from
// the first, it is above none of the second.
std::vector<double> arrangements(std::size_t m, std::size_t n) {
  std::vector<std::vector<double>> row(n + 1, {1});
  for (std::size_t i = 1; i <= m; ++i) {
    std::vector<std::vector<double>> next(n + 1);
    next[0] = {1};
    for (std::size_t j = 1; j <= n; ++j) {
      next[j].assign(i * j + 1, 0);
      for (std::size_t u = 0; u < row[j].size(); ++u) next[j][u] += row[j][u];
      for (std::size_t u = 0; u < next[j - 1].size(); ++u) next[j][u + i] += next[j - 1][u];
    }
    row = std::move(next);
  }
  return row[n];
}

double exact_p(double u, std::size_t m, std::size_t n) {
  const std::vector<double> counts = arrangements(m, n);
  const double total = std::accumulate(counts.begin(), counts.end(), 0.0);
  const double middle = static_cast<double>(m * n) / 2;
  const auto nearer_end = static_cast<std::size_t>(std::llround(std::min(u, 2 * middle - u)));
  double tail = 0;
  for (std::size_t i = 0; i <= nearer_end && i < counts.size(); ++i) tail += counts[i];
  return std::min(1.0, 2 * tail / total);
}

double normal_tail(double z) {
  return std::erfc(z / std::sqrt(2.0));  // both sides
}

double approximate_p(double u, const std::vector<double>& a, const std::vector<double>& b) {
  std::map<double, double> equal;
  for (const double x : a) ++equal[x];
  for (const double y : b) ++equal[y];
  const auto m = static_cast<double>(a.size());
  const auto n = static_cast<double>(b.size());
  const double all = m + n;
  double ties = 0;
  for (const auto& [value, count] : equal) ties += count * count * count - count;
  const double variance = m * n / 12 * (all + 1 - ties / (all * (all - 1)));
  if (variance <= 0) return 1;
  const double away = std::max(0.0, std::abs(u - m * n / 2) - 0.5);
  return std::min(1.0, normal_tail(away / std::sqrt(variance)));
}

double quantile_of_sorted(const std::vector<double>& sorted, double place) {
  const double last = static_cast<double>(sorted.size() - 1);
  return sorted[static_cast<std::size_t>(std::clamp(std::round(place), 0.0, last))];
}

}  // namespace

double mann_whitney_p(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.empty() || b.empty()) return 1;
  const double u = twice_u(a, b) / 2;
  if (a.size() > kExactMost || b.size() > kExactMost || has_ties(a, b)) return approximate_p(u, a, b);
  return exact_p(u, a.size(), b.size());
}

double least_mann_whitney_p(std::size_t a, std::size_t b) {
  if (a == 0 || b == 0) return 1;
  // 2 / binomial(a + b, a)
  double ways = 1;
  for (std::size_t i = 1; i <= a; ++i) ways *= static_cast<double>(b + i) / static_cast<double>(i);
  return std::min(1.0, 2 / ways);
}

std::vector<double> holm_adjusted(const std::vector<double>& p_values) {
  std::vector<std::size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) { return p_values[x] < p_values[y]; });
  std::vector<double> adjusted(p_values.size());
  double least = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    least = std::max(least, std::min(1.0, p_values[order[i]] * static_cast<double>(order.size() - i)));
    adjusted[order[i]] = least;
  }
  return adjusted;
}

double cliffs_delta(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.empty() || b.empty()) return 0;
  const double pairs = static_cast<double>(a.size()) * static_cast<double>(b.size());
  return twice_u(a, b) / pairs - 1;
}

Shift relative_shift(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> ratios;
  for (const double x : a) {
    for (const double y : b) ratios.push_back(y / x - 1);
  }
  std::sort(ratios.begin(), ratios.end());
  const std::size_t half = ratios.size() / 2;
  const double middle = ratios.size() % 2 == 1 ? ratios[half] : (ratios[half - 1] + ratios[half]) / 2;
  const auto m = static_cast<double>(a.size());
  const auto n = static_cast<double>(b.size());
  const double spread = 1.96 * std::sqrt(m * n * (m + n + 1) / 12);
  const double from = m * n / 2 - spread;
  return {middle, quantile_of_sorted(ratios, from), quantile_of_sorted(ratios, m * n - 1 - from)};
}

}  // namespace meshtwin
