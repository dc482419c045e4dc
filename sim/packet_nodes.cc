#include "sim/packet_nodes.h"

#include <ns3/boolean.h>
#include <ns3/config.h>
#include <ns3/data-rate.h>
#include <ns3/drop-tail-queue.h>
#include <ns3/internet-stack-helper.h>
#include <ns3/ipv4-static-routing-helper.h>
#include <ns3/ipv4.h>
#include <ns3/mac48-address.h>
#include <ns3/nstime.h>
#include <ns3/packet.h>
#include <ns3/point-to-point-channel.h>
#include <ns3/simulator.h>
#include <ns3/string.h>
#include <ns3/tcp-cubic.h>
#include <ns3/type-id.h>
#include <ns3/uinteger.h>

#include "sim/congestion_window.h"
#include "sim/connection.h"

namespace meshtwin {
namespace {

constexpr std::uint64_t kUnlimited = 100'000'000'000;  // bits a second, of what has no bandwidth of its own
constexpr std::size_t kTcpIpHeaders = 54;              // PPP, IPv4, TCP with timestamps

// A wire whose packets arrive when `after` says, counted from when they have left; negative: never.
class WorldChannel : public ns3::PointToPointChannel {
 public:
  using After =
      Function<Duration(int direction, ns3::Ptr<ns3::PointToPointNetDevice> from, std::uint32_t bytes, Time left)>;
  explicit WorldChannel(EventQueue& queue, After after) : queue_(queue), after_(std::move(after)) {}

  bool TransmitStart(ns3::Ptr<const ns3::Packet> packet, ns3::Ptr<ns3::PointToPointNetDevice> from,
                     ns3::Time takes) override {
    const int direction = GetPointToPointDevice(0) == from ? 0 : 1;
    const Duration after = after_(direction, from, packet->GetSize(), queue_.now() + takes.GetNanoSeconds());
    if (after < 0) return true;
    const auto to = GetPointToPointDevice(1 - direction);
    ns3::Simulator::ScheduleWithContext(to->GetNode()->GetId(), takes + ns3::NanoSeconds(after),
                                        &ns3::PointToPointNetDevice::Receive, to, packet->Copy());
    return true;
  }

