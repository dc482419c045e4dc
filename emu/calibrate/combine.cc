// The rounds' profiles become one, with what they disagree by; and the table of it.

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <type_traits>
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

// Of one part of each round the one whose cost is the median.
template <typename PartOf, typename Cost>
auto middle(const std::vector<Measurements>& rounds, PartOf&& part_of, Cost&& cost) {
  std::vector<std::decay_t<decltype(part_of(rounds.front()))>> parts;
  for (const Measurements& round : rounds) parts.push_back(part_of(round));
  std::sort(parts.begin(), parts.end(), [&](const auto& a, const auto& b) { return cost(a) < cost(b); });
  return parts[(parts.size() - 1) / 2];
}

double itself(double value) {
  return value;
}

WayFigures middle_way(const std::vector<Measurements>& rounds, WayFigures Measurements::*way) {
  WayFigures figures;
  for (std::size_t i = 0; i < kEchoSizes.size(); ++i) {
    figures.ping_pong[i] = middle(
        rounds, [&](const Measurements& of) { return (of.*way).ping_pong[i]; },
        [](const EchoFigures& echo) { return echo.round_trip; });
    figures.burst[i] = middle(
        rounds, [&](const Measurements& of) { return (of.*way).burst[i]; },
        [](const EchoFigures& echo) { return echo.cpu; });
  }
  return figures;
}

LinkFigures middle_link(const std::vector<Measurements>& rounds) {
  const auto round_trip = [](const EchoFigures& echo) { return echo.round_trip; };
  LinkFigures link = rounds.front().link;
  link.small = middle(
      rounds, [](const Measurements& of) { return of.link.small; }, round_trip);
  link.large = middle(
      rounds, [](const Measurements& of) { return of.link.large; }, round_trip);
  link.small_cpu = middle(
      rounds, [](const Measurements& of) { return of.link.small_cpu; }, itself);
  link.large_cpu = middle(
      rounds, [](const Measurements& of) { return of.link.large_cpu; }, itself);
  return link;
}

}  // namespace

Measurements typical_of(const std::vector<Measurements>& rounds) {
  assert(!rounds.empty());
  Measurements typical = rounds.front();
  typical.loopback = middle_way(rounds, &Measurements::loopback);
  typical.local = middle_way(rounds, &Measurements::local);
  typical.link = middle_link(rounds);
  typical.wake = middle(
      rounds, [](const Measurements& of) { return of.wake; }, [](const WakeFigures& wake) { return wake.round_trip; });
  typical.churn = middle(
      rounds, [](const Measurements& of) { return of.churn; },
      [](const ChurnFigures& churn) { return churn.dialling_cpu + churn.accepting_cpu; });
  typical.timer = middle(
      rounds, [](const Measurements& of) { return of.timer; }, [](const TimerFigures& timer) { return timer.cpu; });
  for (std::size_t i = 0; i < typical.codec.heads.size(); ++i) {
    typical.codec.heads[i] = middle(
        rounds, [&](const Measurements& of) { return of.codec.heads[i]; },
        [](const CodecFigures& head) { return head.parse + head.serialize; });
  }
  typical.codec.body_per_byte = middle(
      rounds, [](const Measurements& of) { return of.codec.body_per_byte; }, itself);
  const auto cost = [](const CountedCost& of) { return of.cost; };
  for (std::size_t i = 0; i < typical.http2.heads.size(); ++i) {
    typical.http2.heads[i] = middle(
        rounds, [&](const Measurements& of) { return of.http2.heads[i]; }, cost);
    typical.http2.bodies[i] = middle(
        rounds, [&](const Measurements& of) { return of.http2.bodies[i]; }, cost);
  }
  for (std::size_t i = 0; i < typical.http2.relayed.size(); ++i) {
    typical.http2.relayed[i] = middle(
        rounds, [&](const Measurements& of) { return of.http2.relayed[i]; }, cost);
  }
  typical.tls = middle(
      rounds, [](const Measurements& of) { return of.tls; },
      [](const TlsWork& tls) { return tls.seal.front() + tls.open.front(); });
  for (std::size_t i = 0; i < typical.redirect.size(); ++i) {
    typical.redirect[i] = middle(
        rounds, [&](const Measurements& of) { return of.redirect[i]; }, itself);
  }
  for (std::size_t i = 0; i < typical.control.cpu.size(); ++i) {
    typical.control.cpu[i] = middle(
        rounds, [&](const Measurements& of) { return of.control.cpu[i]; }, itself);
  }
  std::vector<ChainSet> sets;
  for (const Measurements& round : rounds) sets.push_back(round.chains);
  typical.chains = mean_of_sets(sets);
  return typical;
}

Calibration combine_rounds(const std::vector<Measurements>& rounds) {
  Calibration calibration;
  const Measurements typical = typical_of(rounds);
  calibration.profile = derive_profile(typical);
  calibration.chains = typical.chains;
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
  for (std::size_t i = 0; i < kAges.size(); ++i) {
    const std::string at = fmt::format("_at_{}us", kAges[i] / kMicrosecond);
    add("cold" + at, [i](const CostProfile& of) { return of.cold[i].value; });
    add("idle_exit" + at + "_ns", [i](const CostProfile& of) { return of.idle_exit[i].value; });
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
