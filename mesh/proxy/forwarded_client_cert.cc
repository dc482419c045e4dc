#include "mesh/proxy/forwarded_client_cert.h"

#include "mesh/proxy/router_exchange.h"

namespace meshtwin {
namespace {

class Filter final : public HttpFilter {
 public:
  Filter(const FilterControl& control, const std::string& own_identity)
      : control_(control), own_identity_(own_identity) {}

  FilterStep on_request_head(RequestHead& head, bool) override {
    const std::string& peer = control_.connection().peer_identity;
    if (peer.empty()) {
      head.headers.remove(kForwardedClientCert);
      return FilterStep::proceed;
    }
    std::string value(head.headers.get(kForwardedClientCert));
    if (!value.empty()) value += ',';
    value += "By=" + own_identity_ + ";Subject=\"\";URI=" + peer;
    head.headers.set(kForwardedClientCert, value);
    return FilterStep::proceed;
  }

 private:
  const FilterControl& control_;
  const std::string& own_identity_;
};

}  // namespace

std::unique_ptr<HttpFilter> ForwardedClientCert::make(FilterControl& control) const {
  return std::make_unique<Filter>(control, own_identity_);
}

}  // namespace meshtwin
