#pragma once

// What a ztunnel is told of the mesh (istio.workload.Address): every workload and every service, as typed values.
// Source of the fields: istio/ztunnel's workload.proto.

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "mesh/base/socket_address.h"
#include "mesh/identity/spiffe_id.h"
#include "mesh/resource/locality.h"
#include "mesh/telemetry/workload_labels.h"

namespace meshtwin {

struct WorkloadEntry {
  std::string uid;  // "Kubernetes//Pod/default/backend-az-a-0"
  std::string name;
  std::uint32_t ip = 0;
  SpiffeId identity;
  std::string node;
  Locality locality;
  bool hbone = false;  // a ztunnel listens on its 15008 (or it is a waypoint)
  bool healthy = true;
  // Host of a service it belongs to -> service port -> its own port.
  std::map<std::string, std::map<std::uint16_t, std::uint16_t>> services;
  WorkloadLabels labels = {};

  bool operator==(const WorkloadEntry&) const = default;
};

struct ServiceEntryPoint {
  std::string host;  // "backend.default.svc.cluster.local"
  std::uint32_t vip = 0;
  std::map<std::uint16_t, std::uint16_t> ports;  // service port -> target port
  SocketAddress waypoint;                        // its 15008; port 0: none

  bool operator==(const ServiceEntryPoint&) const = default;
};

// One resource of the workload API.
using AddressEntry = std::variant<WorkloadEntry, ServiceEntryPoint>;

// A workload's uid, or a service's "namespace/host".
std::string address_name(const AddressEntry& address);
// A workload's as it is asked for by address: "NETWORK/IP", of the network without a name.
std::string peer_name(std::uint32_t ip);

}  // namespace meshtwin
