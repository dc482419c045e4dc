// The rounds' profiles become one, with what they disagree by; and the table of it.

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
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

double spread_of(std::vector<double> values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const double range = *high - *low;
  const double middle = median(std::move(values));
  return middle > 0 ? range / middle : 0;
}

// Keeps in `best` what took least.
template <typename Figures, typename Cost>
void keep_least(Figures& best, const Figures& other, Cost&& cost) {
  if (cost(other) < cost(best)) best = other;
}

void keep_least(WayFigures& best, const WayFigures& other) {
  const auto cpu = [](const EchoFigures& echo) { return echo.cpu; };
  const auto round_trip = [](const EchoFigures& echo) { return echo.round_trip; };
  for (std::size_t i = 0; i < kEchoSizes.size(); ++i) {
    keep_least(best.ping_pong[i], other.ping_pong[i], round_trip);
    keep_least(best.burst[i], other.burst[i], cpu);
  }
}

void keep_least(LinkFigures& best, const LinkFigures& other) {
  keep_least(best.small, other.small, [](const EchoFigures& echo) { return echo.round_trip; });
  keep_least(best.large, other.large, [](const EchoFigures& echo) { return echo.round_trip; });
  best.small_cpu = std::min(best.small_cpu, other.small_cpu);
  best.large_cpu = std::min(best.large_cpu, other.large_cpu);
}

}  // namespace

Measurements least_disturbed(const std::vector<Measurements>& rounds) {
  assert(!rounds.empty());
  Measurements best = rounds.front();
  for (const Measurements& round : rounds) {
    keep_least(best.loopback, round.loopback);
    keep_least(best.local, round.local);
    keep_least(best.wake, round.wake, [](const WakeFigures& wake) { return wake.round_trip; });
    keep_least(best.churn, round.churn,
               [](const ChurnFigures& churn) { return churn.dialling_cpu + churn.accepting_cpu; });
    keep_least(best.timer, round.timer, [](const TimerFigures& timer) { return timer.cpu; });
    keep_least(best.link, round.link);
    for (std::size_t i = 0; i < best.codec.heads.size(); ++i) {
      keep_least(best.codec.heads[i], round.codec.heads[i],
                 [](const CodecFigures& head) { return head.parse + head.serialize; });
    }
    best.codec.body_per_byte = std::min(best.codec.body_per_byte, round.codec.body_per_byte);
    for (std::size_t i = 0; i < best.control.cpu.size(); ++i) {
      best.control.cpu[i] = std::min(best.control.cpu[i], round.control.cpu[i]);
    }
    for (std::size_t i = 0; i < kChainRoles; ++i) {
      keep_least(best.chain[i], round.chain[i], [](const RoleFigures& role) { return role.cpu; });
    }
  }
  return best;
}

Calibration combine_rounds(const std::vector<Measurements>& rounds) {
  Calibration calibration;
  calibration.profile = derive_profile(least_disturbed(rounds));
  std::vector<CostProfile> profiles;
  for (const Measurements& round : rounds) profiles.push_back(derive_profile(round));
  const auto add = [&](std::string name, auto&& value_of) {
    std::vector<double> values;
    for (const CostProfile& profile : profiles) values.push_back(value_of(profile));
    calibration.confidence.push_back({std::move(name), value_of(calibration.profile), spread_of(std::move(values))});
  };
  for (std::size_t i = 0; i < kOperationCount; ++i) {
    const std::string name(kOperationNames[i]);
    add(name + ".fixed_ns", [i](const CostProfile& of) { return of.operations[i].fixed_ns; });
    add(name + ".per_unit_ns", [i](const CostProfile& of) { return of.operations[i].per_unit_ns; });
  }
  for (const auto& [name, delay] : kDelays) {
    add(name, [at = delay](const CostProfile& of) { return static_cast<double>(of.*at); });
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
