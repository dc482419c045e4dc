#pragma once

// The filter of a local rate limit: a token bucket of this proxy and listener, of which each request takes one, or is
// answered 429 (or as configured) when there is none.

#include <memory>

#include "mesh/proxy/http_filter.h"
#include "mesh/traffic/config.h"
#include "mesh/traffic/token_bucket.h"

namespace meshtwin {

struct ProxyContext;

class RateLimit final : public HttpFilterMaker {
 public:
  // `inbound`: of what comes in for the proxy's own application.
  RateLimit(ProxyContext& context, RateLimitConfig config, bool inbound);
  std::unique_ptr<HttpFilter> make(FilterControl& control) const override;

 private:
  ProxyContext& context_;
  const RateLimitConfig config_;
  const bool inbound_;
  const std::shared_ptr<TokenBucket> bucket_;
};

}  // namespace meshtwin
