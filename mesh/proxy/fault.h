#pragma once

// What a route's fault injection does to one request, drawn when it comes: held back for a while, then answered in the
// place of the upstream, or both, or neither.

#include <cstdint>
#include <memory>
#include <optional>

#include "mesh/proxy/route_source.h"

namespace meshtwin {

struct DrawnFault {
  Duration delay = 0;
  bool aborts = false;
};
DrawnFault draw_fault(const FaultAction& fault, const RequestHead& head, RouteDraws& draws);

inline constexpr std::string_view kFaultBody = "fault filter abort";
// A gRPC client is answered in its own terms.
std::unique_ptr<ResponseHead> abort_answer(const FaultAction& fault, const RequestHead& head);

}  // namespace meshtwin
