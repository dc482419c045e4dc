#include "mesh/control/lane_group.h"

#include <algorithm>

namespace meshtwin {
namespace {

constexpr const char* kRouteHeader = "x-asm-prefer-tag";  // where a group does not say

bool same_name(std::string_view a, std::string_view b) {  // of headers
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace

ServiceRef service_of(const std::string& text) {
  const std::size_t last = text.rfind('/');
  if (last == std::string::npos) return {"default", text};
  const std::size_t before = last == 0 ? std::string::npos : text.rfind('/', last - 1);
  const std::size_t begin = before == std::string::npos ? 0 : before + 1;
  return {text.substr(begin, last - begin), text.substr(last + 1)};
}

bool holds(const std::vector<std::string>& services, const ServiceRef& service) {
  return std::ranges::any_of(services, [&](const std::string& text) { return service_of(text) == service; });
}

std::string route_header_of(const SwimLaneGroup& group) {
  return group.route_header.empty() ? kRouteHeader : group.route_header;
}

LaneTransport transport_of(const SwimLaneGroup& group) {
  if (same_name(group.trace_header, "baggage")) return LaneTransport::baggage;
  return same_name(group.trace_header, route_header_of(group)) ? LaneTransport::application : LaneTransport::trace;
}

}  // namespace meshtwin
