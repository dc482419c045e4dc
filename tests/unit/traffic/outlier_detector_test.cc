#include "mesh/traffic/outlier_detector.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>

namespace meshtwin {
namespace {

constexpr auto kOk = UpstreamOutcome::success;
constexpr auto k5xx = UpstreamOutcome::error_5xx;
constexpr auto kGateway = UpstreamOutcome::gateway_error;
constexpr auto kRefused = UpstreamOutcome::connect_failed;
constexpr auto kTimeout = UpstreamOutcome::timeout;

// A detector with its hosts; what happens is written down as "3s eject 1 consecutive_5xx".
class Bench {
 public:
  explicit Bench(const OutlierConfig& config, std::size_t hosts = 10) {
    for (std::uint32_t i = 0; i < hosts; ++i) records_.emplace_back(SocketAddress{i, 80});
    detector_.configure(config);
    detector_.set_host_count(hosts);
    detector_.start(0);
  }

  void report(std::uint32_t host, std::initializer_list<UpstreamOutcome> outcomes, Time now = 0) {
    for (const UpstreamOutcome outcome : outcomes) report(host, outcome, 1, now);
  }
  void report(std::uint32_t host, UpstreamOutcome outcome, int times, Time now = 0) {
    for (int i = 0; i < times; ++i) detector_.report(records_[host], outcome, now, random_, events_);
    write(now);
  }
  // `ok` answers of `total` were good.
  void rate(std::uint32_t host, int ok, int total) {
    for (int i = 0; i < total; ++i) report(host, i < ok ? kOk : k5xx, 1);
  }
  void tick(Time now) {
    std::vector<OutlierRecord*> hosts;
    for (OutlierRecord& record : records_) hosts.push_back(&record);
    detector_.tick(hosts, now, random_, events_);
    write(now);
  }
  void tick_until(Time end, Duration interval) {
    for (Time now = detector_.next_tick(); now <= end; now += interval) tick(now);
  }
  std::vector<std::string> take() { return std::exchange(story_, {}); }
  OutlierDetector& detector() { return detector_; }
  OutlierRecord& record(std::uint32_t host) { return records_[host]; }

 private:
  void write(Time now) {
    for (const EjectionEvent& event : events_) {
      story_.push_back(std::to_string(now / kSecond) + "s " + (event.ejected ? "eject " : "return ") +
                       std::to_string(event.host.ip) + (event.ejected ? std::string(" ") + event.reason : ""));
    }
    events_.clear();
  }

