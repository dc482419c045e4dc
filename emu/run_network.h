#pragma once

// The network of an emulated run: a namespace for each zone, holding a bridge that is the zone's router, and a
// namespace for each pod, plugged into its zone's bridge. All of it hangs on descriptors of this object and nothing
// else, so it is gone with the process. Addresses of neighbours are entered beforehand: no packet of a run waits for
// ARP.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "emu/link/fd.h"
#include "mesh/telemetry/run_report.h"

namespace meshtwin {

class EbpfNetwork;

struct RunPod {
  std::string name;
  std::uint32_t zone = 0;
  std::uint32_t ip = 0;
  bool capture = false;
  std::uint32_t node = 0;
};

struct RunLink {
  std::uint32_t zone_a = 0;
  std::uint32_t zone_b = 0;
};

// What eBPF does for the pods, where the host can.
struct EbpfWanted {
  bool capture = false;     // instead of nftables
  bool accelerate = false;  // what is written on one node goes to the socket it is for, round TCP
  bool or_without = false;  // where the host cannot: nftables, and TCP
};

struct RunNetworkPlan {
  std::vector<std::string> zones;
  std::vector<RunLink> links;
  std::vector<RunPod> pods;
  EbpfWanted ebpf = {};
};

std::uint32_t zone_gateway(std::size_t zone);  // 10.(1+zone).0.1
// next_links[z][t]: the link by which zone z reaches zone t over the fewest links; -1: not at all.
std::vector<std::vector<int>> next_links(const RunNetworkPlan& plan);

class RunNetwork {
 public:
  // Throws with what was refused.
  explicit RunNetwork(RunNetworkPlan plan);
  ~RunNetwork();

  int zone_namespace(std::size_t zone) const { return zones_[zone].space.get(); }
  int pod_namespace(std::size_t pod) const { return pods_[pod].space.get(); }
  // The two ends of a link, for whoever moves its packets.
  const Fd& end_a(std::size_t link) const { return ends_[link].a; }
  const Fd& end_b(std::size_t link) const { return ends_[link].b; }

  // Why the host cannot do what was wanted of eBPF; empty: nothing is missing.
  const std::string& without_ebpf() const { return without_ebpf_; }
  // By kind of path; empty: not accelerated.
  std::map<std::string, ShortcutUsage> shortcuts() const;

  // Everything to and from the pod is dropped in silence, or passes again.
  void cut(std::size_t pod, bool cut);

 private:
  struct Zone {
    Fd space;
    unsigned bridge = 0;
  };
  struct Pod {
    Fd space;
    unsigned port = 0;  // of its zone's bridge
  };
  struct Ends {
    Fd a;
    Fd b;
  };

  void load_ebpf();
  Zone make_zone(std::size_t zone) const;
  void plug_pods(std::size_t zone);
  void set_up_pod(std::size_t pod) const;
  void open_ports(std::size_t zone) const;
  Fd make_end(std::size_t link, std::size_t zone) const;

  RunNetworkPlan plan_;
  std::unique_ptr<EbpfNetwork> ebpf_;  // null: nftables, and TCP
  std::string without_ebpf_;
  std::vector<std::vector<int>> next_links_;
  std::vector<Zone> zones_;
  std::vector<Pod> pods_;
  std::vector<Ends> ends_;
};

}  // namespace meshtwin
