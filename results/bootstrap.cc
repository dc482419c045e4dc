#include "results/bootstrap.h"

#include <algorithm>
#include <numeric>

namespace meshtwin {
namespace {

constexpr std::size_t kDraws = 2000;

double mean_at(const std::vector<double>& values, const std::vector<std::size_t>& places) {
  double sum = 0;
  for (const std::size_t place : places) sum += values[place];
  return sum / static_cast<double>(places.size());
}

}  // namespace

std::optional<Interval> bootstrap_interval(std::size_t repeats, const FigureOfRepeats& figure, RandomStream random) {
  if (repeats < 2) return std::nullopt;
  std::vector<double> figures;
  figures.reserve(kDraws);
  std::vector<std::size_t> places(repeats);
  for (std::size_t draw = 0; draw < kDraws; ++draw) {
    for (std::size_t& place : places) place = static_cast<std::size_t>(random.below(repeats));
    if (const std::optional<double> value = figure(places)) figures.push_back(*value);
  }
  if (figures.size() * 10 <= kDraws * 9) return std::nullopt;
  std::sort(figures.begin(), figures.end());
  const std::size_t outside = figures.size() / 40;  // 2.5 % at each end
  return Interval{figures[outside], figures[figures.size() - 1 - outside]};
}

std::optional<Interval> mean_interval(const std::vector<double>& values, const RandomStream& random) {
  return bootstrap_interval(
      values.size(), [&](const auto& places) { return mean_at(values, places); }, random);
}

std::optional<Interval> difference_interval(const std::vector<double>& model, const std::vector<double>& real,
                                            const RandomStream& random) {
  return bootstrap_interval(
      model.size(), [&](const auto& places) { return mean_at(model, places) - mean_at(real, places); }, random);
}

std::optional<Interval> relative_interval(const std::vector<double>& model, const std::vector<double>& real,
                                          const RandomStream& random) {
  const auto error = [&](const std::vector<std::size_t>& places) -> std::optional<double> {
    const double truth = mean_at(real, places);
    if (truth <= 0) return std::nullopt;
    return (mean_at(model, places) - truth) / truth;
  };
  return bootstrap_interval(model.size(), error, random);
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace meshtwin
