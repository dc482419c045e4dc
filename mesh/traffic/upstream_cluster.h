#pragma once

// One upstream cluster as one proxy sees it: its hosts by priority and locality, who is ejected, whom to send to next.
// Pure: time and randomness are arguments. State of a host is allocated when the host is first picked, so that a
// cluster of 10,000 endpoints costs a proxy that talks to ten of them ten hosts' memory.
//
// Sources: Envoy's load balancers and outlier detection, as written down in the project's notes on mesh semantics:
// integer priority loads with overprovisioning, panic, ejection by consecutive failures and by rates.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mesh/base/random.h"
#include "mesh/base/time.h"
#include "mesh/traffic/config.h"

namespace meshtwin {

enum class UpstreamOutcome {
  success,         // an answer below 500
  error_5xx,       // 500, 501, 505 …
  gateway_error,   // 502, 503, 504 from the upstream
  connect_failed,  // local origin: refused, timed out, reset before an answer
  timeout,         // local origin: the answer did not come in time
};

struct EjectionEvent {
  SocketAddress host;
  bool ejected = true;  // false: returned
  const char* reason =
      "";  // consecutive_5xx, consecutive_gateway_failure, consecutive_local_origin_failure, success_rate, …
};

class UpstreamCluster {
 public:
  // Stays valid while it has an active request, and at least until the next update_endpoints.
  struct Host;

  UpstreamCluster(std::shared_ptr<const ClusterConfig> config, RandomStream random);
  ~UpstreamCluster();
  UpstreamCluster(const UpstreamCluster&) = delete;
  UpstreamCluster& operator=(const UpstreamCluster&) = delete;

  const ClusterConfig& config() const;
  void update_config(std::shared_ptr<const ClusterConfig> config);
  // New endpoints. Hosts that stay keep their state (ejection, active requests); hosts that left keep living until
  // their last active request is done.
  void update_endpoints(std::shared_ptr<const ClusterAssignment> assignment, Time now);

  // The cluster that this proxy is an endpoint of, and where the proxy is. Only where the configuration has zone-aware
  // routing, which is off until then.
  void set_local_cluster(const Locality& own, const ClusterAssignment& assignment);

  // The next host, or null when there is none to use. Picks up to `attempts` times until the host is not in `tried`;
  // the last pick stands whatever it is. Ring hash and Maglev go by `hash`; without one, and for all others, chance
  // decides.
  Host* pick(Time now, std::span<const SocketAddress> tried = {}, std::uint32_t attempts = 1,
             std::optional<std::uint64_t> hash = {});
  static SocketAddress address_of(const Host& host);
  // Of one picked since the last update_endpoints.
  EndpointTransport transport_of(const Host& host) const;
  const std::string& workload_of(const Host& host) const;  // EndpointConfig::workload

  void request_started(Host& host);
  void request_finished(Host& host);  // the host may be gone afterwards, so report first
  // What became of a request; what it led to is appended to `events`.
  void report(Host& host, UpstreamOutcome outcome, Time now, std::vector<EjectionEvent>& events);

  // Interval work of outlier detection: returns hosts, ejects by rates. Call at `next_tick` (0: never needed).
  void tick(Time now, std::vector<EjectionEvent>& events);
  Time next_tick() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace meshtwin
