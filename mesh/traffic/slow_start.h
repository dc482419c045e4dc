#pragma once

// Who is new in a cluster, and how much less it gets for it, as Envoy's slow start has it. The hosts that were there
// when the proxy first saw the cluster are new at the same time, so they are no worse than each other: only when they
// joined is known, not each of them. Those that came later (a new address, or one that was not healthy before) are kept
// by position while they are new. Weights are given as shares of what the first hosts have now: balancing by earliest
// deadline knows no other measure than weights among each other.

#include <cstdint>
#include <optional>
#include <vector>

#include "mesh/base/time.h"
#include "mesh/traffic/assignment_index.h"
#include "mesh/traffic/config.h"

namespace meshtwin {

// What a host that joined `since` ago has of its weight: max(time factor^(1/aggression), minimum), where the time
// factor is the share of the window that is over, at least a millisecond's; 1 from the end of the window on.
double slow_start_factor(const SlowStartConfig& config, Duration since);

class SlowStart {
 public:
  void configure(const std::optional<SlowStartConfig>& config);
  // Other endpoints; `before` is null at the first time. Whoever follows on nobody counts as there from the first.
  void show(const AssignmentIndex* before, const AssignmentIndex& index, Time now);

  // Some host is new, so that balancing goes by earliest deadline.
  bool warms(Time now) const { return config_.has_value() && now - latest_join_ <= config_->window; }
  // Of the host's weight, beside what the hosts that were there first have of theirs; never above 1.
  double factor(std::uint32_t position, Time now) const;

 private:
  struct Joined {
    std::uint32_t position;
    Time at;
  };
  const Joined* find(std::uint32_t position) const;

  std::optional<SlowStartConfig> config_;
  Time first_join_ = 0;
  Time latest_join_ = 0;
  std::vector<Joined> joined_;  // later than the first ones, by position
};

}  // namespace meshtwin
