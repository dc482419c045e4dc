#pragma once

// The filters of full-link labels: one notes what a request that comes in for the application says, the other labels
// what goes out (traffic/traffic_labels.h), before it is routed. What both share of a proxy is its store of traces.

#include <memory>

#include "mesh/proxy/http_filter.h"
#include "mesh/traffic/traffic_labels.h"

namespace meshtwin {

struct ProxyContext;

class TrafficLabelInbound final : public HttpFilterMaker {
 public:
  // `store` outlives the filters.
  TrafficLabelInbound(ProxyContext& context, const TrafficLabelConfig& config, TraceLabels& store)
      : context_(context), labels_(std::make_shared<const TrafficLabels>(config)), store_(store) {}
  std::unique_ptr<HttpFilter> make(FilterControl& control) const override;

 private:
  ProxyContext& context_;
  const std::shared_ptr<const TrafficLabels> labels_;
  TraceLabels& store_;
};

class TrafficLabelOutbound final : public HttpFilterMaker {
 public:
  // `store` null: the proxy stands before no application.
  TrafficLabelOutbound(ProxyContext& context, const TrafficLabelConfig& config, TraceLabels* store)
      : context_(context), labels_(std::make_shared<const TrafficLabels>(config)), store_(store) {}
  std::unique_ptr<HttpFilter> make(FilterControl& control) const override;

 private:
  ProxyContext& context_;
  const std::shared_ptr<const TrafficLabels> labels_;
  TraceLabels* const store_;
};

}  // namespace meshtwin
