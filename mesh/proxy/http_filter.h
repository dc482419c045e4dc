#pragma once

// One filter of an HTTP filter chain, made for one exchange. A message passes the filters piece by piece (its head,
// its data, its trailers), a request from the first filter to the last, an answer the other way. A filter that pauses a
// piece holds everything behind it until it resumes, for instance when what it asked elsewhere has come; it may also
// answer itself. Whatever does not concern it goes on by default.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/base/socket_address.h"
#include "mesh/base/time.h"
#include "mesh/wire/http_message.h"

namespace meshtwin {

class ExchangeSpan;
struct MetricDestination;
struct MetricPeer;

// The connection that an exchange came on. Outlives the exchange.
struct ConnectionFacts {
  SocketAddress peer;
  SocketAddress local;        // what the client dialled
  std::string peer_identity;  // the verified SPIFFE ID; empty: none
  // For the metrics: who its requests come from, null where none are kept; and whom they go to, null where that depends
  // on the request.
  MetricPeer* source = nullptr;
  const MetricDestination* destination = nullptr;
};

// What the router did about an exchange, for whoever reports it.
struct ExchangeFacts {
  std::string route;
  std::string cluster;
  SocketAddress upstream_host;  // of the last try; port 0: none
  std::string response_flags;   // "UF,URX"; empty: none
  std::string_view details = "via_upstream";
  std::string transport_failure;  // why the last connection was not made
  std::string request_id;         // as it went on
  std::uint32_t attempts = 0;
  ExchangeSpan* span = nullptr;    // null: the request is not sampled
  Duration upstream_service = -1;  // from the last try's beginning to its answer's head; below 0: there was none
};

enum class FilterStep : unsigned char { proceed, pause, answered };

class FilterControl {
 public:
  // After a `pause`; not from inside the call that gives it. The filter may be gone when they return.
  virtual void resume_request() = 0;
  virtual void resume_response() = 0;
  // The answer to the request, in the place of the upstream's; passes the filters as that would. Only before an answer
  // has begun. From inside a call the filter returns `answered` then, and may be gone already. `flag`: Envoy's response
  // flag; empty: none.
  virtual void answer(std::unique_ptr<ResponseHead> head, Buffer body, std::string_view flag = {},
                      std::string_view details = "filter") = 0;
  virtual const ConnectionFacts& connection() const = 0;
  virtual const ExchangeFacts& facts() const = 0;

 protected:
  ~FilterControl() = default;
};

class HttpFilter {
 public:
  virtual ~HttpFilter() = default;
  virtual FilterStep on_request_head(RequestHead& /*head*/, bool /*end*/) { return FilterStep::proceed; }
  virtual FilterStep on_request_data(Buffer& /*data*/, bool /*end*/) { return FilterStep::proceed; }
  virtual FilterStep on_request_trailers(Headers& /*trailers*/) { return FilterStep::proceed; }
  virtual FilterStep on_response_head(ResponseHead& /*head*/, bool /*end*/) { return FilterStep::proceed; }
  virtual FilterStep on_response_data(Buffer& /*data*/, bool /*end*/) { return FilterStep::proceed; }
  virtual FilterStep on_response_trailers(Headers& /*trailers*/) { return FilterStep::proceed; }
  // The exchange is over, `complete` or not; its facts stand.
  virtual void on_over(bool /*complete*/) {}
};

// Makes the filters of one kind, as configured.
class HttpFilterMaker {
 public:
  virtual ~HttpFilterMaker() = default;
  virtual std::unique_ptr<HttpFilter> make(FilterControl& control) const = 0;
};
using HttpFilterMakers = std::vector<std::unique_ptr<HttpFilterMaker>>;

}  // namespace meshtwin
