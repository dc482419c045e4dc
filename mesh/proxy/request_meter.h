#pragma once

// What of one exchange its proxy's metrics count, gathered while it goes on and counted when it is over. Where the
// proxy keeps no metrics every call returns at once.

#include <cstdint>
#include <string>
#include <string_view>

#include "mesh/proxy/http_filter.h"
#include "mesh/proxy/mesh_metrics.h"
#include "mesh/wire/http_message.h"

namespace meshtwin {

class RequestMeter {
 public:
  // `connection` outlives the meter.
  explicit RequestMeter(const ConnectionFacts& connection)
      : source_(connection.source), destination_(connection.destination) {}

  bool counts() const { return source_ != nullptr; }
  void begin(const RequestHead& head, Time now) {
    begun_ = now;
    has_begun_ = true;
    // gRPC is spoken over HTTP/2 alone.
    if (head.version == HttpVersion::http2) {
      outcome_.grpc = head.headers.get("content-type").starts_with("application/grpc");
    }
  }
  // Whom it went to last, where that is not the same for all of its connection's exchanges; null: not counted.
  void sent_to(const MetricDestination* destination) {
    if (!is_fixed_) destination_ = destination;
  }
  void take(const ResponseHead& head) {
    outcome_.status = head.status;
    if (outcome_.grpc) set_grpc_status(head.headers.get("grpc-status"));  // where there are only trailers
  }
  void take(const Headers& trailers) {
    if (outcome_.grpc) set_grpc_status(trailers.get("grpc-status"));
  }
  void request_bytes(std::size_t bytes) { outcome_.request_bytes += bytes; }
  void response_bytes(std::size_t bytes) { outcome_.response_bytes += bytes; }
  void set_status(std::uint16_t status) { outcome_.status = status; }

  void end(Time now, std::string_view flags) {
    if (source_ == nullptr || destination_ == nullptr || !has_begun_) return;
    outcome_.lasted = now - begun_;
    outcome_.response_flags = flags;
    outcome_.grpc_status = grpc_status_;
    source_->is->count(*destination_, outcome_);
  }

 private:
  // Whatever else an upstream says would be a series of its own.
  void set_grpc_status(std::string_view number) {
    const bool is_number = number.size() <= 2 && number.find_first_not_of("0123456789") == std::string_view::npos;
    grpc_status_ = is_number ? number : std::string_view();
  }

  MetricPeer* const source_;
  const MetricDestination* destination_;
  const bool is_fixed_ = destination_ != nullptr;
  bool has_begun_ = false;
  Time begun_ = 0;
  RequestOutcome outcome_;
  std::string grpc_status_;
};

}  // namespace meshtwin
