#pragma once

// Whether two small samples differ, without assuming how they are distributed. Pure; nothing here is drawn at random.

#include <vector>

namespace meshtwin {

// Two-sided p-value of the Mann-Whitney U test (H. B. Mann, D. R. Whitney, 1947). Exact while the samples hold no equal
// values and not more than 30 each; else by the normal approximation with corrections for ties and continuity. 1 where
// one sample is empty, or all values are the same.
double mann_whitney_p(const std::vector<double>& a, const std::vector<double>& b);

// The least p-value that samples of these sizes can give: what no difference, however great, comes below.
double least_mann_whitney_p(std::size_t a, std::size_t b);

// Two-sided p-value of the Wilcoxon signed-rank test (F. Wilcoxon, 1945): values in the same place belong together,
// pairs without a difference are left out. Exact while no two differences are of equal size and they are not more than
// 30; else by the normal approximation with corrections for ties and continuity. 1 where all pairs are equal.
double wilcoxon_p(const std::vector<double>& a, const std::vector<double>& b);
double least_wilcoxon_p(std::size_t pairs);

// Holm's step-down correction (S. Holm, 1979): adjusted so that testing all of them raises a false alarm no more often
// than testing one. In the order given.
std::vector<double> holm_adjusted(const std::vector<double>& p_values);

// Cliff's delta (N. Cliff, 1993): how much more often a value of `b` is above one of `a` than below, -1 to 1.
double cliffs_delta(const std::vector<double>& a, const std::vector<double>& b);

// Hodges and Lehmann's estimate of how far `b` lies from `a`, relative: the median of y / x - 1 over all pairs, with
// the interval that the U test gives for it (95 %). Values are above zero. Neither is empty.
struct Shift {
  double estimate = 0;
  double low = 0;
  double high = 0;
};
Shift relative_shift(const std::vector<double>& a, const std::vector<double>& b);
// Likewise the median of y - x.
Shift absolute_shift(const std::vector<double>& a, const std::vector<double>& b);
// Of values that belong together in pairs: the median of the means of any two of the pairs' differences (b - a, or b /
// a
// - 1 where all of `a` are above zero; else nothing), with the interval that the signed-rank test gives for it.
Shift paired_shift(const std::vector<double>& a, const std::vector<double>& b);
Shift paired_relative_shift(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace meshtwin
