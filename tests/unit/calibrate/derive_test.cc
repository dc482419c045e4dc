// The arithmetic between measurements and the profile. Measurements are made up from known costs, as an undisturbed
// host would give them; the profile must give those costs back.

#include "emu/calibrate/derive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "emu/calibrate/blocks.h"

namespace meshtwin {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

struct Truth {
  double wake_up = 3000;
  double latency = 9000;
  OperationCost read{1500, 0.05};
  OperationCost write{7000, 0.15};
  double leaving = 1200;  // the pod
  double loopback_hop = 1000;
  double local_hop = 4000;
};

double cost(const OperationCost& operation, double calls, double units) {
  return operation.fixed_ns * calls + operation.per_unit_ns * units;
}

WayFigures way(const Truth& truth, double hop, double leaving) {
  WayFigures figures;
  for (std::size_t i = 0; i < kEchoSizes.size(); ++i) {
    const std::size_t bytes = kEchoSizes[i];
    const auto size = static_cast<double>(bytes);
    const double reads = bytes > 60000 ? 1.5 : 1;
    EchoFigures ping_pong;
    ping_pong.bytes = bytes;
    ping_pong.reads = reads;
    ping_pong.sleeps = 1;
    ping_pong.cpu = cost(truth.read, reads, size) + cost(truth.write, 1, size) + leaving + truth.wake_up;
    ping_pong.round_trip = 2 * (ping_pong.cpu + truth.latency + hop);
    EchoFigures burst = ping_pong;
    burst.sleeps = 0.05;
    burst.write = ping_pong.cpu - cost(truth.read, reads, size) - truth.wake_up;
    burst.cpu = ping_pong.cpu - 0.95 * truth.wake_up;
    figures.ping_pong[i] = ping_pong;
    figures.burst[i] = burst;
  }
  return figures;
}

constexpr double kDisplaced = 1.4;  // where there are sidecars
constexpr std::array<double, kAges.size()> kCold = {1, 1.5, 2.5, 4};

std::vector<TablePoint> cold_points() {
  std::vector<TablePoint> points;
  for (std::size_t i = 0; i < kAges.size(); ++i) points.push_back({kAges[i], kCold[i]});
  return points;
}

void did(ChainRoleFigures& figures, Operation operation, double calls, double amount, Duration age) {
  const auto place = static_cast<std::size_t>(operation);
  figures.calls[place] += calls;
  figures.amounts[place] += amount;
  const auto shares = shares_of_ages(age);
  for (std::size_t i = 0; i < kAges.size(); ++i) figures.ages[place][i] += calls * shares[i];
}

// A role of a chain at some rate: half of what it does is as old as the time between two requests, half of it younger.
ChainRoleFigures role(double own, Operation operation, double rate, const CostProfile& known, bool displaced) {
  const auto age = static_cast<Duration>(1e9 / rate);
  ChainRoleFigures figures;
  figures.sleeps = 2;
  for (const Duration half : {age, 200 * kMicrosecond}) {
    did(figures, Operation::wake_up, 1, 1, half);
    did(figures, Operation::socket_read, 1, 300, half);
    did(figures, Operation::http_parse, 1, 200, half);
  }
  did(figures, operation, 1, 1, age);
  CostProfile all = known;
  all.cold = cold_points();
  all[operation] = {own, 0};
  figures.cpu = modelled_cpu(all, figures, false) * (displaced ? kDisplaced : 1);
  return figures;
}

Measurements measurements(const Truth& truth) {
  Measurements made;
  made.loopback = way(truth, truth.loopback_hop, 0);
  made.local = way(truth, truth.local_hop, truth.leaving);
  made.wake = {truth.wake_up + 1000,
               2 * (truth.wake_up + 1000 + truth.latency),
               {10000, 13000, 20000, 19000},
               {4000, 5000, 7000, 7000}};
  made.churn = {30000 + 2000 + truth.wake_up * 0.5, 0.5, 12000 + 2000 + truth.wake_up * 0.25, 0.25, 2000};
  made.timer = {800 + truth.wake_up, 1, 5000 + truth.latency + truth.wake_up + 800, kAges.front()};
  made.link.asked = kMillisecond;
  made.link.small = made.local.ping_pong[0];
  const double turn = made.link.small.cpu + truth.latency;
  made.link.small.round_trip = 2 * (kMillisecond + turn + 25000);
  made.link.small_cpu = truth.wake_up + 2500 + 0.1;
  made.link.large.bytes = 10000;
  made.link.large_cpu = truth.wake_up + 2500 + 1000;
  made.codec.heads = {{{100, 700, 200, 800}, {200, 900, 300, 1000}, {400, 1300, 500, 1400}}};
  made.codec.body_per_byte = 0.01;
  made.tls = {400000,
              300000,
              90000,
              {200, 16384},
              {700 + 0.5 * 200, 700 + 0.5 * 16384},
              {800 + 0.25 * 200, 800 + 0.25 * 16384}};
  for (std::size_t i = 0; i < kEchoSizes.size(); ++i)
    made.redirect[i] = 3000 + 0.125 * static_cast<double>(kEchoSizes[i]);
  made.control = {{100, 10000}, {5000, 104000}};
  CostProfile known;
  known[Operation::wake_up].fixed_ns = truth.wake_up;
  known[Operation::socket_read] = truth.read;
  known[Operation::http_parse] = {500, 2};
  for (std::size_t i = 0; i < kChainPlaces.size(); ++i) {
    const auto& [sidecars, rate] = kChainPlaces[i];
    auto& roles = made.chains[i].roles;
    roles[0] = role(4000, Operation::request_work, rate, known, sidecars);
    roles[3] = role(2000, Operation::request_work, rate, known, sidecars);
    if (!sidecars) continue;
    roles[1] = role(4000, Operation::route, rate, known, sidecars);
    roles[2] = role(4000, Operation::route, rate, known, sidecars);
  }
  // The link's process was as cold as its round trip says.
  const double factor = value_at(cold_points(), 1, static_cast<Duration>(made.link.small.round_trip / 2));
  made.link.small_cpu *= factor;
  made.link.large_cpu *= factor;
  return made;
}

TEST(Derive, GivesBackTheCostsThatMadeTheMeasurements) {
  const Truth truth;
  const CostProfile profile = derive_profile(measurements(truth));
  const struct {
    Operation operation;
    OperationCost expected;
  } rows[] = {
      {Operation::tls_full_client, {400000, 0}},
      {Operation::tls_full_server, {300000, 0}},
      {Operation::tls_resumed, {90000, 0}},
      {Operation::tls_seal, {700, 0.5}},
      {Operation::tls_open, {800, 0.25}},
      {Operation::redirect, {3000, 0.125}},
      {Operation::wake_up, {3000, 0}},
      {Operation::socket_read, {1500, 0.05}},
      {Operation::socket_write, {7000, 0.15}},
      {Operation::leave_pod, {1200, 0}},
      {Operation::dial, {30000, 0}},
      {Operation::accept, {12000, 0}},
      {Operation::close, {2000, 0}},
      {Operation::timer, {800, 0}},
      {Operation::link_segment, {2500, 0.1}},
      {Operation::http_parse, {500, 2}},
      {Operation::http_serialize, {400, 2}},
      {Operation::http_body, {0, 0.01}},
      {Operation::control_apply, {4000, 10}},
      {Operation::route, {2000, 0}},
      {Operation::balance, {2000, 0}},
      {Operation::request_work, {2000, 2000}},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(name_of(row.operation));
    EXPECT_NEAR(profile[row.operation].fixed_ns, row.expected.fixed_ns, 0.001 * row.expected.fixed_ns + 0.5);
    EXPECT_NEAR(profile[row.operation].per_unit_ns, row.expected.per_unit_ns, 0.001 * row.expected.per_unit_ns + 1e-4);
  }
  EXPECT_NEAR(profile.wake_up_latency, 9000, 1);
  EXPECT_NEAR(profile.loopback_hop, 1000, 1);
  EXPECT_NEAR(profile.local_hop, 4000, 1);
  EXPECT_NEAR(profile.timer_lateness, 5000, 1);
  // The turn at the link's far ends was made up hot: what of it was not is taken for the turn's.
  EXPECT_LE(profile.link_hop, 25000);
  for (std::size_t i = 0; i < kAges.size(); ++i) {
    EXPECT_EQ(profile.cold[i].at, kAges[i]);
    EXPECT_NEAR(profile.cold[i].value, kCold[i], 0.02) << i;
  }
  EXPECT_NEAR(profile.displaced.back().value, kDisplaced, 0.01);
  const double exits[] = {0, 2000, 7000, 7000};  // never less after a longer pause
  for (std::size_t i = 0; i < kAges.size(); ++i) EXPECT_NEAR(profile.idle_exit[i].value, exits[i], 1) << i;
}

// What the simulator will make of a ping-pong: both ways, processor time and wall time.
TEST(Derive, ModelledPingPongTakesTheMeasuredTime) {
  const Truth truth;
  const Measurements measured = measurements(truth);
  const CostProfile profile = derive_profile(measured);
  for (const bool leaves : {false, true}) {
    const WayFigures* figures = leaves ? &measured.local : &measured.loopback;
    const Duration hop = leaves ? profile.local_hop : profile.loopback_hop;
    for (std::size_t i = 0; i < 2; ++i) {
      const EchoFigures& echo = figures->ping_pong[i];
      const auto bytes = static_cast<std::int64_t>(echo.bytes);
      const Duration cpu = cost_of(profile, Operation::wake_up, 1) + cost_of(profile, Operation::socket_read, bytes) +
                           cost_of(profile, Operation::socket_write, bytes) +
                           (leaves ? cost_of(profile, Operation::leave_pod, bytes) : 0);
      EXPECT_NEAR(static_cast<double>(cpu), echo.cpu, 0.005 * echo.cpu) << bytes;
      EXPECT_NEAR(static_cast<double>(cpu + profile.wake_up_latency + hop), echo.round_trip / 2,
                  0.005 * echo.round_trip)
          << bytes;
    }
  }
}

TEST(Derive, NothingBecomesNegativeOnAHostThatIsTooBusyToTell) {
  Measurements measured = measurements(Truth());
  for (WayFigures* way : {&measured.loopback, &measured.local}) {
    for (EchoFigures& echo : way->ping_pong) {
      echo.cpu /= 2;          // less than the burst
      echo.round_trip = 100;  // less than the processor time
    }
  }
  measured.wake.round_trip = 0;
  measured.timer = {};
  measured.churn.dialling_cpu = 0;
  measured.link.large_cpu = 0;
  for (ChainFigures& chain : measured.chains) {
    for (ChainRoleFigures& role : chain.roles) role.cpu = 1;
  }
  const CostProfile profile = derive_profile(measured);
  for (std::size_t i = 0; i < kOperationCount; ++i) {
    EXPECT_GE(profile.operations[i].fixed_ns, 0) << kOperationNames[i];
    EXPECT_GE(profile.operations[i].per_unit_ns, 0) << kOperationNames[i];
  }
  for (const Duration delay :
       {profile.wake_up_latency, profile.timer_lateness, profile.local_hop, profile.loopback_hop, profile.link_hop}) {
    EXPECT_GE(delay, 0);
  }
  EXPECT_NO_THROW(parse_cost_profile(to_json(profile), "busy"));
}

TEST(FitCost, Table) {
  const struct {
    const char* name;
    std::vector<CostPoint> points;
    OperationCost expected;
  } rows[] = {
      {"a line", {{1, 0, 100}, {1, 1000, 300}, {1, 2000, 500}}, {100, 0.2}},
      {"several calls for one amount", {{1, 10, 110}, {3, 10, 310}}, {100, 1}},
      {"one size says nothing about bytes", {{1, 10, 100}, {1, 10, 100}}, {100, 0}},
      {"cheaper when larger: no negative part", {{1, 0, 100}, {1, 1000, 100}, {1, 2000, 100}}, {100, 0}},
      {"through the origin: no negative part", {{1, 100, 90}, {1, 1000, 1010}, {1, 1000, 990}}, {0, 0.9617}},
      {"nothing measured", {{1, 10, 0}}, {0, 0}},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const OperationCost fitted = fit_cost(row.points);
    EXPECT_NEAR(fitted.fixed_ns, row.expected.fixed_ns, 1e-6);
    EXPECT_NEAR(fitted.per_unit_ns, row.expected.per_unit_ns, 1e-4);
  }
}

TEST(QuietMedians, AreThoseOfTheQuarterThatTookLeast) {
  // Wall time, a figure. The disturbed blocks have other figures.
  const std::vector<std::vector<double>> blocks = {{50, 9}, {11, 2}, {10, 1}, {90, 8}, {12, 3}, {60, 7},
                                                   {70, 7}, {80, 7}, {55, 9}, {56, 9}, {57, 9}, {58, 9}};
  EXPECT_THAT(quiet_medians(blocks), ElementsAre(DoubleNear(11, 1e-9), DoubleNear(2, 1e-9)));
  EXPECT_THAT(quiet_medians({{5, 6}}), ElementsAre(5, 6));
}

// One round has its echoes disturbed, another its timers and its link: the profile is that of none of them, and says
// so.
TEST(CombineRounds, TakesTheMedianOfEachMeasurement) {
  std::vector<Measurements> rounds(3, measurements(Truth()));
  for (WayFigures* way : {&rounds[0].loopback, &rounds[0].local}) {
    for (auto* echoes : {&way->ping_pong, &way->burst}) {
      for (EchoFigures& echo : *echoes) {
        echo.cpu *= 3;
        echo.write *= 2;
        echo.round_trip *= 4;
      }
    }
  }
  rounds[1].timer.cpu *= 2;
  rounds[1].link.small_cpu *= 5;
  rounds[1].wake.round_trip *= 2;
  for (ChainFigures& chain : rounds[2].chains) {
    for (ChainRoleFigures& role : chain.roles) role.cpu *= 2;
    chain.others = 0.4;
  }
  rounds[2].churn.dialling_cpu /= 2;  // and something came cheaper than it is
  const CostProfile expected = derive_profile(measurements(Truth()));
  const Calibration calibration = combine_rounds(rounds);
  EXPECT_EQ(to_json(calibration.profile), to_json(expected));
  std::map<std::string, double> spread;
  for (const Confidence& row : calibration.confidence) spread[row.value] = row.spread;
  for (const char* disturbed : {"socket_write.fixed_ns", "timer.fixed_ns", "link_segment.fixed_ns", "route.fixed_ns"}) {
    EXPECT_GT(spread.at(disturbed), 0.3) << disturbed;
  }
  EXPECT_EQ(spread.at("http_parse.fixed_ns"), 0);
  EXPECT_NE(to_table(calibration).find("socket_write.fixed_ns"), std::string::npos);
}

}  // namespace
}  // namespace meshtwin
