#pragma once

// A small scenario that is right, to be made wrong by one change at a time.

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "mesh/base/problems.h"
#include "scenarios/scenario.h"

namespace meshtwin {

inline const std::string kExample = R"(schema: 1
name: example
seed: 7
duration: 40s
topology:
  zones: {az-a: {nodes: 2, region: north}, az-b: {}}
  links:
  - {between: [az-a, az-b], rtt: 2ms, jitter: 100us, loss: 0.1%, bandwidth: 1Gbit}
mesh: {mode: sidecar}
services:
  frontend:
    pods: {az-a: 1, az-b: 1}
    handler: [{compute: 1ms}, {call: backend}]
  backend:
    pods: {az-a: 3, az-b: 2}
    workers: 8
    handler: [{compute: {exponential: {mean: 3ms}}}]
    response: 1KB
load:
- {from: az-a, to: frontend, rate: 200/s}
timeline:
- {at: 12s, fail: {service: backend, zone: az-a, how: crash}}
- {at: 26s, restore: {service: backend, zone: az-a}}
expect:
- {metric: success_rate, at_least: 99.5%}
- {metric: zone_share, service: backend, zone: az-b, at_least: 99%, during: [15s, 26s]}
)";

// Exactly one place must match, or the test would not test what it says.
inline std::string with(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  if (at == std::string::npos) {
    ADD_FAILURE() << "nothing to replace: " << from;
    return text;
  }
  return text.replace(at, from.size(), to);
}

inline std::string problems_of(const std::string& text, const LoadOptions& options = {}) {
  try {
    load_scenario_text(text, "f.yaml", options);
  } catch (const Problems& problems) {
    return problems.what();
  }
  return "none";
}

}  // namespace meshtwin
