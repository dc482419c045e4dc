#pragma once

// Whether a try that failed is followed by another, and when: a route's retry policy as Envoy reads it, and what the
// cluster's breakers leave room for. Pure.

#include <cstdint>
#include <string_view>

#include "mesh/base/random.h"
#include "mesh/traffic/config.h"

namespace meshtwin {

enum class TryFailure : unsigned char {
  connect,         // no connection was made
  refused_stream,  // HTTP/2: the upstream has not looked at it
  reset,           // after the request was sent
  timeout,         // of the try alone, with the request sent
  unsent_timeout,  // likewise, still without a connection
  overflow,        // the cluster has as much as it may: never tried again
};

bool asks_for_retry(const RetryPolicy& policy, TryFailure failure);
// `grpc_status`: of an answer that is only trailers; empty: none.
bool asks_for_retry(const RetryPolicy& policy, std::uint16_t status, std::string_view grpc_status);

// How long to wait after that many tries: uniform below (2^tries - 1) times the base interval, capped.
Duration back_off(const RetryPolicy& policy, std::uint32_t tries, RandomStream& random);

// How many retries of a cluster may be under way at once.
std::uint32_t retries_at_once(const CircuitBreakers& breakers, std::uint32_t active_requests);

}  // namespace meshtwin