 private:
  EventQueue& queue_;
  After after_;
};

void set_linux_values() {
  using ns3::Config::SetDefault;
  SetDefault("ns3::TcpL4Protocol::SocketType", ns3::TypeIdValue(ns3::TcpCubic::GetTypeId()));
  SetDefault("ns3::TcpSocket::SegmentSize", ns3::UintegerValue(kSegment));
  SetDefault("ns3::TcpSocket::InitialCwnd", ns3::UintegerValue(kInitialWindow));
  SetDefault("ns3::TcpSocket::SndBufSize", ns3::UintegerValue(kSendBuffer));
  SetDefault("ns3::TcpSocket::RcvBufSize", ns3::UintegerValue(kReceiveWindow));
  SetDefault("ns3::TcpSocket::ConnTimeout", ns3::TimeValue(ns3::NanoSeconds(kSynTimeout)));
  SetDefault("ns3::TcpSocket::ConnCount", ns3::UintegerValue(kSynRetries));
  SetDefault("ns3::TcpSocket::DataRetries", ns3::UintegerValue(kRetries));
  SetDefault("ns3::TcpSocket::DelAckTimeout", ns3::TimeValue(ns3::MilliSeconds(40)));
  SetDefault("ns3::TcpSocketBase::MinRto", ns3::TimeValue(ns3::NanoSeconds(kRtoMin)));
  SetDefault("ns3::TcpSocketBase::ClockGranularity", ns3::TimeValue(ns3::MilliSeconds(1)));
  SetDefault("ns3::TcpSocketBase::Sack", ns3::BooleanValue(true));
}

ns3::Ptr<ns3::Ipv4StaticRouting> routing_of(const ns3::Ptr<ns3::Node>& node) {
  return ns3::Ipv4StaticRoutingHelper().GetStaticRouting(node->GetObject<ns3::Ipv4>());
}

std::uint32_t add_interface(const ns3::Ptr<ns3::PointToPointNetDevice>& device, std::uint32_t ip) {
  const auto ipv4 = device->GetNode()->GetObject<ns3::Ipv4>();
  const std::uint32_t interface = ipv4->AddInterface(device);
  ipv4->AddAddress(interface, ns3::Ipv4InterfaceAddress(ns3::Ipv4Address(ip), ns3::Ipv4Mask("255.255.255.255")));
  ipv4->SetUp(interface);
  return interface;
}

}  // namespace

PacketNodes::PacketNodes(EventQueue& queue, const Plan& plan, const CostProfile& profile, Topology& topology,
                         Task& link_task)
    : queue_(queue), topology_(topology), link_task_(link_task) {
  set_linux_values();
  ns3::InternetStackHelper stack;
  stack.SetIpv6StackInstall(false);
  stack.SetRoutingHelper(ns3::Ipv4StaticRoutingHelper());
  const auto make = [&stack] {
    auto node = ns3::CreateObject<ns3::Node>();
    stack.Install(node);
    return node;
  };
  for (std::size_t zone = 0; zone < plan.zones.size(); ++zone) routers_.push_back(make());
  for (std::size_t link = 0; link < plan.links.size(); ++link) make_link(plan, link, profile);
  for (std::uint32_t pod = 0; pod < plan.pods.size(); ++pod) {
    pods_.push_back(make());
    make_pod(plan, pod, profile);
  }
  add_routes(plan);
}

PacketNodes::Ends PacketNodes::join(ns3::Ptr<ns3::Node> a, ns3::Ptr<ns3::Node> b,
                                    ns3::Ptr<ns3::PointToPointChannel> channel) {
  std::vector<ns3::Ptr<ns3::PointToPointNetDevice>> ends;
  for (const auto& node : {a, b}) {
    auto device = ns3::CreateObject<ns3::PointToPointNetDevice>();
    device->SetAddress(ns3::Mac48Address::Allocate());
    device->SetDataRate(ns3::DataRate(kUnlimited));
    auto queue = ns3::CreateObject<ns3::DropTailQueue<ns3::Packet>>();
    queue->SetMaxSize(ns3::QueueSize("10000p"));
    device->SetQueue(queue);
    node->AddDevice(device);
    device->Attach(channel);
    ends.push_back(device);
  }
  return {ends[0], ends[1]};
}

// A pod hangs on its zone's router; the hop between two pods of a zone is split between their two wires.
void PacketNodes::make_pod(const Plan& plan, std::uint32_t pod, const CostProfile& profile) {
  const Duration half = profile.local_hop / 2;
  auto channel = ns3::CreateObject<WorldChannel>(
      queue_, [this, pod, half](int, const ns3::Ptr<ns3::PointToPointNetDevice>&, std::uint32_t, Time) {
        return topology_.pod_is_cut(pod) ? Duration{-1} : half;
      });
  const Ends ends = join(pods_[pod], routers_[plan.pods[pod].zone], channel);
  const std::uint32_t interface = add_interface(ends.first, plan.pods[pod].ip);
  pod_interface_.push_back(add_interface(ends.second, 0xa9fe0001));
  routing_of(pods_[pod])->SetDefaultRoute(ns3::Ipv4Address(0xa9fe0001), interface);
}

// The wires to the pods add a hop of a zone, which the link's own delay has in it.
void PacketNodes::make_link(const Plan& plan, std::size_t link, const CostProfile& profile) {
  std::uint64_t packets[2] = {0, 0};
  auto after = [this, link, packets, hop = profile.local_hop](int direction,
                                                              const ns3::Ptr<ns3::PointToPointNetDevice>& from,
                                                              std::uint32_t bytes, Time left) mutable -> Duration {
    LinkDirection& way = topology_.link(link, direction);
    const std::int64_t bandwidth = way.shape().bandwidth_bps;
    from->SetDataRate(ns3::DataRate(bandwidth > 0 ? static_cast<std::uint64_t>(bandwidth) : kUnlimited));
    const std::size_t payload = bytes > kTcpIpHeaders ? bytes - kTcpIpHeaders : 0;
    link_task_.post({[](void* task, std::uint64_t amount) {
                       static_cast<Task*>(task)->charge(Operation::link_segment, static_cast<std::int64_t>(amount));
                     },
                     &link_task_, payload});
    const Crossing crossing = way.cross(left, 1, payload, 0, ++packets[direction]);
    return crossing.lost > 0 ? -1 : std::max<Duration>(crossing.arrival - left - hop, 0);
  };
  for (int direction : {0, 1}) topology_.link(link, direction).serialises = false;
  auto channel = ns3::CreateObject<WorldChannel>(queue_, std::move(after));
  const Ends ends = join(routers_[plan.links[link].zone_a], routers_[plan.links[link].zone_b], channel);
  const std::int64_t bandwidth = plan.links[link].shape.bandwidth_bps;
  for (const auto& end : {ends.first, ends.second}) {
    if (bandwidth > 0) end->SetDataRate(ns3::DataRate(static_cast<std::uint64_t>(bandwidth)));
  }
  const auto address = static_cast<std::uint32_t>(0xa9fe8000 + 2 * link);
  const std::uint32_t a = add_interface(ends.first, address);
  link_interfaces_.emplace_back(a, add_interface(ends.second, address + 1));
}

// From each router to each pod: its own wire, or the first link of the topology's path.
void PacketNodes::add_routes(const Plan& plan) {
  for (std::uint32_t from = 0; from < plan.zones.size(); ++from) {
    const auto routing = routing_of(routers_[from]);
    for (std::uint32_t pod = 0; pod < plan.pods.size(); ++pod) {
      const ns3::Ipv4Address address(plan.pods[pod].ip);
      if (plan.pods[pod].zone == from) {
        routing->AddHostRouteTo(address, pod_interface_[pod]);
        continue;
      }
      const Path& path = topology_.zone_path(from, plan.pods[pod].zone);
      if (!path.reachable) continue;
      for (std::size_t link = 0; link < plan.links.size(); ++link) {
        if (path.links.front() == &topology_.link(link, 0))
          routing->AddHostRouteTo(address, link_interfaces_[link].first);
        if (path.links.front() == &topology_.link(link, 1))
          routing->AddHostRouteTo(address, link_interfaces_[link].second);
      }
    }
  }
}

}  // namespace meshtwin
