#include "mesh/proxy/delay_filter.h"

#include "mesh/proxy/proxy_context.h"
#include "mesh/runtime/clock.h"

namespace meshtwin {
namespace {

class Filter final : public HttpFilter {
 public:
  Filter(ProxyContext& context, FilterControl& control) : context_(context), control_(control) {}

  FilterStep on_request_head(RequestHead&, bool) override {
    timer_ = context_.runtime.clock.after(context_.extra_delay, [this] { control_.resume_request(); });
    return FilterStep::pause;
  }

 private:
  ProxyContext& context_;
  FilterControl& control_;
  Timer timer_;
};

}  // namespace

std::unique_ptr<HttpFilter> ExtraDelay::make(FilterControl& control) const {
  return std::make_unique<Filter>(context_, control);
}

}  // namespace meshtwin
