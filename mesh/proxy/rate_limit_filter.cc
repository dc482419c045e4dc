#include "mesh/proxy/rate_limit_filter.h"

#include <utility>

#include "mesh/proxy/proxy_context.h"
#include "mesh/proxy/route_source.h"
#include "mesh/runtime/clock.h"

namespace meshtwin {
namespace {

constexpr std::string_view kLimited = "local_rate_limited";

class Filter final : public HttpFilter {
 public:
  Filter(ProxyContext& context, FilterControl& control, const RateLimitConfig& config, bool inbound,
         std::shared_ptr<TokenBucket> bucket)
      : context_(context), control_(control), config_(config), draws_(context, inbound), bucket_(std::move(bucket)) {}

  FilterStep on_request_head(RequestHead& head, bool) override {
    using Purpose = RouteDraws::Purpose;
    const bool counts =
        config_.enabled_share >= 1 || draws_.of(head, Purpose::limit_counts).chance(config_.enabled_share);
    if (!counts || bucket_->take(context_.runtime.clock.now())) return FilterStep::proceed;
    const bool enforced =
        config_.enforced_share >= 1 || draws_.of(head, Purpose::limit_enforces).chance(config_.enforced_share);
    if (!enforced) return FilterStep::proceed;
    auto answer = std::make_unique<ResponseHead>(config_.status);
    for (const auto& [name, value] : config_.response_headers) answer->headers.add(name, value);
    answer->headers.add("content-type", "text/plain");
    Buffer body;
    body.append(kLimited);
    control_.answer(std::move(answer), std::move(body), "RL", kLimited);
    return FilterStep::answered;
  }

 private:
  ProxyContext& context_;
  FilterControl& control_;
  const RateLimitConfig& config_;
  RouteDraws draws_;
  const std::shared_ptr<TokenBucket> bucket_;
};

}  // namespace

RateLimit::RateLimit(ProxyContext& context, RateLimitConfig config, bool inbound)
    : context_(context),
      config_(std::move(config)),
      inbound_(inbound),
      bucket_(std::make_shared<TokenBucket>(config_.max_tokens, config_.tokens_per_fill, config_.fill_interval)) {}

std::unique_ptr<HttpFilter> RateLimit::make(FilterControl& control) const {
  return std::make_unique<Filter>(context_, control, config_, inbound_, bucket_);
}

}  // namespace meshtwin
