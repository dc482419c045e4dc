#include "mesh/traffic/outlier_detector.h"

#include <algorithm>
#include <cmath>

namespace meshtwin {
namespace {

// 0 means "never needed" to the owner, so a tick that would fall on time 0 comes a nanosecond later.
Time tick_time(Time at) {
  return at == 0 ? 1 : at;
}

struct RatedHost {
  OutlierRecord* host;
  double success_rate;  // percent
};

// The success rate below which a host is an outlier among `hosts`.
double success_rate_limit(const std::vector<RatedHost>& hosts, double stdev_factor) {
  double sum = 0;
  for (const RatedHost& host : hosts) sum += host.success_rate;
  const double mean = sum / static_cast<double>(hosts.size());
  double variance = 0;
  for (const RatedHost& host : hosts) variance += (host.success_rate - mean) * (host.success_rate - mean);
  variance /= static_cast<double>(hosts.size());
  return mean - stdev_factor * std::sqrt(variance);
}

}  // namespace

void OutlierDetector::configure(const std::optional<OutlierConfig>& config) {
  config_ = config;
  if (!config_) next_tick_ = 0;
}

void OutlierDetector::start(Time now) {
  if (config_) next_tick_ = tick_time(now + config_->interval);
}

void OutlierDetector::report(OutlierRecord& host, UpstreamOutcome outcome, Time now, RandomStream& random,
                             std::vector<EjectionEvent>& events) {
  if (!config_) return;
  if (next_tick_ == 0) start(now);
  const bool local_failure = outcome == UpstreamOutcome::connect_failed || outcome == UpstreamOutcome::timeout;
  if (config_->split_external_local_origin_errors) {
    report_local(host, local_failure, now, random, events);
    if (local_failure) return;
  }
  // Without the split, not connecting counts as a 503 and a timeout as a 504.
  report_status(host, local_failure ? UpstreamOutcome::gateway_error : outcome, now, random, events);
}

void OutlierDetector::report_status(OutlierRecord& host, UpstreamOutcome outcome, Time now, RandomStream& random,
                                    std::vector<EjectionEvent>& events) {
  ++host.external.total;
  if (outcome == UpstreamOutcome::success) {
    ++host.external.success;
    host.consecutive_5xx = host.consecutive_gateway = 0;
    return;
  }
  // Each kind acts when its count reaches the threshold exactly, and then starts again unless the host is out already.
  if (outcome != UpstreamOutcome::gateway_error) {
    host.consecutive_gateway = 0;
  } else if (++host.consecutive_gateway == config_->consecutive_gateway_failure && !host.ejected) {
    eject(host, "consecutive_gateway_failure", config_->enforcing_consecutive_gateway_failure, now, random, events);
    host.consecutive_gateway = 0;
  }
  if (++host.consecutive_5xx == config_->consecutive_5xx && !host.ejected) {
    eject(host, "consecutive_5xx", config_->enforcing_consecutive_5xx, now, random, events);
    host.consecutive_5xx = 0;
  }
}

void OutlierDetector::report_local(OutlierRecord& host, bool failed, Time now, RandomStream& random,
                                   std::vector<EjectionEvent>& events) {
  ++host.local.total;
  if (!failed) {
    ++host.local.success;
    host.consecutive_local = 0;
  } else if (++host.consecutive_local == config_->consecutive_local_origin_failure && !host.ejected) {
    eject(host, "consecutive_local_origin_failure", config_->enforcing_consecutive_local_origin_failure, now, random,
          events);
    host.consecutive_local = 0;
  }
}

void OutlierDetector::eject(OutlierRecord& host, const char* reason, std::uint32_t enforcing, Time now,
                            RandomStream& random, std::vector<EjectionEvent>& events) {
  const std::size_t limit = std::min<std::uint32_t>(config_->max_ejection_percent, 100);
  const bool within_limit = 100 * (ejected_count_ + 1) <= limit * host_count_;
  if (!within_limit && !(config_->always_eject_one_host && ejected_count_ == 0)) return;
  if (enforcing < 100 && random.below(100) >= enforcing) return;

  ++ejected_count_;
  host.ejected = true;
  host.ejected_at = now;
  const Duration jitter = config_->max_ejection_time_jitter;
  host.jitter = jitter > 0 ? static_cast<Duration>(random.below(static_cast<std::uint64_t>(jitter))) : 0;
  const Duration longest = std::max(config_->max_ejection_time, config_->base_ejection_time);
  if (host.multiplier * config_->base_ejection_time < longest + config_->base_ejection_time) ++host.multiplier;
  events.push_back({host.address, true, reason});
}

void OutlierDetector::forget(OutlierRecord& host) {
  if (host.ejected) --ejected_count_;
  host = OutlierRecord(host.address);
}

void OutlierDetector::tick(std::span<OutlierRecord* const> hosts, Time now, RandomStream& random,
                           std::vector<EjectionEvent>& events) {
  static constexpr RateKind kExternal{&OutlierRecord::external, "success_rate", &OutlierConfig::enforcing_success_rate,
                                      "failure_percentage", &OutlierConfig::enforcing_failure_percentage};
  static constexpr RateKind kLocal{
      &OutlierRecord::local, "success_rate_local_origin", &OutlierConfig::enforcing_local_origin_success_rate,
      "failure_percentage_local_origin", &OutlierConfig::enforcing_failure_percentage_local_origin};
  if (!config_ || now < next_tick_) return;
  next_tick_ = tick_time(now + config_->interval);
  for (OutlierRecord* host : hosts) review(*host, now, events);
  judge_rates(hosts, kExternal, now, random, events);
  judge_rates(hosts, kLocal, now, random, events);
  for (OutlierRecord* host : hosts) host->external = host->local = {};
}

void OutlierDetector::review(OutlierRecord& host, Time now, std::vector<EjectionEvent>& events) {
  if (!host.ejected) {
    if (host.multiplier > 0) --host.multiplier;
    return;
  }
  const Duration longest = std::max(config_->max_ejection_time, config_->base_ejection_time);
  const Duration term = std::min(host.multiplier * config_->base_ejection_time, longest) + host.jitter;
  if (now - host.ejected_at < term) return;
  --ejected_count_;
  host.ejected = false;
  host.consecutive_5xx = host.consecutive_gateway = host.consecutive_local = 0;
  events.push_back({host.address, false, "ejection time over"});
}

void OutlierDetector::judge_rates(std::span<OutlierRecord* const> hosts, const RateKind& kind, Time now,
                                  RandomStream& random, std::vector<EjectionEvent>& events) {
  const OutlierConfig& config = *config_;
  std::vector<RatedHost> by_success, by_failure;
  for (OutlierRecord* host : hosts) {
    const OutlierRecord::Rate& rate = host->*kind.rate;
    if (host->ejected || rate.total == 0) continue;
    const RatedHost rated{host, 100.0 * rate.success / rate.total};
    if (rate.total >= config.success_rate_request_volume) by_success.push_back(rated);
    if (rate.total >= config.failure_percentage_request_volume) by_failure.push_back(rated);
  }
  if (!by_success.empty() && by_success.size() >= config.success_rate_minimum_hosts) {
    const double limit = success_rate_limit(by_success, config.success_rate_stdev_factor / 1000.0);
    for (const RatedHost& rated : by_success) {
      if (rated.success_rate >= limit) continue;
      eject(*rated.host, kind.success_rate, config.*kind.enforcing_success_rate, now, random, events);
    }
  }
  if (!by_failure.empty() && by_failure.size() >= config.failure_percentage_minimum_hosts) {
    for (const RatedHost& rated : by_failure) {
      if (rated.host->ejected || 100.0 - rated.success_rate < config.failure_percentage_threshold) continue;
      eject(*rated.host, kind.failure_percentage, config.*kind.enforcing_failure_percentage, now, random, events);
    }
  }
}

}  // namespace meshtwin
