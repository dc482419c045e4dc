#include "emu/ebpf_network.h"

#include "ebpf/wire.h"
#include "emu/socket_options.h"
#include "mesh/proxy/sidecar_config.h"
#include "mesh/roles/plan.h"

namespace meshtwin {

namespace {

// The programs are C and know the engine's numbers by their own names.
static_assert(MESHTWIN_OUTBOUND_PORT == kOutboundPort && MESHTWIN_INBOUND_PORT == kInboundPort);
static_assert(MESHTWIN_BYPASS_MARK == kBypassMark);
static_assert(SHORTCUT_UNANSWERED_LIMIT == kShortcutUnanswered);

ShortcutUsage usage_of(const shortcut_counters& counts) {
  return {counts.redirected_messages, counts.redirected_bytes, counts.passed_messages, counts.passed_bytes,
          counts.fallen_back};
}

}  // namespace

EbpfNetwork::EbpfNetwork(bool capture, bool accelerate) {
  if (capture) capture_.emplace();
  if (accelerate) acceleration_.emplace();
}

void EbpfNetwork::add_pod(int netns_fd, std::uint32_t ip, std::uint32_t node, bool capture) {
  const std::uint64_t cookie = network_namespace_cookie();
  if (capture && capture_.has_value()) capture_->add_pod(netns_fd, cookie, ip);
  if (acceleration_.has_value()) acceleration_->add_pod(cookie, ip, node);
}

void EbpfNetwork::cut(std::uint32_t ip, std::uint32_t node, bool cut) {
  if (!acceleration_.has_value()) return;
  if (cut) {
    acceleration_->cut(ip);
  } else {
    acceleration_->restore(ip, node);
  }
}

std::map<std::string, ShortcutUsage> EbpfNetwork::shortcuts() const {
  if (!acceleration_.has_value()) return {};
  return {{"in_pod", usage_of(acceleration_->counts(SHORTCUT_IN_POD))},
          {"on_node", usage_of(acceleration_->counts(SHORTCUT_ON_NODE))}};
}

}  // namespace meshtwin
