#include "emu/calibrate/derive.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "emu/calibrate/blocks.h"

namespace meshtwin {
namespace {

constexpr std::size_t kSmallMessages = 2;  // the first sizes: no time goes into their bytes
constexpr int kTimerRounds = 5;
constexpr double kFewSleeps = 0.1;  // below this difference nothing can be said about a sleep

double not_negative(double value) {
  return std::max(value, 0.0);
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

// A write within a pod, and what one to another pod costs beyond it; a read costs the same in both.
void derive_sockets(const Measurements& measured, CostProfile& profile) {
  const double wake_up = profile[Operation::wake_up].fixed_ns;
  std::vector<CostPoint> writes;
  std::vector<CostPoint> leaving;
  std::vector<CostPoint> reads;
  for (std::size_t i = 0; i < measured.loopback.burst.size(); ++i) {
    const EchoFigures& loopback = measured.loopback.burst[i];
    const EchoFigures& local = measured.local.burst[i];
    const auto bytes = static_cast<double>(loopback.bytes);
    const auto read = [&](const EchoFigures& of) { return not_negative(of.cpu - of.write - wake_up * of.sleeps); };
    writes.push_back({1, bytes, loopback.write});
    leaving.push_back({1, bytes, local.write - loopback.write});
    reads.push_back({(loopback.reads + local.reads) / 2, bytes, (read(loopback) + read(local)) / 2});
  }
  profile[Operation::socket_write] = fit_cost(writes);
  profile[Operation::leave_pod] = fit_cost(leaving);
  profile[Operation::socket_read] = fit_cost(reads);
}

// Processor time between an event and the next write having left, when each message wakes its reader.
double turn_cost(const CostProfile& profile, std::size_t bytes, bool leaves_pod) {
  double cost = profile[Operation::wake_up].fixed_ns;
  const auto add = [&](Operation operation) {
    cost += profile[operation].fixed_ns + profile[operation].per_unit_ns * static_cast<double>(bytes);
  };
  add(Operation::socket_read);
  add(Operation::socket_write);
  if (leaves_pod) add(Operation::leave_pod);
  return cost;
}

// What a way takes beyond processor time.
double delay_of(const WayFigures& way, const CostProfile& profile, bool leaves_pod) {
  std::vector<double> delays;
  for (std::size_t i = 0; i < kSmallMessages; ++i) {
    delays.push_back(way.ping_pong[i].round_trip / 2 - turn_cost(profile, way.ping_pong[i].bytes, leaves_pod));
  }
  return not_negative(median(delays));
}

void derive_delays(const Measurements& measured, CostProfile& profile) {
  const double loopback = delay_of(measured.loopback, profile, false);
  const double local = delay_of(measured.local, profile, true);
  const double wake = not_negative(measured.wake.round_trip / 2 - measured.wake.cpu);
  const double latency = std::min({wake, loopback, local});
  profile.wake_up_latency = std::llround(latency);
  profile.loopback_hop = std::llround(loopback - latency);
  profile.local_hop = std::llround(local - latency);
}

// Beyond what the woken process itself spends more after a pause.
void derive_idle_exit(const WakeFigures& wake, CostProfile& profile) {
  double latency = 0;
  for (std::size_t i = 0; i < kAges.size(); ++i) {
    const double more = wake.delay[i] - wake.delay[0] - (wake.delay_cpu[i] - wake.delay_cpu[0]);
    latency = std::max(latency, more);
    profile.idle_exit.push_back({kAges[i], std::round(latency)});
  }
}

double cold(const CostProfile& profile, Duration age) {
  return value_at(profile.cold, 1, age);
}

void derive_timers(const Measurements& measured, CostProfile& profile) {
  const Duration age = measured.timer.age;
  const double wake_up = profile[Operation::wake_up].fixed_ns;
  const double cpu = measured.timer.cpu / cold(profile, age);
  const double timer = not_negative(cpu - wake_up * measured.timer.sleeps);
  profile[Operation::timer].fixed_ns = timer;
  const double latency = static_cast<double>(profile.wake_up_latency) + value_at(profile.idle_exit, 0, age);
  const double woken = (wake_up + timer) * cold(profile, age);
  profile.timer_lateness = std::llround(not_negative(measured.timer.lateness - latency - woken));
}

void derive_connections(const Measurements& measured, CostProfile& profile) {
  const double wake_up = profile[Operation::wake_up].fixed_ns;
  const ChurnFigures& churn = measured.churn;
  profile[Operation::close].fixed_ns = churn.close;
  profile[Operation::dial].fixed_ns = not_negative(churn.dialling_cpu - churn.close - wake_up * churn.dialling_sleeps);
  profile[Operation::accept].fixed_ns =
      not_negative(churn.accepting_cpu - churn.close - wake_up * churn.accepting_sleeps);
}

// The link's process is woken for each packet of a ping-pong whose way takes as long as asked for: nothing is hot.
void derive_link(const Measurements& measured, CostProfile& profile) {
  const LinkFigures& link = measured.link;
  const Duration age = static_cast<Duration>(link.small.round_trip / 2);
  const double factor = cold(profile, age);
  const auto bytes = static_cast<double>(link.small.bytes);
  const double per_byte =
      not_negative(link.large_cpu - link.small_cpu) / (static_cast<double>(link.large.bytes) - bytes) / factor;
  const double wake_up = profile[Operation::wake_up].fixed_ns;
  profile[Operation::link_segment] = {not_negative(link.small_cpu / factor - wake_up - per_byte * bytes), per_byte};
  const double latency = static_cast<double>(profile.wake_up_latency) + value_at(profile.idle_exit, 0, age);
  const double turn = turn_cost(profile, link.small.bytes, true) * cold(profile, 2 * age);
  profile.link_hop =
      std::llround(not_negative(link.small.round_trip / 2 - static_cast<double>(link.asked) - latency - turn));
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

template <std::size_t count>
OperationCost fit_counted(const std::array<CountedCost, count>& figures) {
  std::vector<CostPoint> points;
  for (const CountedCost& of : figures) points.push_back({of.calls, of.units, of.cost});
  return fit_cost(points);
}

void derive_tls(const TlsWork& tls, CostProfile& profile) {
  std::vector<CostPoint> seal;
  std::vector<CostPoint> open;
  for (std::size_t i = 0; i < tls.bytes.size(); ++i) {
    seal.push_back({1, tls.bytes[i], tls.seal[i]});
    open.push_back({1, tls.bytes[i], tls.open[i]});
  }
  profile[Operation::tls_seal] = fit_cost(seal);
  profile[Operation::tls_open] = fit_cost(open);
  profile[Operation::tls_full_client].fixed_ns = tls.full_client;
  profile[Operation::tls_full_server].fixed_ns = tls.full_server;
  profile[Operation::tls_resumed].fixed_ns = tls.resumed;
}

void derive_redirect(const Measurements& measured, CostProfile& profile) {
  std::vector<CostPoint> writes;
  for (std::size_t i = 0; i < kEchoSizes.size(); ++i) {
    writes.push_back({1, static_cast<double>(kEchoSizes[i]), measured.redirect[i]});
  }
  profile[Operation::redirect] = fit_cost(writes);
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

CostProfile derive_profile(const Measurements& measured) {
  CostProfile profile;
  profile[Operation::wake_up].fixed_ns = wake_up_cost(measured);
  derive_sockets(measured, profile);
  derive_delays(measured, profile);
  derive_idle_exit(measured.wake, profile);
  derive_connections(measured, profile);
  derive_codec(measured, profile);
  profile[Operation::http2_head] = fit_counted(measured.http2.heads);
  profile[Operation::http2_data] = fit_counted(measured.http2.bodies);
  profile[Operation::relay] = fit_counted(measured.http2.relayed);
  derive_tls(measured.tls, profile);
  derive_redirect(measured, profile);
  // A timer's hot cost follows from how cold it was measured, and is a part of what says so.
  for (int i = 0; i < kTimerRounds; ++i) {
    derive_timers(measured, profile);
    derive_roles(measured, profile);
  }
  derive_link(measured, profile);
  derive_spread(measured, profile);
  return profile;
}

}  // namespace meshtwin
