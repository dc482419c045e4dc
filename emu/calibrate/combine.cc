// The rounds' profiles become one, with what they disagree by; and the table of it.

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

#include "emu/calibrate/blocks.h"
#include "emu/calibrate/derive.h"

namespace meshtwin {
namespace {

constexpr std::pair<const char*, Duration CostProfile::*> kDelays[] = {
    {"wake_up_latency_ns", &CostProfile::wake_up_latency},
    {"timer_lateness_ns", &CostProfile::timer_lateness},
    {"local_hop_ns", &CostProfile::local_hop},
    {"loopback_hop_ns", &CostProfile::loopback_hop},
    {"link_hop_ns", &CostProfile::link_hop}};

Confidence combined(std::string name, std::vector<double> values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const double range = *high - *low;
  const double middle = median(std::move(values));
  return {std::move(name), middle, middle > 0 ? range / middle : 0};
}

}  // namespace

Calibration combine_rounds(const std::vector<CostProfile>& rounds) {
  assert(!rounds.empty());
  Calibration calibration;
  calibration.profile = rounds.front();
  const auto combine = [&](std::string name, auto&& value_of) {
    std::vector<double> values;
    for (const CostProfile& round : rounds) values.push_back(value_of(round));
    calibration.confidence.push_back(combined(std::move(name), std::move(values)));
    return calibration.confidence.back().ns;
  };
  for (std::size_t i = 0; i < kOperationCount; ++i) {
    const std::string name(kOperationNames[i]);
    OperationCost& cost = calibration.profile.operations[i];
    cost.fixed_ns = combine(name + ".fixed_ns", [&](const CostProfile& of) { return of.operations[i].fixed_ns; });
    cost.per_unit_ns =
        combine(name + ".per_unit_ns", [&](const CostProfile& of) { return of.operations[i].per_unit_ns; });
  }
  for (const auto& [name, delay] : kDelays) {
    calibration.profile.*delay =
        std::llround(combine(name, [&](const CostProfile& of) { return static_cast<double>(of.*delay); }));
  }
  return calibration;
}

std::string to_table(const Calibration& calibration) {
  const CostProfile& profile = calibration.profile;
  std::string table = fmt::format("{} ({}, {} cores)\n{:<28}{:>14}{:>10}\n", profile.name, profile.host, profile.cores,
                                  "value", "ns", "spread");
  for (const Confidence& row : calibration.confidence) {
    if (row.ns == 0) continue;
    table += fmt::format("{:<28}{:>14.3f}{:>9.0f}%\n", row.value, row.ns, 100 * row.spread);
  }
  return table;
}

}  // namespace meshtwin
