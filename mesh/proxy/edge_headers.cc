#include "mesh/proxy/edge_headers.h"

#include "mesh/proxy/router_exchange.h"

namespace meshtwin {
namespace {

class Filter final : public HttpFilter {
 public:
  explicit Filter(const FilterControl& control) : control_(control) {}

  FilterStep on_request_head(RequestHead& head, bool) override {
    Headers& headers = head.headers;
    headers.remove(kForwardedClientCert);
    headers.remove("x-envoy-attempt-count");
    std::string from(headers.get("x-forwarded-for"));
    if (!from.empty()) from += ',';
    headers.set("x-forwarded-for", from + ip_to_string(control_.connection().peer.ip));
    headers.set("x-forwarded-proto", "http");
    return FilterStep::proceed;
  }

 private:
  const FilterControl& control_;
};

}  // namespace

std::unique_ptr<HttpFilter> EdgeHeaders::make(FilterControl& control) const {
  return std::make_unique<Filter>(control);
}

}  // namespace meshtwin
