#pragma once

// A scenario text run in the simulator with the real roles and nothing charged, and questions to ask of its records.
// Without costs every instant is the model's own, so that counts are exact.

#include <string>
#include <string_view>
#include <vector>

#include "results/run_store.h"
#include "scenarios/scenario.h"

namespace meshtwin::testing_roles {

struct Window {
  Time begin = 0;
  Time end = 1000 * kSecond;
  bool holds(Time at) const { return at >= begin && at < end; }
};

class SimRun {
 public:
  explicit SimRun(const std::string& text);

  std::size_t sent(Window window = {}) const;    // by intended time
  std::size_t failed(Window window = {}) const;  // likewise
  std::size_t failed(std::string_view failure, Window window = {}) const;
  // Attempts begun in the window at pods whose name begins so.
  std::size_t attempts(const std::string& pod, Window window = {}) const;
  std::size_t answered(const std::string& pod, Window window = {}) const;  // of those, with any status
  std::size_t failed_attempts(const std::string& pod, std::string_view failure, Window window = {}) const;
  std::size_t retries(const std::string& pod, Window window = {}) const;
  double share(const std::string& pod, Window window = {}) const;  // of what all pods of its service answered
  // Seconds at which these events happened, of subjects that are the pod or one of its addresses.
  std::vector<double> seconds_of(std::string_view kind, const std::string& pod) const;
  std::size_t events(std::string_view kind, Window window = {-1000 * kSecond, 1000 * kSecond}) const;

  Scenario scenario;
  RunStore store;
  std::vector<RequestRecord> requests;
  std::vector<AttemptRecord> attempt_records;

  // Every request that did not succeed, and the events: what to print beside a failed expectation.
  std::string story() const;

 private:
  const std::string& pod_name(std::uint32_t pod) const { return scenario.plan.pods.at(pod).name; }
};

// One zone `z`; `services`, `rest` (resources, load, timeline) as written in a scenario file.
std::string scenario_text(const std::string& duration, const std::string& services, const std::string& rest,
                          const std::string& head = "mesh: {mode: sidecar}\n");

constexpr Window from(double seconds, double to = 1000) {
  return {static_cast<Time>(seconds * 1e9), static_cast<Time>(to * 1e9)};
}

}  // namespace meshtwin::testing_roles
