#pragma once

// Passive health checking as Envoy does it: a host that answers badly is ejected for a while, longer each time, and
// comes back by itself. Failures in a row act at once; success rates are judged once an interval, against the other
// hosts. Keeps no list of hosts: what it remembers of one stands in the host's OutlierRecord, and hosts that were never
// used need none.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "mesh/base/random.h"
#include "mesh/base/time.h"
#include "mesh/traffic/config.h"
#include "mesh/traffic/upstream_cluster.h"

namespace meshtwin {

struct OutlierRecord {
  struct Rate {
    std::uint32_t total = 0;
    std::uint32_t success = 0;
  };

  explicit OutlierRecord(SocketAddress host) : address(host) {}

  SocketAddress address;
  bool ejected = false;
  std::uint32_t consecutive_5xx = 0;
  std::uint32_t consecutive_gateway = 0;
  std::uint32_t consecutive_local = 0;
  std::uint32_t multiplier = 0;  // of the base ejection time; one more each ejection, one less each healthy interval
  Time ejected_at = 0;
  Duration jitter = 0;
  Rate external;  // since the last tick
  Rate local;     // split mode: connecting and timeouts apart from what the host answered
};

class OutlierDetector {
 public:
  // None: detects nothing. Hosts that are ejected stay so until the next tick, or `forget`.
  void configure(const std::optional<OutlierConfig>& config);
  bool enabled() const { return config_.has_value(); }
  void start(Time now);  // the first tick is one interval from here
  // All hosts of the cluster, of every priority, known or not: the limit on ejections is a share of these.
  void set_host_count(std::size_t hosts) { host_count_ = hosts; }

  void report(OutlierRecord& host, UpstreamOutcome outcome, Time now, RandomStream& random,
              std::vector<EjectionEvent>& events);
  // The host is no longer a member.
  void forget(OutlierRecord& host);

  Time next_tick() const { return enabled() ? next_tick_ : 0; }
  void tick(std::span<OutlierRecord* const> hosts, Time now, RandomStream& random, std::vector<EjectionEvent>& events);

 private:
  struct RateKind {
    OutlierRecord::Rate OutlierRecord::*rate;
    const char* success_rate;
    std::uint32_t OutlierConfig::*enforcing_success_rate;
    const char* failure_percentage;
    std::uint32_t OutlierConfig::*enforcing_failure_percentage;
  };

  void report_status(OutlierRecord& host, UpstreamOutcome outcome, Time now, RandomStream& random,
                     std::vector<EjectionEvent>& events);
  void report_local(OutlierRecord& host, bool failed, Time now, RandomStream& random,
                    std::vector<EjectionEvent>& events);
  void eject(OutlierRecord& host, const char* reason, std::uint32_t enforcing, Time now, RandomStream& random,
             std::vector<EjectionEvent>& events);
  void review(OutlierRecord& host, Time now, std::vector<EjectionEvent>& events);
  void judge_rates(std::span<OutlierRecord* const> hosts, const RateKind& kind, Time now, RandomStream& random,
                   std::vector<EjectionEvent>& events);

  std::optional<OutlierConfig> config_;
  Time next_tick_ = 0;
  std::size_t host_count_ = 0;
  std::size_t ejected_count_ = 0;
};

}  // namespace meshtwin
