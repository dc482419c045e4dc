#include "mesh/control/control_metrics.h"

#include <utility>

namespace meshtwin {
namespace {

constexpr std::int64_t kConvergenceBounds[] = {100 * kMillisecond, 500 * kMillisecond, 1 * kSecond,  3 * kSecond,
                                               5 * kSecond,        10 * kSecond,       20 * kSecond, 30 * kSecond};
constexpr MetricFamily kPushes{"pilot_xds_pushes", "Pushes of configuration, by its type", MetricKind::counter};
constexpr MetricFamily kStreams{"pilot_xds", "Proxies connected", MetricKind::gauge};
constexpr MetricFamily kConvergence{"pilot_proxy_convergence_time",
                                    "Seconds from a change to its having been sent to a proxy", MetricKind::histogram,
                                    kConvergenceBounds, kSecond};

// As Istio abbreviates them.
std::string_view short_name(std::string_view type_url) {
  constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {".Cluster", "cds"},  {".ClusterLoadAssignment", "eds"},
      {".Listener", "lds"}, {".RouteConfiguration", "rds"},
      {".Address", "wds"},  {".Workload", "wds"}};
  for (const auto& [end, name] : kNames) {
    if (type_url.ends_with(end)) return name;
  }
  return "other";
}

}  // namespace

ControlMetrics::ControlMetrics(const RoleSurroundings& surroundings, std::function<std::size_t()> streams)
    : convergence_(registry_.histogram(kConvergence, {})),
      journal_(surroundings.runtime, surroundings.recorder, registry_, surroundings.pod),
      pages_(surroundings.runtime, surroundings.wire == Wire::real ? real_codecs().detect : modelled_codecs().detect,
             kPrometheusContentType) {
  registry_.watch(kStreams, {}, [streams = std::move(streams)] { return static_cast<double>(streams()); });
  pages_.add("/metrics", [this] { return registry_.text(); });
}

void ControlMetrics::pushed(std::string_view type_url) {
  LabelText labels;
  labels.add("type", short_name(type_url));
  registry_.counter(kPushes, labels).add();
}

}  // namespace meshtwin
