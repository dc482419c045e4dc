#include "emu/calibrate/blocks.h"

#include <algorithm>
#include <cassert>
#include <cstddef>

namespace meshtwin {

double median(std::vector<double> values) {
  assert(!values.empty());
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::vector<double> quiet_medians(std::vector<std::vector<double>> blocks) {
  assert(!blocks.empty());
  std::sort(blocks.begin(), blocks.end(), [](const auto& a, const auto& b) { return a.front() < b.front(); });
  blocks.resize((blocks.size() + 3) / 4);
  return all_medians(blocks);
}

std::vector<double> all_medians(const std::vector<std::vector<double>>& blocks) {
  assert(!blocks.empty());
  std::vector<double> medians;
  for (std::size_t column = 0; column < blocks.front().size(); ++column) {
    std::vector<double> values;
    for (const std::vector<double>& block : blocks) values.push_back(block[column]);
    medians.push_back(median(std::move(values)));
  }
  return medians;
}

}  // namespace meshtwin
