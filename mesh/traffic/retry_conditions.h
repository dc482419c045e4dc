#pragma once

// What a request may be tried again on, by the names Envoy and Istio give it (x-envoy-retry-on).

#include <string_view>

#include "mesh/traffic/config.h"

namespace meshtwin {

struct RetryCondition {
  std::string_view name;
  bool RetryPolicy::*flag;
};
inline constexpr RetryCondition kRetryConditions[] = {{"connect-failure", &RetryPolicy::on_connect_failure},
                                                      {"refused-stream", &RetryPolicy::on_refused_stream},
                                                      {"unavailable", &RetryPolicy::on_unavailable},
                                                      {"cancelled", &RetryPolicy::on_cancelled},
                                                      {"reset", &RetryPolicy::on_reset},
                                                      {"5xx", &RetryPolicy::on_5xx},
                                                      {"gateway-error", &RetryPolicy::on_gateway_error},
                                                      {"retriable-4xx", &RetryPolicy::on_retriable_4xx},
                                                      {"reset-before-request", &RetryPolicy::on_reset_before_request}};

}  // namespace meshtwin
