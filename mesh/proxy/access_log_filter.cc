#include "mesh/proxy/access_log_filter.h"

#include "mesh/proxy/proxy_context.h"
#include "mesh/runtime/clock.h"
#include "mesh/runtime/cpu.h"
#include "mesh/telemetry/access_log.h"
#include "mesh/telemetry/record.h"

namespace meshtwin {
namespace {

class Filter final : public HttpFilter {
 public:
  Filter(ProxyContext& context, const FilterControl& control)
      : context_(context), control_(control), begun_(context.runtime.clock.now()) {}

  FilterStep on_request_head(RequestHead& head, bool) override {
    const Headers& headers = head.headers;
    entry_.method = head.method();
    entry_.path = head.path();
    entry_.protocol = head.version == HttpVersion::http2 ? "HTTP/2" : "HTTP/1.1";
    entry_.forwarded_for = headers.get("x-forwarded-for");
    entry_.user_agent = headers.get("user-agent");
    entry_.authority = head.authority();
    is_grpc_ = headers.get("content-type").starts_with("application/grpc");
    return FilterStep::proceed;
  }
  FilterStep on_request_data(Buffer& data, bool) override {
    entry_.bytes_received += data.size();
    return FilterStep::proceed;
  }
  FilterStep on_response_head(ResponseHead& head, bool) override {
    entry_.status = head.status;
    grpc_status_ = head.headers.get("grpc-status");  // where there are only trailers
    return FilterStep::proceed;
  }
  FilterStep on_response_data(Buffer& data, bool) override {
    entry_.bytes_sent += data.size();
    return FilterStep::proceed;
  }
  FilterStep on_response_trailers(Headers& trailers) override {
    grpc_status_ = trailers.get("grpc-status");
    return FilterStep::proceed;
  }
  void on_over(bool) override {
    const Clock& clock = context_.runtime.clock;
    const ExchangeFacts& facts = control_.facts();
    entry_.started = clock.unix_zero() + begun_;
    entry_.lasted = clock.now() - begun_;
    entry_.upstream_service = facts.upstream_service;
    entry_.request_id = facts.request_id;
    entry_.flags = facts.response_flags;
    entry_.details = facts.details;
    entry_.transport_failure = facts.transport_failure;
    entry_.upstream_host = facts.upstream_host;
    entry_.cluster = facts.cluster;
    entry_.route = facts.route;
    entry_.downstream_local = control_.connection().local;
    entry_.downstream_remote = control_.connection().peer;
    if (is_grpc_) entry_.grpc_status = grpc_status_name(grpc_status_, entry_.status);
    std::string line = format_access_line(entry_, context_.access_log_format);
    // Writing a line costs about what writing a head of its length does.
    context_.runtime.cpu.charge(Operation::http_serialize, static_cast<std::int64_t>(line.size()));
    context_.recorder.access({begun_, context_.node_id, std::move(line)});
  }

 private:
  ProxyContext& context_;
  const FilterControl& control_;
  const Time begun_;
  AccessEntry entry_;
  std::string grpc_status_;
  bool is_grpc_ = false;
};

}  // namespace

std::unique_ptr<HttpFilter> AccessLog::make(FilterControl& control) const {
  return std::make_unique<Filter>(context_, control);
}

}  // namespace meshtwin
