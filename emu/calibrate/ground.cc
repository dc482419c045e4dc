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
  plan.pods = {{"client", 0, kChainClientIp, true},
               {"server", 0, kChainServerIp, true},
               {"remote", 1, kRemoteIp, true},
               {"plain-client", 0, kPlainClientIp, false},
               {"plain-server", 0, kPlainServerIp, false}};
  return plan;
}

}  // namespace

CalibrationGround::CalibrationGround() : network_(plan_with_privileges()) {}

Way CalibrationGround::loopback() const {
  return {client(), client(), {0, kOutboundPort}, {kChainVip, kChainPort}, false};
}

Way CalibrationGround::local() const {
  return {client(), server(), {0, kInboundPort}, {kChainServerIp, kChainPort}, true};
}

Way CalibrationGround::linked() const {
  return {client(), network_.pod_namespace(2), {0, kInboundPort}, {kRemoteIp, kChainPort}, true};
}

}  // namespace meshtwin
