#include <string_view>

#include "mesh/control/proto/previous_hosts.pb.h"
#include "mesh/control/route_messages.h"
#include "mesh/traffic/retry_conditions.h"

namespace meshtwin {
namespace {

using envoy::extensions::retry::host::previous_hosts::v3::PreviousHostsPredicate;
using RetryMessage = envoy::config::route::v3::RetryPolicy;

constexpr std::string_view kOnStatus = "retriable-status-codes";

std::string conditions_of(const RetryPolicy& retry) {
  std::string conditions;
  const auto add = [&conditions](std::string_view name) {
    if (!conditions.empty()) conditions += ',';
    conditions += name;
  };
  for (const RetryCondition& condition : kRetryConditions) {
    if (retry.*condition.flag) add(condition.name);
  }
  if (!retry.on_status.empty()) add(kOnStatus);
  return conditions;
}

Refusal read_conditions(std::string_view text, RetryPolicy& retry) {
  while (!text.empty()) {
    const std::string_view name = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), name.size() + 1));
    bool known = name == kOnStatus;
    for (const RetryCondition& condition : kRetryConditions) {
      if (condition.name == name) known = retry.*condition.flag = true;
    }
    if (!known) return "retry_on: '" + std::string(name) + "' is not supported";
  }
  return std::nullopt;
}

Refusal read_times(const RetryMessage& message, RetryPolicy& retry) {
  if (message.has_per_try_timeout() && !read_duration(message.per_try_timeout(), retry.per_try_timeout)) {
    return "per_try_timeout is out of range";
  }
  const auto& back_off = message.retry_back_off();
  if (back_off.has_base_interval() &&
      (!read_duration(back_off.base_interval(), retry.base_interval) || retry.base_interval == 0)) {
    return "retry_back_off.base_interval must be above 0";
  }
  if (back_off.has_max_interval() &&
      (!read_duration(back_off.max_interval(), retry.max_interval) || retry.max_interval < retry.base_interval)) {
    return "retry_back_off.max_interval must not be below base_interval";
  }
  return std::nullopt;
}

}  // namespace

void to_message(const RetryPolicy& retry, RetryMessage& message) {
  message.set_retry_on(conditions_of(retry));
  for (const std::uint16_t status : retry.on_status) message.add_retriable_status_codes(status);
  message.mutable_num_retries()->set_value(retry.attempts);
  if (retry.skip_previous_hosts) {
    auto& predicate = *message.add_retry_host_predicate();
    predicate.set_name("envoy.retry_host_predicates.previous_hosts");
    predicate.mutable_typed_config()->PackFrom(PreviousHostsPredicate());
  }
  message.set_host_selection_retry_max_attempts(retry.host_selection_attempts);
  if (retry.per_try_timeout > 0) set_duration(retry.per_try_timeout, *message.mutable_per_try_timeout());
  if (retry.base_interval != RetryPolicy().base_interval || retry.max_interval > 0) {
    set_duration(retry.base_interval, *message.mutable_retry_back_off()->mutable_base_interval());
  }
  if (retry.max_interval > 0)
    set_duration(retry.max_interval, *message.mutable_retry_back_off()->mutable_max_interval());
}

Refusal from_message(const RetryMessage& message, RetryPolicy& retry) {
  if (const Refusal problem = read_conditions(message.retry_on(), retry)) return problem;
  for (const std::uint32_t status : message.retriable_status_codes()) {
    if (status < 100 || status > 599) return "retriable_status_codes: " + std::to_string(status) + " is no status";
    retry.on_status.push_back(static_cast<std::uint16_t>(status));
  }
  retry.attempts = message.has_num_retries() ? message.num_retries().value() : 1;
  for (const auto& predicate : message.retry_host_predicate()) {
    if (!predicate.typed_config().Is<PreviousHostsPredicate>()) {
      return "retry_host_predicate '" + predicate.name() + "' is not supported";
    }
    retry.skip_previous_hosts = true;
  }
  const std::int64_t attempts = message.host_selection_retry_max_attempts();
  if (attempts < 0 || attempts > 1000) return "host_selection_retry_max_attempts is not in 0..1000";
  retry.host_selection_attempts = attempts == 0 ? 1 : static_cast<std::uint32_t>(attempts);
  return read_times(message, retry);
}

}  // namespace meshtwin
