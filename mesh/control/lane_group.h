#pragma once

// What the documents of swim lanes mean, for those who act on them: the names of services in them, and the headers by
// which lanes travel.

#include <string>
#include <string_view>
#include <vector>

#include "mesh/resource/traffic_lane.h"

namespace meshtwin {

struct ServiceRef {
  std::string name_space;
  std::string name;

  std::string host() const { return name + '.' + name_space + ".svc.cluster.local"; }
  bool operator==(const ServiceRef&) const = default;
};

ServiceRef service_of(const std::string& text);  // "name", "namespace/name", "cluster/namespace/name"
bool holds(const std::vector<std::string>& services, const ServiceRef& service);

// The header whose value is the lane's name, on every request of a permissive group.
std::string route_header_of(const SwimLaneGroup& group);

// How the lane of a permissive group comes from a request that an application got to those that it makes.
enum class LaneTransport : unsigned char {
  trace,
  baggage,
  application
};  // application: it passes the header on itself
LaneTransport transport_of(const SwimLaneGroup& group);

}  // namespace meshtwin
