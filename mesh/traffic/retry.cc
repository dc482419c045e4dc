#include "mesh/traffic/retry.h"

#include <algorithm>

namespace meshtwin {
namespace {

constexpr Duration kCap = 10;  // times the base interval, where the policy has no cap of its own

}  // namespace

bool asks_for_retry(const RetryPolicy& policy, TryFailure failure) {
  if (failure == TryFailure::overflow) return false;
  if (policy.on_reset || policy.on_5xx || policy.on_gateway_error) return true;
  const bool unsent = failure == TryFailure::connect || failure == TryFailure::unsent_timeout;
  if (unsent && policy.on_reset_before_request) return true;
  if (failure == TryFailure::refused_stream) return policy.on_refused_stream;
  return failure == TryFailure::connect && policy.on_connect_failure;
}

bool asks_for_retry(const RetryPolicy& policy, std::uint16_t status, std::string_view grpc_status) {
  if (policy.on_5xx && status >= 500) return true;
  if (policy.on_gateway_error && status >= 502 && status <= 504) return true;
  if (policy.on_retriable_4xx && status == 409) return true;
  if (std::ranges::find(policy.on_status, status) != policy.on_status.end()) return true;
  return (policy.on_cancelled && grpc_status == "1") || (policy.on_unavailable && grpc_status == "14");
}

Duration back_off(const RetryPolicy& policy, std::uint32_t tries, RandomStream& random) {
  if (policy.base_interval <= 0) return 0;
  const Duration cap = policy.max_interval > 0 ? policy.max_interval : kCap * policy.base_interval;
  const std::int64_t factor = (std::int64_t{1} << std::min(tries, 30U)) - 1;
  const Duration range = factor > cap / policy.base_interval ? cap : policy.base_interval * factor;
  return range <= 0 ? 0 : static_cast<Duration>(random.below(static_cast<std::uint64_t>(range)));
}

std::uint32_t retries_at_once(const CircuitBreakers& breakers, std::uint32_t active_requests) {
  if (!breakers.retry_budget.has_value()) return breakers.max_retries;
  const RetryBudget& budget = *breakers.retry_budget;
  const auto share = static_cast<std::uint32_t>(budget.percent / 100 * active_requests);
  return std::max(share, budget.min_retry_concurrency);
}

}  // namespace meshtwin
