#include "emu/calibrate/ground.h"

#include <sched.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "emu/calibrate/chain.h"
#include "mesh/proxy/sidecar_config.h"

namespace meshtwin {
namespace {

constexpr std::uint32_t kRemoteIp = 0x0a02000a;  // 10.2.0.10, in the other zone

void write_file(const char* path, const std::string& text) {
  std::ofstream file(path);
  if (!(file << text << std::flush)) throw_errno(std::string("write ") + path);
}

RunNetworkPlan plan_with_privileges() {
  if (const uid_t uid = ::geteuid(); uid != 0) {
    const gid_t gid = ::getegid();
    checked(::unshare(CLONE_NEWUSER), "make a user namespace");
    write_file("/proc/self/setgroups", "deny");
    write_file("/proc/self/uid_map", "0 " + std::to_string(uid) + " 1");
    write_file("/proc/self/gid_map", "0 " + std::to_string(gid) + " 1");
  }
  RunNetworkPlan plan;
  plan.zones = {"a", "b"};
  plan.links = {{0, 1}};
  plan.pods = {{"remote", 1, kRemoteIp, true}};
  for (const bool sidecars : {true, false}) {
    ChainShape shape;
    shape.sidecars = sidecars;
    const std::string name = sidecars ? "-with-sidecar" : "-alone";
    plan.pods.push_back({"client" + name, 0, chain_client_ip(shape), sidecars});
    plan.pods.push_back({"server" + name, 0, chain_server_ip(shape), sidecars});
  }
  return plan;
}

}  // namespace

CalibrationGround::CalibrationGround() : network_(plan_with_privileges()) {}

ChainPods CalibrationGround::chain(const ChainShape& shape) const {
  const std::size_t first = shape.sidecars ? 1 : 3;
  return {network_.pod_namespace(first), network_.pod_namespace(first + 1)};
}

Way CalibrationGround::loopback() const {
  return {client(), client(), {0, kOutboundPort}, {kChainVip, kChainPort}, false};
}

Way CalibrationGround::local() const {
  return {client(), server(), {0, kInboundPort}, {kChainServerIp, kChainPort}, true};
}

Way CalibrationGround::linked() const {
  return {client(), network_.pod_namespace(0), {0, kInboundPort}, {kRemoteIp, kChainPort}, true};
}

}  // namespace meshtwin
