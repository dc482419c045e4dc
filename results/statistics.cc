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

// How many of the ways to give n ranks a sign make the ranks above zero sum up to 0, 1, …, n (n + 1) / 2.
double exact_signed_rank_p(double above, std::size_t n) {
  const std::size_t most = n * (n + 1) / 2;
  std::vector<double> ways(most + 1, 0);
  ways[0] = 1;
  for (std::size_t rank = 1; rank <= n; ++rank) {
    for (std::size_t sum = most; sum >= rank; --sum) ways[sum] += ways[sum - rank];
  }
  const double middle = static_cast<double>(most) / 2;
  const auto nearer_end = static_cast<std::size_t>(std::llround(std::min(above, 2 * middle - above)));
  double tail = 0;
  for (std::size_t sum = 0; sum <= nearer_end; ++sum) tail += ways[sum];
  return std::min(1.0, 2 * tail / std::ldexp(1.0, static_cast<int>(n)));
}

double quantile_of_sorted(const std::vector<double>& sorted, double place) {
  const double last = static_cast<double>(sorted.size() - 1);
  return sorted[static_cast<std::size_t>(std::clamp(std::round(place), 0.0, last))];
}

double middle_of_sorted(const std::vector<double>& sorted) {
  const std::size_t half = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

template <typename Apart>
Shift shift_over_pairs(const std::vector<double>& a, const std::vector<double>& b, Apart&& apart) {
  std::vector<double> all;
  for (const double x : a) {
    for (const double y : b) all.push_back(apart(x, y));
  }
  std::sort(all.begin(), all.end());
  const auto m = static_cast<double>(a.size());
  const auto n = static_cast<double>(b.size());
  const double spread = 1.96 * std::sqrt(m * n * (m + n + 1) / 12);
  const double from = m * n / 2 - spread;
  return {middle_of_sorted(all), quantile_of_sorted(all, from), quantile_of_sorted(all, m * n - 1 - from)};
}

Shift shift_of_differences(const std::vector<double>& differences) {
  if (differences.empty()) return {};
  std::vector<double> means;
  for (std::size_t i = 0; i < differences.size(); ++i) {
    for (std::size_t j = i; j < differences.size(); ++j) means.push_back((differences[i] + differences[j]) / 2);
  }
  std::sort(means.begin(), means.end());
  const auto n = static_cast<double>(differences.size());
  const double from = n * (n + 1) / 4 - 1.96 * std::sqrt(n * (n + 1) * (2 * n + 1) / 24);
  return {middle_of_sorted(means), quantile_of_sorted(means, from),
          quantile_of_sorted(means, static_cast<double>(means.size()) - 1 - from)};
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

double wilcoxon_p(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> differences;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (b[i] != a[i]) differences.push_back(b[i] - a[i]);
  }
  if (differences.empty()) return 1;
  std::sort(differences.begin(), differences.end(), [](double x, double y) { return std::abs(x) < std::abs(y); });
  const std::size_t n = differences.size();
  double above = 0;  // the ranks' sum of those above zero; equal sizes share their ranks
  double ties = 0;
  for (std::size_t i = 0; i < n;) {
    std::size_t end = i;
    while (end < n && std::abs(differences[end]) == std::abs(differences[i])) ++end;
    const double rank = static_cast<double>(i + 1 + end) / 2;
    const auto equal = static_cast<double>(end - i);
    ties += equal * equal * equal - equal;
    for (; i < end; ++i) above += differences[i] > 0 ? rank : 0;
  }
  if (ties == 0 && n <= kExactMost) return exact_signed_rank_p(above, n);
  const auto count = static_cast<double>(n);
  const double variance = count * (count + 1) * (2 * count + 1) / 24 - ties / 48;
  const double away = std::max(0.0, std::abs(above - count * (count + 1) / 4) - 0.5);
  return variance <= 0 ? 1 : std::min(1.0, normal_tail(away / std::sqrt(variance)));
}

double least_wilcoxon_p(std::size_t pairs) {
  return std::min(1.0, std::ldexp(2.0, -static_cast<int>(std::min<std::size_t>(pairs, 1000))));
}

Shift relative_shift(const std::vector<double>& a, const std::vector<double>& b) {
  return shift_over_pairs(a, b, [](double x, double y) { return y / x - 1; });
}

Shift absolute_shift(const std::vector<double>& a, const std::vector<double>& b) {
  return shift_over_pairs(a, b, [](double x, double y) { return y - x; });
}

Shift paired_shift(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> differences;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) differences.push_back(b[i] - a[i]);
  return shift_of_differences(differences);
}

Shift paired_relative_shift(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> differences;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (a[i] <= 0) return {};
    differences.push_back(b[i] / a[i] - 1);
  }
  return shift_of_differences(differences);
}

}  // namespace meshtwin
