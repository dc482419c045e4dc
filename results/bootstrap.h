#pragma once

// How sure a figure of several repeats is. Repeats are drawn again with replacement, many times, and the figure is
// computed of each draw: between which values 95 % of these lie is its interval (the percentile bootstrap; B. Efron,
// 1979). Whole repeats are drawn, so what belongs together in one (both worlds, their paired runs) stays together. With
// few repeats the interval is somewhat too narrow: of ten repeats it holds the truth in about nine cases of ten.

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "mesh/base/random.h"

namespace meshtwin {

struct Interval {
  double low = 0;
  double high = 0;

  friend bool operator==(const Interval&, const Interval&) = default;
};

// A figure of the repeats in these places, some of them several times; empty: these have none.
using FigureOfRepeats = std::function<std::optional<double>(const std::vector<std::size_t>& places)>;

// Empty with fewer than two repeats, and where a tenth of the draws or more have no figure.
std::optional<Interval> bootstrap_interval(std::size_t repeats, const FigureOfRepeats& figure, RandomStream random);

// Of the mean of these values, that of the mean of `model` minus that of `real`, or that relative to the mean of
// `real`. Values in the same place belong together; both are as many.
std::optional<Interval> mean_interval(const std::vector<double>& values, const RandomStream& random);
std::optional<Interval> difference_interval(const std::vector<double>& model, const std::vector<double>& real,
                                            const RandomStream& random);
std::optional<Interval> relative_interval(const std::vector<double>& model, const std::vector<double>& real,
                                          const RandomStream& random);

double mean_of(const std::vector<double>& values);  // not empty

}  // namespace meshtwin
