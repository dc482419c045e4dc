#pragma once

// The smallest mesh there is: a load generator and its sidecar in one pod, a sidecar and a workload that computes
// nothing in another, configured without a control plane. Calibration runs it on the emulator's runtime to see what the
// roles spend beyond their sockets; the same roles, over the simulator, show whether the profile reproduces that.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "emu/calibrate/measurements.h"
#include "mesh/runtime/role.h"
#include "mesh/workload/load_config.h"

namespace meshtwin {

struct ChainShape {
  bool sidecars = true;  // false: the load generator talks to the workload, between pods without capture
  double rate = 1000;    // requests a second
  LoadConfig::Arrivals arrivals = LoadConfig::Arrivals::poisson;
  Duration length = 2 * kSecond;
  std::uint64_t request_bytes = 0;
  std::uint64_t response_bytes = 1000;
};

inline constexpr std::uint32_t kChainClientIp = 0x0a01000a;  // 10.1.0.10
inline constexpr std::uint32_t kChainServerIp = 0x0a01000b;
inline constexpr std::uint32_t kPlainClientIp = 0x0a01000c;  // of the chain without sidecars
inline constexpr std::uint32_t kPlainServerIp = 0x0a01000d;
inline constexpr std::uint32_t kChainVip = 0x0a60000a;
inline constexpr std::uint16_t kChainPort = 8080;
inline constexpr const char* kChainService = "echo";

constexpr std::uint32_t chain_server_ip(const ChainShape& shape) {
  return shape.sidecars ? kChainServerIp : kPlainServerIp;
}
constexpr std::uint32_t chain_client_ip(const ChainShape& shape) {
  return shape.sidecars ? kChainClientIp : kPlainClientIp;
}

constexpr bool takes_part(ChainRole role, const ChainShape& shape) {
  return shape.sidecars || role == ChainRole::load || role == ChainRole::workload;
}
constexpr bool is_in_client_pod(ChainRole role) {
  return role == ChainRole::load || role == ChainRole::client_sidecar;
}

std::map<std::uint32_t, std::uint32_t> chain_pods(const ChainShape& shape);  // address -> place
std::map<std::string, std::vector<std::uint32_t>, std::less<>> chain_hosts(const ChainShape& shape);
std::unique_ptr<Role> make_chain_role(ChainRole role, const ChainShape& shape, const RoleSurroundings& surroundings);

}  // namespace meshtwin
