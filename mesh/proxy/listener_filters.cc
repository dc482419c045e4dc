#include "mesh/proxy/listener_filters.h"

#include <utility>

#include "mesh/proxy/rate_limit_filter.h"
#include "mesh/proxy/traffic_label_filter.h"

namespace meshtwin {

std::shared_ptr<const HttpFilterMakers> make_listener_filters(ProxyContext& context, const HttpFilterConfigs& configs,
                                                              TraceLabels* labels, bool inbound) {
  auto makers = std::make_shared<HttpFilterMakers>();
  if (configs.rate_limit.has_value()) {
    makers->push_back(std::make_unique<RateLimit>(context, *configs.rate_limit, inbound));
  }
  if (configs.traffic_label.has_value()) {
    if (!inbound) {
      makers->push_back(std::make_unique<TrafficLabelOutbound>(context, *configs.traffic_label, labels));
    } else if (labels != nullptr) {
      makers->push_back(std::make_unique<TrafficLabelInbound>(context, *configs.traffic_label, *labels));
    }
  }
  return makers->empty() ? nullptr : std::move(makers);
}

}  // namespace meshtwin
