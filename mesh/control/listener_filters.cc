#include "mesh/control/listener_filters.h"

#include "mesh/control/host_names.h"
#include "mesh/control/label_config.h"

namespace meshtwin {
namespace {

RateLimitConfig rate_limit(const LocalRateLimitResource& document) {
  RateLimitConfig limit;
  limit.max_tokens = document.max_tokens;
  limit.tokens_per_fill = document.tokens_per_fill;
  limit.fill_interval = document.fill_interval;
  limit.enabled_share = document.enabled_share;
  limit.enforced_share = document.enforced_share;
  limit.status = document.status;
  limit.response_headers = document.response_headers;
  return limit;
}

}  // namespace

ListenerFilters listener_filters(const MeshConfig& mesh, const ProxyView& proxy) {
  ListenerFilters filters;
  for (const LocalRateLimitResource& document : mesh.resources().rate_limits) {
    const bool is_near = document.meta.name_space == proxy.name_space || document.meta.name_space == kRootNamespace;
    if (!is_near || !selects(document.selector, proxy.labels)) continue;
    // All that passes a gateway is on its way out.
    const bool outbound = document.outbound || proxy.kind != ProxyKind::sidecar;
    HttpFilterConfigs& direction = outbound ? filters.outbound : filters.inbound;
    if (!direction.rate_limit) direction.rate_limit = rate_limit(document);
  }
  if (proxy.kind == ProxyKind::sidecar || proxy.kind == ProxyKind::router) {
    filters.outbound.traffic_label = traffic_labels_for(mesh.resources(), proxy.name_space, proxy.labels);
    if (proxy.kind == ProxyKind::sidecar) filters.inbound.traffic_label = filters.outbound.traffic_label;
  }
  return filters;
}

}  // namespace meshtwin
