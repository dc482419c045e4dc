#include "mesh/proxy/fault.h"

namespace meshtwin {
namespace {

// gRPC's statuses and HTTP's, as gRPC's documents pair them.
std::uint16_t http_status_of(std::uint16_t grpc_status) {
  static constexpr std::uint16_t kHttp[] = {200, 499, 500, 400, 504, 404, 409, 403, 429,
                                            400, 409, 400, 501, 500, 503, 500, 401};
  return grpc_status < std::size(kHttp) ? kHttp[grpc_status] : 500;
}

std::uint16_t grpc_status_of(std::uint16_t http_status) {
  switch (http_status) {
    case 400:
      return 13;
    case 401:
      return 16;
    case 403:
      return 7;
    case 404:
      return 12;
    case 429:
    case 502:
    case 503:
    case 504:
      return 14;
    default:
      return 2;
  }
}

}  // namespace

DrawnFault draw_fault(const FaultAction& fault, const RequestHead& head, RouteDraws& draws) {
  DrawnFault drawn;
  if (fault.delay > 0 && draws.of(head, RouteDraws::Purpose::fault_delay).chance(fault.delay_share)) {
    drawn.delay = fault.delay;
  }
  drawn.aborts = (fault.abort_status != 0 || fault.abort_grpc_status.has_value()) &&
                 draws.of(head, RouteDraws::Purpose::fault_abort).chance(fault.abort_share);
  return drawn;
}

std::unique_ptr<ResponseHead> abort_answer(const FaultAction& fault, const RequestHead& head) {
  if (!head.headers.get("content-type").starts_with("application/grpc")) {
    return std::make_unique<ResponseHead>(fault.abort_grpc_status.has_value() ? http_status_of(*fault.abort_grpc_status)
                                                                              : fault.abort_status);
  }
  auto answer = std::make_unique<ResponseHead>(200);
  answer->headers.add("content-type", "application/grpc");
  answer->headers.add("grpc-status",
                      std::to_string(fault.abort_grpc_status.value_or(grpc_status_of(fault.abort_status))));
  answer->headers.add("grpc-message", kFaultBody);
  return answer;
}

}  // namespace meshtwin
