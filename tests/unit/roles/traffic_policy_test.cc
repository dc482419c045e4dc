// What an Istio DestinationRule asks of a proxy, played by the real roles: retries, circuit breakers, connection pools;
// and that their counters come back to zero, for a counter that does not refuses everything in the end.

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/roles/sim_run.h"

namespace meshtwin {
namespace {

using testing_roles::from;
using testing_roles::scenario_text;
using testing_roles::SimRun;

std::string rule(const std::string& policy) {
  return "resources:\n- apiVersion: networking.istio.io/v1\n  kind: DestinationRule\n  metadata: {name: echo}\n"
         "  spec: {host: echo, trafficPolicy: {" +
         policy + "}}\n";
}
std::string echo(int pods, const std::string& compute) {
  return "  echo: {pods: {z: " + std::to_string(pods) + "}, workers: 100, handler: [{compute: " + compute + "}]}\n";
}
const std::string kCrash = "timeline: [{at: 2s, fail: {pod: echo-z-0, how: crash}}]\n";

TEST(Retry, ARetrySkipsTheHostThatFailed) {
  const SimRun run(scenario_text("10s", echo(2, "1ms"),
                                 rule("loadBalancer: {simple: ROUND_ROBIN}") +
                                     "load: [{from: z, to: echo, rate: 100/s, arrivals: constant}]\n" + kCrash));
  EXPECT_GT(run.failed_attempts("echo-z-0", "CONNECT_REFUSED"), 300U) << "nothing ejects it";
  EXPECT_EQ(run.retries("echo-z-0"), 0U);
  EXPECT_EQ(run.retries("echo-z-1"), run.failed_attempts("echo-z-0", "CONNECT_REFUSED"));
  EXPECT_LE(run.failed(), 1U) << run.story();
}

// Two retries: after up to 25 ms, and after up to 75 ms.
TEST(Retry, TheBackOffGrows) {
  const SimRun run(scenario_text("9s", echo(1, "1ms"),
                                 "load: [{from: z, to: echo, rate: 10/s, arrivals: constant, begin: 3s}]\n" + kCrash));
  EXPECT_EQ(run.failed("HTTP_5XX"), run.sent());
  ASSERT_EQ(run.attempt_records.size(), 3 * run.sent()) << run.story();
  Duration first = 0;
  Duration second = 0;
  for (std::size_t i = 0; i < run.attempt_records.size(); i += 3) {
    const auto& tries = &run.attempt_records[i];
    first = std::max(first, tries[1].at - tries[0].done);
    second = std::max(second, tries[2].at - tries[1].done);
    EXPECT_FALSE(tries[0].retry);
    EXPECT_TRUE(tries[1].retry && tries[2].retry);
  }
  EXPECT_GT(first, 15 * kMillisecond);
  EXPECT_LE(first, 25 * kMillisecond);
  EXPECT_GT(second, 50 * kMillisecond);
  EXPECT_LE(second, 75 * kMillisecond);
}

TEST(Retry, OnlySoManyAtATime) {
  const auto failed = [](const std::string& retries) {
    const SimRun run(scenario_text(
        "6s", echo(2, "1ms"),
        rule("loadBalancer: {simple: ROUND_ROBIN}, connectionPool: {http: {maxRetries: " + retries + "}}") +
            "load: [{from: z, to: echo, rate: 1000/s, begin: 3s}]\n" + kCrash));
    EXPECT_EQ(run.failed(), run.failed("HTTP_5XX"));
    return run.failed();
  };
  EXPECT_GT(failed("1"), 1000U);
  EXPECT_EQ(failed("1000"), 0U);
}

// Clients that go away between two tries: each would have kept one of the retries allowed for ever.
TEST(Breaker, ARetryThatNeverBeganIsCountedOut) {
  const SimRun run(scenario_text(
      "12s", echo(2, "1ms"),
      rule("loadBalancer: {simple: ROUND_ROBIN}, connectionPool: {http: {maxRetries: 2}}") +
          "load: [{from: z, to: echo, rate: 50/s, arrivals: constant, begin: 3s, timeout: 5ms}]\n" + kCrash));
  EXPECT_GT(run.failed("TIMEOUT"), 100U) << "they did go away";
  EXPECT_GT(run.retries("echo-z-1", from(9)), 5U) << "and others are still tried again";
  EXPECT_LT(run.failed("HTTP_5XX"), 10U) << run.story();
}

TEST(Breaker, ARequestThatIsOverIsCountedOut) {
  const SimRun run(scenario_text("10s", echo(2, "1ms"),
                                 rule("connectionPool: {http: {http2MaxRequests: 2}}") +
                                     "load: [{from: z, to: echo, rate: 100/s, arrivals: constant}]\n"));
  EXPECT_EQ(run.sent(), 1000U);
  EXPECT_EQ(run.failed(), 0U) << run.story();
}

// The most under way at one time, from the records of what was let through.
std::size_t most_at_once(const SimRun& run) {
  std::vector<std::pair<Time, int>> edges;
  for (const AttemptRecord& attempt : run.attempt_records) {
    if (attempt.status != 200) continue;
    edges.emplace_back(attempt.at, 1);
    edges.emplace_back(attempt.done, -1);
  }
  std::ranges::sort(edges);  // at one instant those that end come first
  int now = 0;
  int most = 0;
  for (const auto& [at, change] : edges) most = std::max(most, now += change);
  return static_cast<std::size_t>(most);
}

struct Limit {
  const char* what;
  const char* policy;
  std::size_t at_once;  // requests let through at a time, of ten clients
};

class BreakerLimit : public testing::TestWithParam<Limit> {};

TEST_P(BreakerLimit, HoldsAndLetsGo) {
  const Limit limit = GetParam();
  const SimRun run(scenario_text("20s", echo(1, "100ms"),
                                 rule(std::string("connectionPool: ") + limit.policy) +
                                     "load:\n- {from: z, to: echo, clients: 10, think: 10ms, end: 10s}\n"
                                     // Two of the clients later: nothing is left of the crowd.
                                     "- {from: z, to: echo, rate: 4/s, arrivals: constant, begin: 11s}\n"));
  EXPECT_EQ(most_at_once(run), limit.at_once) << limit.what;
  EXPECT_EQ(run.failed(), run.failed("HTTP_5XX"));
  EXPECT_EQ(run.failed(from(11)), 0U) << limit.what << '\n' << run.story();
  EXPECT_EQ(run.failed(from(0, 11)) > 0, limit.at_once < 10) << limit.what;
}

INSTANTIATE_TEST_SUITE_P(
    Limits, BreakerLimit,
    testing::Values(Limit{"none", "{http: {maxRetries: 1}}", 10}, Limit{"requests", "{http: {http2MaxRequests: 4}}", 4},
                    // Three that run, and one that waits for one of their connections.
                    Limit{"connections", "{tcp: {maxConnections: 3}, http: {http1MaxPendingRequests: 1}}", 4}),
    [](const auto& info) { return std::string(info.param.what); });

// Each connection serves so many requests: from outside, it makes no difference.
TEST(ConnectionPool, AConnectionIsUsedAsOftenAsItMayBe) {
  const SimRun run(scenario_text(
      "5s", echo(2, "1ms"),
      rule("connectionPool: {http: {maxRequestsPerConnection: 3}}") + "load: [{from: z, to: echo, rate: 500/s}]\n"));
  EXPECT_EQ(run.failed(), 0U) << run.story();
  EXPECT_GT(run.sent(), 2000U);
}

}  // namespace
}  // namespace meshtwin
