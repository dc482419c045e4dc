#include "results/convergence.h"

#include <gtest/gtest.h>

#include "results/verdict.h"
#include "tests/unit/results/made_up_run.h"

namespace meshtwin {
namespace {

TEST(Convergence, IsFromTheChangeToEachProxysFirstEffect) {
  RunStore store;
  store.event({2 * kSecond, "config_change", "VirtualService reviews", "version 3"});
  store.event({2 * kSecond, "config_change", "DestinationRule reviews", "version 3"});
  store.event({5 * kSecond, "config_change", "VirtualService ratings", "version 4"});
  store.event({kSecond, "config_applied", "a", "version 2"});
  store.event({2 * kSecond + 100 * kMillisecond, "config_applied", "a", "version 3"});
  store.event({2 * kSecond + 300 * kMillisecond, "config_applied", "b", "version 3"});
  store.event({4 * kSecond, "config_applied", "b", "version 3"});
  const std::vector<Convergence> changes = convergences_of(store);
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0], (Convergence{2 * kSecond, "version 3", 2, 100 * kMillisecond, 300 * kMillisecond}));
  EXPECT_EQ(changes[1], (Convergence{5 * kSecond, "version 4", 0, 0, 0}));

  Expectation expectation;
  expectation.metric = Expectation::Metric::convergence;
  expectation.at_most = 0.3;
  expectation.end = 5 * kSecond;
  EXPECT_TRUE(evaluate(expectation, store, two_zone_subject(), {}).pass);
  expectation.at_most = 0.299;
  EXPECT_FALSE(evaluate(expectation, store, two_zone_subject(), {}).pass);
  expectation.end = 0;
  EXPECT_EQ(evaluate(expectation, store, two_zone_subject(), {}).why, "no proxy has taken version 4 over");
}

TEST(Verdict, SharesOfVersionsPodsAndStatuses) {
  RunStore store;
  fill_ten_requests(store);
  RunSubject subject = two_zone_subject();
  subject.pods[2].version = "v1";
  subject.pods[3].version = "v2";
  const auto shown = [&](Expectation::Metric metric, auto... set) {
    Expectation expectation;
    expectation.metric = metric;
    expectation.service = "backend";
    (set(expectation), ...);
    return evaluate(expectation, store, subject, {}).shown;
  };
  using Metric = Expectation::Metric;
  EXPECT_EQ(shown(Metric::version_share, [](Expectation& e) { e.version = "v2"; }), "30.00 %");
  EXPECT_EQ(shown(Metric::pod_share, [](Expectation& e) { e.pod = "backend-az-a-0"; }), "70.00 %");
  EXPECT_EQ(shown(Metric::attempts, [](Expectation& e) { e.from = "frontend"; }), "10");
  EXPECT_EQ(shown(Metric::attempts, [](Expectation& e) { e.from = "frontend-az-a-0"; }), "10");
  EXPECT_EQ(shown(Metric::attempts, [](Expectation& e) { e.from = "load-0"; }), "0");
  EXPECT_EQ(shown(Metric::amplification), "1.000");
  EXPECT_EQ(shown(Metric::status_share, [](Expectation& e) { e.status = 200; }), "90.00 %");
  EXPECT_EQ(shown(Metric::requests, [](Expectation& e) { e.load = 0; }), "10");
  EXPECT_EQ(shown(Metric::requests, [](Expectation& e) { e.load = 1; }), "0");
}

}  // namespace
}  // namespace meshtwin
