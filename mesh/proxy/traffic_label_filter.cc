#include "mesh/proxy/traffic_label_filter.h"

#include <utility>

#include "mesh/proxy/proxy_context.h"
#include "mesh/runtime/clock.h"

namespace meshtwin {
namespace {

class View final : public HeaderView {
 public:
  explicit View(const RequestHead& head) : head_(head) {}
  std::string_view get(std::string_view name) const override { return head_.headers.get(name); }

 private:
  const RequestHead& head_;
};

void set(RequestHead& head, const HeaderValues& values) {
  for (const auto& [name, value] : values) head.headers.set(name, value);
}

class Inbound final : public HttpFilter {
 public:
  Inbound(ProxyContext& context, std::shared_ptr<const TrafficLabels> labels, TraceLabels& store)
      : context_(context), labels_(std::move(labels)), store_(store) {}
  // Also of an exchange that the proxy drops when it ends itself.
  ~Inbound() override {
    if (served_ != nullptr) store_.end(served_, context_.runtime.clock.now());
  }

  FilterStep on_request_head(RequestHead& head, bool) override {
    served_ = labels_->remember(View(head), store_, context_.runtime.clock.now());
    set(head, labels_->for_application(View(head)));
    return FilterStep::proceed;
  }

 private:
  ProxyContext& context_;
  const std::shared_ptr<const TrafficLabels> labels_;
  TraceLabels& store_;
  TraceLabels::Ref served_;  // null: nothing of it was noted
};

class Outbound final : public HttpFilter {
 public:
  Outbound(ProxyContext& context, std::shared_ptr<const TrafficLabels> labels, TraceLabels* store)
      : context_(context), labels_(std::move(labels)), store_(store) {}

  FilterStep on_request_head(RequestHead& head, bool) override {
    set(head, labels_->for_upstream(View(head), store_, context_.runtime.clock.now()));
    return FilterStep::proceed;
  }

 private:
  ProxyContext& context_;
  const std::shared_ptr<const TrafficLabels> labels_;
  TraceLabels* const store_;
};

}  // namespace

std::unique_ptr<HttpFilter> TrafficLabelInbound::make(FilterControl&) const {
  return std::make_unique<Inbound>(context_, labels_, store_);
}

std::unique_ptr<HttpFilter> TrafficLabelOutbound::make(FilterControl&) const {
  return std::make_unique<Outbound>(context_, labels_, store_);
}

}  // namespace meshtwin
