#pragma once

// What became of a try at an upstream host, in the words of its cluster (outlier detection) and of its record.

#include <cstdint>

#include "mesh/telemetry/record.h"
#include "mesh/traffic/upstream_cluster.h"
#include "mesh/wire/http_pool.h"

namespace meshtwin {

inline UpstreamOutcome outcome_of(std::uint16_t status) {
  if (status < 500) return UpstreamOutcome::success;
  return status >= 502 && status <= 504 ? UpstreamOutcome::gateway_error : UpstreamOutcome::error_5xx;
}

inline Failure failure_of_status(std::uint16_t status) {
  if (status >= 500) return Failure::http_5xx;
  return status >= 400 ? Failure::http_4xx : Failure::none;
}

inline Failure failure_of(PoolFailure failure) {
  switch (failure) {
    case PoolFailure::refused:
      return Failure::connect_refused;
    case PoolFailure::timed_out:
      return Failure::connect_timeout;
    case PoolFailure::reset:
    case PoolFailure::tls:
      return Failure::reset;
    default:
      return Failure::unreachable;
  }
}

}  // namespace meshtwin
