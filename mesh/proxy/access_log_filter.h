#pragma once

// The filter that writes an access log: it stands before all others, sees each request as the client sent it and each
// answer as the client gets it, and writes one line when the exchange is over.

#include "mesh/proxy/http_filter.h"

namespace meshtwin {

struct ProxyContext;

class AccessLog final : public HttpFilterMaker {
 public:
  explicit AccessLog(ProxyContext& context) : context_(context) {}
  std::unique_ptr<HttpFilter> make(FilterControl& control) const override;

 private:
  ProxyContext& context_;
};

}  // namespace meshtwin
