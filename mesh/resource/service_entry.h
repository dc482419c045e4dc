#pragma once

// Istio's ServiceEntry and WorkloadEntry: services and endpoints that Kubernetes does not know.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "mesh/resource/object_meta.h"

namespace meshtwin {

struct WorkloadEntryResource {
  ObjectMeta meta;                             // of one inside a ServiceEntry: empty
  std::string address;                         // an IP address or a name
  std::map<std::string, std::uint16_t> ports;  // by the service port's name
  Labels labels;
  std::string network;
  std::string locality;      // "region/zone/subzone"
  std::uint32_t weight = 0;  // 0: not said
  std::string service_account;
};

struct ServiceEntryPort {
  std::uint16_t number = 0;
  std::string protocol;
  std::string name;
  std::uint16_t target_port = 0;  // 0: number
};

struct ServiceEntryResource {
  enum class Location { mesh_external, mesh_internal };
  enum class Resolution { none, is_static, dns, dns_round_robin };

  ObjectMeta meta;
  std::vector<std::string> hosts;
  std::vector<std::string> addresses;
  std::vector<ServiceEntryPort> ports;
  Location location = Location::mesh_external;
  Resolution resolution = Resolution::none;
  std::vector<WorkloadEntryResource> endpoints;
  Labels workload_selector;  // empty: none
  std::vector<std::string> export_to;
};

}  // namespace meshtwin
