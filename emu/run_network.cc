#include "emu/run_network.h"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <deque>
#include <stdexcept>
#include <thread>

#include "emu/capture.h"
#include "emu/ebpf_network.h"
#include "emu/interfaces.h"
#include "emu/link/in_namespace.h"
#include "mesh/base/socket_address.h"

namespace meshtwin {

namespace {

constexpr int kZonePrefix = 16;
// Above this the entries, one for each pair of pods, cost more than a few ARP exchanges do.
constexpr std::size_t kNeighboursLimit = 512;

MacAddress mac_of(std::uint32_t ip) {
  return {0x02,
          0x00,
          static_cast<std::uint8_t>(ip >> 24),
          static_cast<std::uint8_t>(ip >> 16),
          static_cast<std::uint8_t>(ip >> 8),
          static_cast<std::uint8_t>(ip)};
}

// Keeps router discovery and the like from making packets. Where /proc/sys is closed, the noise stays.
void without_ipv6() {
  for (const char* path :
       {"/proc/sys/net/ipv6/conf/all/disable_ipv6", "/proc/sys/net/ipv6/conf/default/disable_ipv6"}) {
    const Fd file(::open(path, O_WRONLY | O_CLOEXEC));
    if (file) [[maybe_unused]]
      const auto n = ::write(file.get(), "1", 1);
  }
}

constexpr int kPortPatience = 5000;  // milliseconds, for all ports of a zone

bool port_opened(unsigned port) {
  try {
    set_bridge_port(port, true);
    return true;
  } catch (const std::system_error& error) {
    if (error.code().value() != ENETDOWN) throw;
    return false;
  }
}

}  // namespace

std::uint32_t zone_gateway(std::size_t zone) {
  return (10U << 24) | (static_cast<std::uint32_t>(1 + zone) << 16) | 1;
}

std::vector<std::vector<int>> next_links(const RunNetworkPlan& plan) {
  const std::size_t count = plan.zones.size();
  std::vector<std::vector<int>> next(count, std::vector<int>(count, -1));
  // From each target outwards: a zone reached over a link takes that link towards the target.
  for (std::size_t target = 0; target < count; ++target) {
    std::deque<std::size_t> reached{target};
    while (!reached.empty()) {
      const std::size_t zone = reached.front();
      reached.pop_front();
      for (std::size_t link = 0; link < plan.links.size(); ++link) {
        const RunLink& ends = plan.links[link];
        if (ends.zone_a != zone && ends.zone_b != zone) continue;
        const std::size_t other = ends.zone_a == zone ? ends.zone_b : ends.zone_a;
        if (other == target || next[other][target] >= 0) continue;
        next[other][target] = static_cast<int>(link);
        reached.push_back(other);
      }
    }
  }
  return next;
}

RunNetwork::RunNetwork(RunNetworkPlan plan)
    : plan_(std::move(plan)), next_links_(next_links(plan_)), pods_(plan_.pods.size()) {
  for (std::size_t zone = 0; zone < plan_.zones.size(); ++zone) zones_.push_back(make_zone(zone));
  for (std::size_t link = 0; link < plan_.links.size(); ++link) {
    const RunLink& ends = plan_.links[link];
    ends_.push_back({make_end(link, ends.zone_a), make_end(link, ends.zone_b)});
  }
  for (Pod& pod : pods_) pod.space = new_net_namespace();
  load_ebpf();
  for (std::size_t zone = 0; zone < plan_.zones.size(); ++zone) plug_pods(zone);
  for (std::size_t pod = 0; pod < pods_.size(); ++pod) set_up_pod(pod);
  for (std::size_t zone = 0; zone < plan_.zones.size(); ++zone) open_ports(zone);
}

RunNetwork::~RunNetwork() = default;

void RunNetwork::load_ebpf() {
  if (!plan_.ebpf.capture && !plan_.ebpf.accelerate) return;
  try {
    ebpf_ = std::make_unique<EbpfNetwork>(plan_.ebpf.capture, plan_.ebpf.accelerate);
    for (std::size_t i = 0; i < pods_.size(); ++i) {
      const RunPod& pod = plan_.pods[i];
      in_net_namespace(pod_namespace(i), [&] { ebpf_->add_pod(pod_namespace(i), pod.ip, pod.node, pod.capture); });
    }
  } catch (const EbpfUnavailable& error) {
    ebpf_ = nullptr;
    if (!plan_.ebpf.or_without) throw;
    without_ebpf_ = error.what();
  }
}

std::map<std::string, ShortcutUsage> RunNetwork::shortcuts() const {
  return ebpf_ == nullptr ? std::map<std::string, ShortcutUsage>() : ebpf_->shortcuts();
}

RunNetwork::Zone RunNetwork::make_zone(std::size_t zone) const {
  Zone made;
  made.space = new_net_namespace();
  in_net_namespace(made.space.get(), [&] {
    without_ipv6();
    add_bridge("zone", mac_of(zone_gateway(zone)));
    made.bridge = interface_index("zone");
    add_address(made.bridge, {zone_gateway(zone), kZonePrefix});
    set_forwarding(made.bridge);
  });
  return made;
}

Fd RunNetwork::make_end(std::size_t link, std::size_t zone) const {
  LinkEndOptions options;
  options.name = "link" + std::to_string(link);
  for (std::size_t target = 0; target < plan_.zones.size(); ++target) {
    if (next_links_[zone][target] != static_cast<int>(link)) continue;
    options.routes.push_back({zone_gateway(target) & 0xffff0000, kZonePrefix});
  }
  Fd end;
  in_net_namespace(zone_namespace(zone), [&] {
    end = create_link_end(options);
    set_forwarding(interface_index(options.name));
  });
  return end;
}

void RunNetwork::plug_pods(std::size_t zone) {
  in_net_namespace(zone_namespace(zone), [&] {
    for (std::size_t i = 0; i < pods_.size(); ++i) {
      const RunPod& pod = plan_.pods[i];
      if (pod.zone != zone) continue;
      const std::string name = "pod" + std::to_string(i);
      add_veth({name, zones_[zone].bridge, "eth0", mac_of(pod.ip), pod_namespace(i)});
      pods_[i].port = interface_index(name);
      add_bridge_entry(pods_[i].port, mac_of(pod.ip));
      add_neighbour(zones_[zone].bridge, pod.ip, mac_of(pod.ip));
    }
  });
}

void RunNetwork::set_up_pod(std::size_t index) const {
  const RunPod& pod = plan_.pods[index];
  in_net_namespace(pod_namespace(index), [&] {
    without_ipv6();
    const unsigned eth0 = interface_index("eth0");
    const std::uint32_t gateway = zone_gateway(pod.zone);
    set_interface_up(eth0);
    add_address(eth0, {pod.ip, kZonePrefix});
    add_default_route(gateway);
    add_neighbour(eth0, gateway, mac_of(gateway));
    for (const RunPod& other : plan_.pods) {
      if (plan_.pods.size() > kNeighboursLimit) break;
      if (other.zone == pod.zone && other.ip != pod.ip) add_neighbour(eth0, other.ip, mac_of(other.ip));
    }
    if (pod.capture && (ebpf_ == nullptr || !ebpf_->captures())) install_capture();
  });
}

// The kernel notices a moment later that the other end of a veth has come up, and drops what is sent until then: a SYN
// lost here would cost a second.
void RunNetwork::open_ports(std::size_t zone) const {
  in_net_namespace(zone_namespace(zone), [&] {
    int patience = kPortPatience;
    for (std::size_t i = 0; i < pods_.size(); ++i) {
      while (plan_.pods[i].zone == zone && !port_opened(pods_[i].port)) {
        if (--patience == 0) throw std::runtime_error("the interface of " + plan_.pods[i].name + " does not come up");
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    }
  });
}

void RunNetwork::cut(std::size_t pod, bool cut) {
  if (ebpf_ != nullptr) ebpf_->cut(plan_.pods[pod].ip, plan_.pods[pod].node, cut);
  in_net_namespace(zone_namespace(plan_.pods[pod].zone), [&] { set_bridge_port(pods_[pod].port, !cut); });
}

}  // namespace meshtwin
