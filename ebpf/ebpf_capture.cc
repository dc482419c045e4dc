#include "ebpf/ebpf_capture.h"

#include <arpa/inet.h>

#include "ebpf/objects.h"
#include "ebpf/wire.h"

namespace meshtwin {

EbpfCapture::EbpfCapture() : programs_("capture", capture_object()) {
  for (const char* program :
       {"capture_sockets", "capture_original_destination", "capture_peer_name", "capture_connect"}) {
    programs_.attach_to_root_cgroup(program);
  }
}

void EbpfCapture::add_pod(int netns_fd, std::uint64_t cookie, std::uint32_t ip) {
  programs_.set("pods", static_cast<__u64>(cookie), captured_pod{htonl(ip)});
  programs_.attach_to_network_namespace("capture_inbound", netns_fd);
}

}  // namespace meshtwin
