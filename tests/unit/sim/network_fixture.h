#pragma once

// Pods on a simulated network without a World: a task for each, one Processor, calls made from the test itself.

#include <deque>
#include <functional>
#include <memory>

#include "sim/message_transport.h"
#include "sim/ns3_core.h"
#include "sim/packet_transport.h"
#include "sim/socket_layer.h"
#include "sim/topology.h"

namespace meshtwin {

struct SimNetworks {
  static constexpr Duration kPatience = 20 * kSecond;

  explicit SimNetworks(Plan the_plan, CostProfile the_profile = null_cost_profile())
      : plan(std::move(the_plan)),
        profile(std::move(the_profile)),
        core(queue),
        topology(plan, profile),
        processor(queue, profile, profile.cores, RandomStream(1, "processor")),
        link_task(processor, RandomStream(1, "link"), true),
        sockets(queue, plan, topology) {
    if (plan.packet_network) {
      transport = make_packet_transport(queue, plan, profile, topology, link_task, sockets.connections(), sockets);
    } else {
      transport = std::make_unique<MessageTransport>(queue, topology, link_task, sockets.connections(), sockets);
    }
    sockets.use(*transport);
    for (std::uint32_t pod = 0; pod < plan.pods.size(); ++pod) {
      tasks.emplace_back(processor, RandomStream(1, "task").keyed(tasks.size()));
      networks.push_back(sockets.network(pod, tasks.back()));
    }
  }

  bool run_until(const std::function<bool()>& condition) {
    const Time limit = queue.now() + kPatience;
    while (!condition()) {
      if (queue.now() >= limit || !step(limit)) return condition();
    }
    return true;
  }
  void run_for(Duration duration) {
    queue.schedule(queue.now() + duration, [this] { queue.stop(); });
    queue.run();
  }
  // A millisecond on, or to the limit.
  bool step(Time limit) {
    const Time at = std::min(queue.now() + kMillisecond, limit);
    queue.schedule(at, [this] { queue.stop(); });
    queue.run();
    return true;
  }

  Plan plan;
  CostProfile profile;
  EventQueue queue;
  Ns3Core core;
  Topology topology;
  Processor processor;
  Task link_task;
  SocketLayer sockets;
  std::unique_ptr<Transport> transport;
  std::deque<Task> tasks;
  std::vector<std::unique_ptr<Network>> networks;
};

// Pods 10.0.0.1 … in the zones named by `zones`, and links of one shape between zone 0 and every other.
inline Plan pods_in(const std::vector<std::size_t>& zones, const LinkShape& shape = {}) {
  Plan plan;
  std::size_t count = 0;
  for (const std::size_t zone : zones) count = std::max(count, zone + 1);
  for (std::size_t zone = 0; zone < count; ++zone) {
    plan.zones.push_back({"z" + std::to_string(zone), "r"});
    plan.nodes.push_back({"n" + std::to_string(zone), zone, 0});
    if (zone > 0) plan.links.push_back({0, zone, shape});
  }
  for (std::size_t i = 0; i < zones.size(); ++i) {
    PodPlan pod;
    pod.name = "p" + std::to_string(i);
    pod.node = pod.zone = zones[i];
    pod.ip = 0x0a000001 + static_cast<std::uint32_t>(i);
    plan.pods.push_back(pod);
  }
  return plan;
}

}  // namespace meshtwin