  std::deque<OutlierRecord> records_;
  OutlierDetector detector_;
  RandomStream random_{7, "outlier"};
  std::vector<EjectionEvent> events_;
  std::vector<std::string> story_;
};

using Story = std::vector<std::string>;

OutlierConfig consecutive_only() {
  OutlierConfig config;
  config.enforcing_success_rate = 0;
  config.max_ejection_percent = 100;
  return config;
}

TEST(OutlierDetector, EjectsAtTheFifthFailureInARow) {
  struct {
    const char* what;
    std::vector<UpstreamOutcome> outcomes;
    Story story;
  } const rows[] = {
      {"four are not enough", {k5xx, k5xx, k5xx, k5xx}, {}},
      {"five 5xx", {k5xx, k5xx, k5xx, k5xx, k5xx}, {"0s eject 3 consecutive_5xx"}},
      {"a good answer starts again", {k5xx, k5xx, k5xx, k5xx, kOk, k5xx, k5xx, k5xx, k5xx}, {}},
      {"gateway errors are 5xx as well", {k5xx, kGateway, kGateway, k5xx, kGateway}, {"0s eject 3 consecutive_5xx"}},
      {"without the split, local failures too",
       {kRefused, kTimeout, kRefused, k5xx, kTimeout},
       {"0s eject 3 consecutive_5xx"}},
      {"an ejected host is not ejected again", std::vector<UpstreamOutcome>(20, k5xx), {"0s eject 3 consecutive_5xx"}},
  };
  for (const auto& row : rows) {
    Bench bench(consecutive_only());
    for (const UpstreamOutcome outcome : row.outcomes) bench.report(3, outcome, 1);
    EXPECT_EQ(bench.take(), row.story) << row.what;
  }
}

TEST(OutlierDetector, GatewayFailuresHaveTheirOwnCount) {
  OutlierConfig config = consecutive_only();
  config.consecutive_gateway_failure = 3;
  config.enforcing_consecutive_gateway_failure = 100;
  Bench bench(config);
  bench.report(0, {kGateway, kGateway, k5xx, kGateway});  // an internal error is not a gateway's
  EXPECT_EQ(bench.take(), Story{});
  bench.report(1, {kGateway, kRefused, kTimeout});
  EXPECT_EQ(bench.take(), Story{"0s eject 1 consecutive_gateway_failure"});

  config.enforcing_consecutive_gateway_failure = 0;
  Bench not_enforced(config);
  not_enforced.report(0, kGateway, 4);
  EXPECT_EQ(not_enforced.take(), Story{});
  not_enforced.report(0, kGateway, 1);
  EXPECT_EQ(not_enforced.take(), Story{"0s eject 0 consecutive_5xx"});
}

TEST(OutlierDetector, ZeroThresholdNeverEjects) {
  OutlierConfig config = consecutive_only();
  config.consecutive_5xx = 0;
  Bench bench(config);
  bench.report(0, k5xx, 100);
  EXPECT_EQ(bench.take(), Story{});
}

TEST(OutlierDetector, SplitModeCountsLocalFailuresApart) {
  OutlierConfig config = consecutive_only();
  config.split_external_local_origin_errors = true;
  config.consecutive_local_origin_failure = 3;
  Bench bench(config);
  bench.report(
      0, {k5xx, k5xx, kRefused, k5xx, k5xx, kRefused, k5xx});  // an answer, even a bad one, means it can be reached
  EXPECT_EQ(bench.take(), Story{"0s eject 0 consecutive_5xx"});
  bench.report(1, {kRefused, kTimeout, kOk, kRefused, kTimeout});
  EXPECT_EQ(bench.take(), Story{});
  bench.report(1, {kTimeout});
  EXPECT_EQ(bench.take(), Story{"0s eject 1 consecutive_local_origin_failure"});
}

TEST(OutlierDetector, MaxEjectionPercentCountsAllHosts) {
  struct {
    std::size_t hosts;
    std::uint32_t percent;
    bool always_one;
    std::size_t ejected;  // when every host fails
  } const rows[] = {{10, 10, false, 1}, {9, 10, false, 0}, {9, 10, true, 1},   {19, 10, false, 1}, {20, 10, false, 2},
                    {4, 50, false, 2},  {3, 50, false, 1}, {4, 100, false, 4}, {4, 0, false, 0},   {4, 0, true, 1},
                    {3, 33, false, 0},  {3, 34, false, 1}, {4, 1000, false, 4}};
  for (const auto& row : rows) {
    OutlierConfig config = consecutive_only();
    config.max_ejection_percent = row.percent;
    config.always_eject_one_host = row.always_one;
    Bench bench(config, row.hosts);
    for (std::uint32_t host = 0; host < row.hosts; ++host) bench.report(host, k5xx, 5);
    EXPECT_EQ(bench.take().size(), row.ejected) << row.hosts << " hosts, " << row.percent << " %, " << row.always_one;
  }
}

TEST(OutlierDetector, ReturnsAtTheFirstTickAfterItsTime) {
  OutlierConfig config = consecutive_only();  // interval 10 s, base 30 s
  Bench bench(config);
  bench.report(0, k5xx, 5, 3 * kSecond);
  bench.tick_until(60 * kSecond, 10 * kSecond);
  EXPECT_EQ(bench.take(), (Story{"3s eject 0 consecutive_5xx", "40s return 0"}));
  bench.report(0, k5xx, 4, 41 * kSecond);
  EXPECT_EQ(bench.take(), Story{}) << "the counts start again on return";
}

TEST(OutlierDetector, EachEjectionLastsLongerUpToTheLimitAndForgivesByInterval) {
  OutlierConfig config = consecutive_only();
  config.base_ejection_time = 30 * kSecond;
  config.max_ejection_time = 70 * kSecond;
  Bench bench(config);
  const auto cycle = [&](Time at, Time until) {  // fails at once after its return
    bench.report(0, k5xx, 5, at);
    bench.tick_until(until, 10 * kSecond);
    return bench.take();
  };
  EXPECT_EQ(cycle(1 * kSecond, 40 * kSecond), (Story{"1s eject 0 consecutive_5xx", "40s return 0"}));
  EXPECT_EQ(cycle(41 * kSecond, 110 * kSecond), (Story{"41s eject 0 consecutive_5xx", "110s return 0"}));  // 2 x 30
  EXPECT_EQ(cycle(111 * kSecond, 190 * kSecond),
            (Story{"111s eject 0 consecutive_5xx", "190s return 0"}));  // 3 x 30 > 70
  EXPECT_EQ(bench.record(0).multiplier, 3U);
  EXPECT_EQ(cycle(191 * kSecond, 270 * kSecond), (Story{"191s eject 0 consecutive_5xx", "270s return 0"}));
  EXPECT_EQ(bench.record(0).multiplier, 4U) << "(max + base)/base bounds it";
  EXPECT_EQ(cycle(271 * kSecond, 350 * kSecond).size(), 2U);
  EXPECT_EQ(bench.record(0).multiplier, 4U);
  bench.tick_until(370 * kSecond, 10 * kSecond);  // two healthy intervals
  EXPECT_EQ(bench.record(0).multiplier, 2U);
  bench.tick_until(500 * kSecond, 10 * kSecond);
  EXPECT_EQ(bench.record(0).multiplier, 0U);
}

TEST(OutlierDetector, JitterDelaysTheReturn) {
  OutlierConfig config = consecutive_only();
  config.interval = kSecond;
  config.base_ejection_time = 10 * kSecond;
  config.max_ejection_time_jitter = 20 * kSecond;
  Bench bench(config, 40);
  for (std::uint32_t host = 0; host < 40; ++host) bench.report(host, k5xx, 5);
  bench.take();
  bench.tick_until(9 * kSecond, kSecond);
  EXPECT_EQ(bench.take().size(), 0U);
  bench.tick_until(20 * kSecond, kSecond);
  const std::size_t half_way = bench.take().size();
  EXPECT_GT(half_way, 8U);
  EXPECT_LT(half_way, 32U);
  bench.tick_until(30 * kSecond, kSecond);
  EXPECT_EQ(half_way + bench.take().size(), 40U);
}

// Four hosts at 100 %, one at 50 %: mean 90, deviation 20, limit 90 - 1.9*20 = 52 %.
TEST(OutlierDetector, SuccessRateEjectsBelowMeanLessDeviations) {
  struct {
    const char* what;
    int ok;      // of 100 by host 4
    int volume;  // requests to each host
    int hosts;
    Story story;
  } const rows[] = {
      {"below the limit", 50, 100, 5, {"10s eject 4 success_rate"}},
      {"too few requests", 50, 99, 5, {}},
      {"too few hosts", 50, 100, 4, {}},
      {"all alike", 100, 100, 5, {}},
  };
  for (const auto& row : rows) {
    OutlierConfig config;
    config.consecutive_5xx = 0;
    config.max_ejection_percent = 100;
    Bench bench(config);
    for (int host = 5 - row.hosts; host < 4; ++host) bench.rate(host, row.volume, row.volume);
    bench.rate(4, row.ok, row.volume);
    bench.tick(9 * kSecond);
    EXPECT_EQ(bench.take(), Story{}) << row.what << ": not before the interval is over";
    bench.tick(10 * kSecond);
    EXPECT_EQ(bench.take(), row.story) << row.what;
  }
}

TEST(OutlierDetector, RatesCountOneIntervalOnly) {
  OutlierConfig config;
  config.consecutive_5xx = 0;
  config.max_ejection_percent = 100;
  Bench bench(config);
  for (std::uint32_t host = 0; host < 5; ++host) bench.rate(host, host == 4 ? 30 : 60, 60);
  bench.tick(10 * kSecond);
  for (std::uint32_t host = 0; host < 5; ++host) bench.rate(host, host == 4 ? 30 : 60, 60);
  bench.tick(20 * kSecond);
  EXPECT_EQ(bench.take(), Story{}) << "60 requests in each of two intervals are never 100 in one";
}

TEST(OutlierDetector, FailurePercentageEjectsAtTheThreshold) {
  OutlierConfig config;
  config.consecutive_5xx = 0;
  config.enforcing_success_rate = 0;
  config.enforcing_failure_percentage = 100;
  config.max_ejection_percent = 100;
  Bench bench(config);
  for (std::uint32_t host = 0; host < 5; ++host) bench.rate(host, 100, 100);
  bench.rate(5, 16, 100);  // 84 % failed
  bench.rate(6, 15, 100);  // 85 % failed
  bench.rate(7, 0, 49);    // below the volume
  bench.tick(10 * kSecond);
  EXPECT_EQ(bench.take(), Story{"10s eject 6 failure_percentage"});
}

TEST(OutlierDetector, EnforcingPercentageEjectsThatShare) {
  OutlierConfig config = consecutive_only();
  config.enforcing_consecutive_5xx = 30;
  Bench bench(config, 2000);
  for (std::uint32_t host = 0; host < 2000; ++host) bench.report(host, k5xx, 5);
  const auto ejected = static_cast<double>(bench.take().size());
  EXPECT_NEAR(ejected, 600, 5 * 20.5);  // five deviations of the binomial
}

TEST(OutlierDetector, AHostThatLeftFreesItsPlace) {
  OutlierConfig config = consecutive_only();
  config.max_ejection_percent = 10;
  Bench bench(config, 10);
  bench.report(0, k5xx, 5);
  bench.report(1, k5xx, 5);
  EXPECT_EQ(bench.take(), Story{"0s eject 0 consecutive_5xx"});
  bench.detector().forget(bench.record(0));
  bench.report(1, k5xx, 5);
  EXPECT_EQ(bench.take(), Story{"0s eject 1 consecutive_5xx"});
}

TEST(OutlierDetector, WithoutConfigurationNothingHappens) {
  OutlierDetector detector;
  detector.configure(std::nullopt);
  detector.set_host_count(1);
  detector.start(5);
  EXPECT_EQ(detector.next_tick(), 0);
  OutlierRecord host({1, 80});
  RandomStream random(1, "x");
  std::vector<EjectionEvent> events;
  for (int i = 0; i < 100; ++i) detector.report(host, k5xx, i, random, events);
  EXPECT_TRUE(events.empty());
}

}  // namespace
}  // namespace meshtwin
