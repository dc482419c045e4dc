#include "emu/calibrate/derive.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "emu/calibrate/blocks.h"

namespace meshtwin {
namespace {

// With sidecars two connections of three stay within a pod, and the third goes to another.
constexpr double kLoopbackShare = 2.0 / 3;
constexpr std::size_t kSmallMessages = 2;  // the first sizes: no time goes into their bytes
constexpr double kFewSleeps = 0.1;         // below this difference nothing can be said about a sleep

double not_negative(double value) {
  return std::max(value, 0.0);
}

double of_both(double loopback, double local) {
  return kLoopbackShare * loopback + (1 - kLoopbackShare) * local;
}

// A ping-pong wakes its reader for every message, a burst for few: the difference is the wake-ups'.
double wake_up_cost(const Measurements& measured) {
  std::vector<double> estimates;
  for (const WayFigures* way : {&measured.loopback, &measured.local}) {
    for (std::size_t i = 0; i < kSmallMessages; ++i) {
      const double sleeps = way->ping_pong[i].sleeps - way->burst[i].sleeps;
      if (sleeps > kFewSleeps) estimates.push_back((way->ping_pong[i].cpu - way->burst[i].cpu) / sleeps);
    }
  }
  return estimates.empty() ? 0 : not_negative(median(estimates));
}

void derive_sockets(const Measurements& measured, CostProfile& profile) {
  const double wake_up = profile[Operation::wake_up].fixed_ns;
  std::vector<CostPoint> writes;
  std::vector<CostPoint> reads;
  for (std::size_t i = 0; i < measured.loopback.burst.size(); ++i) {
    const EchoFigures& loopback = measured.loopback.burst[i];
    const EchoFigures& local = measured.local.burst[i];
    const auto bytes = static_cast<double>(loopback.bytes);
    const auto read = [&](const EchoFigures& of) { return not_negative(of.cpu - of.write - wake_up * of.sleeps); };
    writes.push_back({1, bytes, of_both(loopback.write, local.write)});
    reads.push_back({of_both(loopback.reads, local.reads), bytes, of_both(read(loopback), read(local))});
  }
  profile[Operation::socket_write] = fit_cost(writes);
  profile[Operation::socket_read] = fit_cost(reads);
}

// Processor time between an event and the next write leaving, when each message wakes its reader.
double turn_cost(const CostProfile& profile, std::size_t bytes) {
  double cost = profile[Operation::wake_up].fixed_ns;
  for (const Operation operation : {Operation::socket_read, Operation::socket_write}) {
    cost += profile[operation].fixed_ns + profile[operation].per_unit_ns * static_cast<double>(bytes);
  }
  return cost;
}

// What a way takes beyond processor time.
double delay_of(const WayFigures& way, const CostProfile& profile) {
  std::vector<double> delays;
  for (std::size_t i = 0; i < kSmallMessages; ++i) {
    delays.push_back(way.ping_pong[i].round_trip / 2 - turn_cost(profile, way.ping_pong[i].bytes));
  }
  return not_negative(median(delays));
}

void derive_delays(const Measurements& measured, CostProfile& profile) {
  const double loopback = delay_of(measured.loopback, profile);
  const double local = delay_of(measured.local, profile);
  const double wake = not_negative(measured.wake.round_trip / 2 - measured.wake.cpu);
  const double latency = std::min({wake, loopback, local});
  profile.wake_up_latency = std::llround(latency);
  profile.loopback_hop = std::llround(loopback - latency);
  profile.local_hop = std::llround(local - latency);
  const EchoFigures& linked = measured.link.small;
  profile.link_hop = std::llround(not_negative(linked.round_trip / 2 - static_cast<double>(measured.link.asked) -
                                               latency - turn_cost(profile, linked.bytes)));
}

void derive_timers(const Measurements& measured, CostProfile& profile) {
  const double wake_up = profile[Operation::wake_up].fixed_ns;
  const double timer = not_negative(measured.timer.cpu - wake_up * measured.timer.sleeps);
  profile[Operation::timer].fixed_ns = timer;
  profile.timer_lateness = std::llround(
      not_negative(measured.timer.lateness - static_cast<double>(profile.wake_up_latency) - wake_up - timer));
}

void derive_connections(const Measurements& measured, CostProfile& profile) {
  const double wake_up = profile[Operation::wake_up].fixed_ns;
  const ChurnFigures& churn = measured.churn;
  profile[Operation::close].fixed_ns = churn.close;
  profile[Operation::dial].fixed_ns = not_negative(churn.dialling_cpu - churn.close - wake_up * churn.dialling_sleeps);
  profile[Operation::accept].fixed_ns =
      not_negative(churn.accepting_cpu - churn.close - wake_up * churn.accepting_sleeps);
}

void derive_link(const Measurements& measured, CostProfile& profile) {
  const LinkFigures& link = measured.link;
  const double wake_up = profile[Operation::wake_up].fixed_ns;  // the link's process is woken for each packet
  const auto bytes = static_cast<double>(link.small.bytes);
  const double per_byte =
      not_negative(link.large_cpu - link.small_cpu) / (static_cast<double>(link.large.bytes) - bytes);
  profile[Operation::link_segment] = {not_negative(link.small_cpu - wake_up - per_byte * bytes), per_byte};
}

void derive_codec(const Measurements& measured, CostProfile& profile) {
  std::vector<CostPoint> parse;
  std::vector<CostPoint> serialize;
  for (const CodecFigures& head : measured.codec.heads) {
    parse.push_back({1, head.parse_bytes, head.parse});
    serialize.push_back({1, head.serialize_bytes, head.serialize});
  }
  profile[Operation::http_parse] = fit_cost(parse);
  profile[Operation::http_serialize] = fit_cost(serialize);
  profile[Operation::http_body].per_unit_ns = measured.codec.body_per_byte;
  std::vector<CostPoint> control;
  for (std::size_t i = 0; i < measured.control.bytes.size(); ++i) {
    control.push_back({1, measured.control.bytes[i], measured.control.cpu[i]});
  }
  profile[Operation::control_apply] = fit_cost(control);
}

// What is left of a role's time when all else is taken away is its own work.
void derive_roles(const Measurements& measured, CostProfile& profile) {
  const auto rest = [&](ChainRole role) {
    const RoleFigures& figures = measured.chain[static_cast<std::size_t>(role)];
    return not_negative(figures.cpu - modelled_cpu(profile, figures));
  };
  const double sidecar = (rest(ChainRole::client_sidecar) + rest(ChainRole::server_sidecar)) / 2;
  const double served = rest(ChainRole::workload);
  // A sidecar charges one of each for a request; nothing tells the two apart.
  profile[Operation::route].fixed_ns = sidecar / 2;
  profile[Operation::balance].fixed_ns = sidecar / 2;
  profile[Operation::request_work] = {served, not_negative(rest(ChainRole::load) - served)};
}

}  // namespace

OperationCost fit_cost(const std::vector<CostPoint>& points) {
  assert(!points.empty());
  double cc = 0, cu = 0, uu = 0, cy = 0, uy = 0;
  for (const CostPoint& point : points) {
    if (point.cost <= 0) continue;
    const double weight = 1 / (point.cost * point.cost);
    cc += weight * point.calls * point.calls;
    cu += weight * point.calls * point.units;
    uu += weight * point.units * point.units;
    cy += weight * point.calls * point.cost;
    uy += weight * point.units * point.cost;
  }
  if (cc == 0) return {};
  const double determinant = cc * uu - cu * cu;
  if (determinant <= 1e-12 * cc * uu) return {cy / cc, 0};
  const OperationCost both{(cy * uu - uy * cu) / determinant, (uy * cc - cy * cu) / determinant};
  if (both.per_unit_ns < 0) return {cy / cc, 0};
  if (both.fixed_ns < 0) return {0, uy / uu};
  return both;
}

double modelled_cpu(const CostProfile& profile, const RoleFigures& role) {
  double cpu = role.sleeps * profile[Operation::wake_up].fixed_ns;
  for (std::size_t i = 0; i < kOperationCount; ++i) {
    cpu += role.calls[i] * profile.operations[i].fixed_ns + role.amounts[i] * profile.operations[i].per_unit_ns;
  }
  return cpu;
}

CostProfile derive_profile(const Measurements& measured) {
  CostProfile profile;
  profile[Operation::wake_up].fixed_ns = wake_up_cost(measured);
  derive_sockets(measured, profile);
  derive_delays(measured, profile);
  derive_timers(measured, profile);
  derive_connections(measured, profile);
  derive_link(measured, profile);
  derive_codec(measured, profile);
  derive_roles(measured, profile);
  return profile;
}

}  // namespace meshtwin
