#include "emu/capture.h"

#include <nftables/libnftables.h>

#include <memory>
#include <stdexcept>

#include "emu/socket_options.h"
#include "mesh/proxy/sidecar_config.h"

namespace meshtwin {

std::string capture_rules() {
  const std::string outbound = std::to_string(kOutboundPort);
  const std::string inbound = std::to_string(kInboundPort);
  return "table ip meshtwin {\n"
         " chain output { type nat hook output priority -100;\n"
         "  meta mark " +
         std::to_string(kBypassMark) +
         " return\n"
         "  ip daddr 127.0.0.0/8 return\n"
         "  meta l4proto tcp redirect to :" +
         outbound +
         "\n"
         " }\n"
         " chain prerouting { type nat hook prerouting priority -100;\n"
         "  iifname \"lo\" return\n"
         "  tcp dport { " +
         outbound + ", " + inbound +
         ", 15008, 15020, 15021, 15090 } return\n"
         "  meta l4proto tcp redirect to :" +
         inbound +
         "\n"
         " }\n"
         "}\n";
}

void install_capture() {
  const std::unique_ptr<nft_ctx, decltype(&nft_ctx_free)> context(nft_ctx_new(NFT_CTX_DEFAULT), nft_ctx_free);
  if (context == nullptr) throw std::runtime_error("install capture rules: nftables cannot be opened");
  nft_ctx_buffer_output(context.get());
  nft_ctx_buffer_error(context.get());
  if (nft_run_cmd_from_buffer(context.get(), capture_rules().c_str()) != 0) {
    throw std::runtime_error("install capture rules: " + std::string(nft_ctx_get_error_buffer(context.get())));
  }
}

}  // namespace meshtwin
