#pragma once

// The plan as ns-3 nodes: one a pod, one router a zone, point-to-point links between, static routes, Linux's TCP
// values. Delay, jitter, loss and cuts are those of the Topology, drawn packet by packet in our own channel; ns-3's
// devices keep to the bandwidth and queue. Includes ns-3: only for the packet network's own sources.

#include <ns3/node.h>
#include <ns3/point-to-point-net-device.h>
#include <ns3/ptr.h>

#include <vector>

#include "sim/processor.h"
#include "sim/topology.h"

namespace meshtwin {

class PacketNodes {
 public:
  PacketNodes(EventQueue& queue, const Plan& plan, const CostProfile& profile, Topology& topology, Task& link_task);
  ns3::Ptr<ns3::Node> pod(std::uint32_t pod) const { return pods_[pod]; }

 private:
  using Ends = std::pair<ns3::Ptr<ns3::PointToPointNetDevice>, ns3::Ptr<ns3::PointToPointNetDevice>>;
  Ends join(ns3::Ptr<ns3::Node> a, ns3::Ptr<ns3::Node> b, ns3::Ptr<ns3::PointToPointChannel> channel);
  void make_pod(const Plan& plan, std::uint32_t pod, const CostProfile& profile);
  void make_link(const Plan& plan, std::size_t link, const CostProfile& profile);
  void add_routes(const Plan& plan);

  EventQueue& queue_;
  Topology& topology_;
  Task& link_task_;
  std::vector<ns3::Ptr<ns3::Node>> pods_;
  std::vector<ns3::Ptr<ns3::Node>> routers_;
  std::vector<std::uint32_t> pod_interface_;                              // of its zone's router, by pod
  std::vector<std::pair<std::uint32_t, std::uint32_t>> link_interfaces_;  // of both routers, by link
};

}  // namespace meshtwin
