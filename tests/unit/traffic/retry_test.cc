#include "mesh/traffic/retry.h"

#include <gtest/gtest.h>

#include <string>

namespace meshtwin {
namespace {

RetryPolicy with(bool RetryPolicy::*flag) {
  RetryPolicy policy;
  policy.*flag = true;
  return policy;
}

TEST(Retry, WhatFailuresAreTriedAgain) {
  const struct {
    bool RetryPolicy::*flag;
    std::string failures;  // connect, refused, reset, timeout, unsent timeout, overflow
  } cases[] = {{&RetryPolicy::on_connect_failure, "yes no no no no no "},
               {&RetryPolicy::on_refused_stream, "no yes no no no no "},
               {&RetryPolicy::on_reset, "yes yes yes yes yes no "},
               {&RetryPolicy::on_5xx, "yes yes yes yes yes no "},
               {&RetryPolicy::on_gateway_error, "yes yes yes yes yes no "},
               {&RetryPolicy::on_reset_before_request, "yes no no no yes no "},
               {&RetryPolicy::on_retriable_4xx, "no no no no no no "},
               {&RetryPolicy::on_unavailable, "no no no no no no "}};
  for (const auto& c : cases) {
    std::string failures;
    for (const TryFailure failure : {TryFailure::connect, TryFailure::refused_stream, TryFailure::reset,
                                     TryFailure::timeout, TryFailure::unsent_timeout, TryFailure::overflow}) {
      failures += asks_for_retry(with(c.flag), failure) ? "yes " : "no ";
    }
    EXPECT_EQ(failures, c.failures);
  }
}

TEST(Retry, WhatAnswersAreTriedAgain) {
  const auto asks = [](bool RetryPolicy::*flag, std::uint16_t status, std::string_view grpc = {}) {
    return asks_for_retry(with(flag), status, grpc);
  };
  EXPECT_TRUE(asks(&RetryPolicy::on_5xx, 500));
  EXPECT_FALSE(asks(&RetryPolicy::on_5xx, 499));
  EXPECT_FALSE(asks(&RetryPolicy::on_gateway_error, 500));
  EXPECT_TRUE(asks(&RetryPolicy::on_gateway_error, 504));
  EXPECT_TRUE(asks(&RetryPolicy::on_retriable_4xx, 409));
  EXPECT_FALSE(asks(&RetryPolicy::on_retriable_4xx, 404));
  EXPECT_FALSE(asks(&RetryPolicy::on_connect_failure, 503));
  EXPECT_TRUE(asks(&RetryPolicy::on_unavailable, 200, "14"));
  EXPECT_FALSE(asks(&RetryPolicy::on_unavailable, 200, "1"));
  EXPECT_TRUE(asks(&RetryPolicy::on_cancelled, 200, "1"));
  RetryPolicy policy;
  policy.on_status = {418, 503};
  EXPECT_TRUE(asks_for_retry(policy, 503, {}));
  EXPECT_FALSE(asks_for_retry(policy, 500, {}));
}

TEST(Retry, BackOffGrowsToItsCap) {
  RetryPolicy policy;
  policy.base_interval = 10 * kMillisecond;
  const auto longest = [&](std::uint32_t tries) {
    RandomStream random(1, "back-off");
    Duration most = 0;
    for (int i = 0; i < 20'000; ++i) most = std::max(most, back_off(policy, tries, random));
    return static_cast<double>(most) / kMillisecond;
  };
  EXPECT_NEAR(longest(1), 10, 0.1);
  EXPECT_NEAR(longest(2), 30, 0.1);
  EXPECT_NEAR(longest(3), 70, 0.1);
  EXPECT_NEAR(longest(4), 100, 0.1) << "ten times the base";
  EXPECT_NEAR(longest(60), 100, 0.1);
  policy.max_interval = 25 * kMillisecond;
  EXPECT_NEAR(longest(2), 25, 0.1);
  policy.base_interval = 0;
  EXPECT_EQ(longest(3), 0);
}

TEST(Retry, ABudgetIsAShareOfWhatIsActive) {
  CircuitBreakers breakers;
  breakers.max_retries = 7;
  EXPECT_EQ(retries_at_once(breakers, 1000), 7U);
  breakers.retry_budget = RetryBudget{20, 3};
  EXPECT_EQ(retries_at_once(breakers, 1000), 200U);
  EXPECT_EQ(retries_at_once(breakers, 5), 3U);
  EXPECT_EQ(retries_at_once(breakers, 19), 3U);
  EXPECT_EQ(retries_at_once(breakers, 20), 4U);
}

}  // namespace
}  // namespace meshtwin
