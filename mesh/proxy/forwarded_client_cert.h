#pragma once

// x-forwarded-client-cert as an inbound proxy of Istio's writes it: who the verified client is, behind what it says of
// those before it. Where the client showed no certificate the header says nothing that may be believed, and is removed.

#include <string>

#include "mesh/proxy/http_filter.h"

namespace meshtwin {

class ForwardedClientCert final : public HttpFilterMaker {
 public:
  explicit ForwardedClientCert(std::string own_identity) : own_identity_(std::move(own_identity)) {}
  std::unique_ptr<HttpFilter> make(FilterControl& control) const override;

 private:
  const std::string own_identity_;
};

}  // namespace meshtwin
