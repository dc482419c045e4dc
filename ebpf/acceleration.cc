#include "ebpf/acceleration.h"

#include <arpa/inet.h>

#include "ebpf/objects.h"

namespace meshtwin {

Acceleration::Acceleration() : programs_("acceleration", acceleration_object()) {
  programs_.attach_to_sockets_of("accelerate_message", "sockets");  // before any socket joins
  programs_.attach_to_root_cgroup("accelerate_sockets");
}

void Acceleration::add_pod(std::uint64_t cookie, std::uint32_t ip, std::uint32_t node) {
  restore(ip, node);
  programs_.set("pods", static_cast<__u64>(cookie), std::uint8_t{1});
}

void Acceleration::cut(std::uint32_t ip) {
  programs_.erase("nodes", static_cast<__u32>(htonl(ip)));
}

void Acceleration::restore(std::uint32_t ip, std::uint32_t node) {
  programs_.set("nodes", static_cast<__u32>(htonl(ip)), static_cast<__u32>(node));
}

shortcut_counters Acceleration::counts(shortcut_kind kind) const {
  shortcut_counters sum{};
  for (const shortcut_counters& one : programs_.of_processors<shortcut_counters>("counters", kind)) {
    sum.redirected_messages += one.redirected_messages;
    sum.redirected_bytes += one.redirected_bytes;
    sum.passed_messages += one.passed_messages;
    sum.passed_bytes += one.passed_bytes;
    sum.fallen_back += one.fallen_back;
  }
  return sum;
}

}  // namespace meshtwin
