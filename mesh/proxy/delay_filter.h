#pragma once

// The filter that holds each request back for a while before it goes on: a proxy that has become slower by so much. A
// check for regressions is proved by it (mesh.extra_delay of a scenario). It holds a timer, no core.

#include "mesh/proxy/http_filter.h"

namespace meshtwin {

struct ProxyContext;

class ExtraDelay final : public HttpFilterMaker {
 public:
  explicit ExtraDelay(ProxyContext& context) : context_(context) {}
  std::unique_ptr<HttpFilter> make(FilterControl& control) const override;

 private:
  ProxyContext& context_;
};

}  // namespace meshtwin
