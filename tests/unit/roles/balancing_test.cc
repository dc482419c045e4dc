// Documents that say how requests are shared, played by the real roles: consistent hashing, warm-up, distribute.

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

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

// Which of eight pods answered all requests that carry this value; empty: several did.
std::string pod_of(const std::string& balancer, const std::string& user) {
  const SimRun run(scenario_text("4s", "  echo: {pods: {z: 8}, workers: 100}\n",
                                 rule("loadBalancer: {consistentHash: {" + balancer + "}}") +
                                     "load: [{from: z, to: echo, rate: 50/s, headers: {x-user: " + user + "}}]\n"));
  EXPECT_EQ(run.failed(), 0U) << run.story();
  std::string found;
  for (int pod = 0; pod < 8; ++pod) {
    const std::string name = "echo-z-" + std::to_string(pod);
    if (run.attempts(name) == run.sent()) found = name;
  }
  return found;
}

TEST(ConsistentHash, OneValueIsAnsweredByOnePod) {
  for (const char* balancer : {"httpHeaderName: x-user", "httpHeaderName: x-user, maglev: {}"}) {
    std::set<std::string> pods;
    for (const char* user : {"ann", "bob", "cid", "dan", "eve", "fay"}) {
      const std::string pod = pod_of(balancer, user);
      EXPECT_NE(pod, "") << balancer << ' ' << user;
      pods.insert(pod);
    }
    EXPECT_GT(pods.size(), 2U) << balancer;
  }
  EXPECT_EQ(pod_of("httpHeaderName: x-other", "ann"), "") << "requests without the header are shared by chance";
}

// One of four pods is away from 2 s on and comes back at 16 s: it is new again, and its share grows as the formula
// says.
TEST(Warmup, ARestartedPodGetsMoreAndMore) {
  const std::string rest =
      "load: [{from: z, to: echo, rate: 1000/s, arrivals: constant}]\n"
      "timeline:\n- {at: 2s, fail: {pod: echo-z-0, how: crash}}\n- {at: 16s, restore: {pod: echo-z-0}}\n";
  const std::string services = "  echo: {pods: {z: 4}, workers: 100}\n";
  const SimRun run(
      scenario_text("40s", services, rule("loadBalancer: {simple: ROUND_ROBIN, warmup: {duration: 10s}}") + rest));
  double joined = 16;
  while (joined < 30 && run.attempts("echo-z-0", from(joined, joined + 0.05)) == 0) joined += 0.05;
  ASSERT_LT(joined, 20) << run.story();
  for (int instant = 0; instant < 10; ++instant) {
    const double factor = std::max(0.1, (instant + 0.5) / 10);
    EXPECT_NEAR(run.share("echo-z-0", from(joined + instant, joined + instant + 1)), factor / (3 + factor), 0.012)
        << "second " << instant << " after it joined at " << joined;
  }
  const SimRun without(scenario_text("40s", services, rule("loadBalancer: {simple: ROUND_ROBIN}") + rest));
  EXPECT_NEAR(without.share("echo-z-0", from(joined + 0.2, joined + 1.2)), 0.25, 0.01) << "its whole share at once";
}

TEST(Distribute, LocalitiesShareAsTheRuleSays) {
  const SimRun run(
      "schema: 1\nname: distribute\nseed: 5\nduration: 10s\n"
      "topology: {zones: {a: {region: r}, b: {region: r}, c: {region: r}}, links: [{between: [a, b], rtt: 1ms}, "
      "{between: [b, c], rtt: 1ms}, {between: [a, c], rtt: 1ms}]}\n"
      "mesh: {mode: sidecar}\nservices:\n  echo: {pods: {a: 1, b: 3, c: 2}, workers: 64}\n" +
      rule("loadBalancer: {simple: ROUND_ROBIN, localityLbSetting: {enabled: true, distribute: "
           "[{from: r/a/*, to: {r/a/*: 70, r/b/*: 30}}]}}") +
      "load: [{from: a, to: echo, rate: 200/s}]\n");
  EXPECT_EQ(run.failed(), 0U) << run.story();
  EXPECT_NEAR(run.share("echo-a-"), 0.7, 0.01);
  EXPECT_NEAR(run.share("echo-b-"), 0.3, 0.01);
  EXPECT_EQ(run.share("echo-c-"), 0);
}

}  // namespace
}  // namespace meshtwin
