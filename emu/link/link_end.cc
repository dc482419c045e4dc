#include "emu/link/link_end.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "emu/link/netlink.h"

namespace meshtwin {
namespace {

using HardwareAddress = std::array<std::uint8_t, 6>;

// Locally administered. The wire end's differs, so that the namespace's own stack ignores what passes there.
constexpr HardwareAddress kEveryEnd = {0x02, 0x6d, 0x74, 0, 0, 1};
constexpr HardwareAddress kWireEnd = {0x02, 0x6d, 0x74, 0, 0, 2};
constexpr int kTypicalBuffer = 2304;  // what the kernel counts for one full packet

std::string wire_name(const std::string& name) {
  return name + "-w";
}

int interface_index(const std::string& name) {
  const unsigned index = if_nametoindex(name.c_str());
  if (index == 0) throw_errno("find interface " + name);
  return static_cast<int>(index);
}

void put_interface(NetlinkRequest& request, const std::string& name, const HardwareAddress& address,
                   const LinkEndOptions& options) {
  request.text(IFLA_IFNAME, name);
  request.attribute(IFLA_ADDRESS, address);
  request.attribute(IFLA_MTU, static_cast<std::uint32_t>(options.mtu));
  request.attribute(IFLA_TXQLEN, static_cast<std::uint32_t>(options.queue_length));
}

void make_pair(const LinkEndOptions& options) {
  NetlinkRequest request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  request.put(ifinfomsg{});
  put_interface(request, options.name, kEveryEnd, options);
  const std::size_t info = request.begin(IFLA_LINKINFO);
  request.text(IFLA_INFO_KIND, "veth");
  const std::size_t data = request.begin(IFLA_INFO_DATA);
  const std::size_t peer = request.begin(VETH_INFO_PEER);
  request.put(ifinfomsg{});
  put_interface(request, wire_name(options.name), kWireEnd, options);
  request.end(peer);
  request.end(data);
  request.end(info);
  request.execute("make link end " + options.name);
}

void bring_up(const std::string& name) {
  NetlinkRequest request(RTM_NEWLINK, 0);
  ifinfomsg info{};
  info.ifi_index = interface_index(name);
  info.ifi_flags = IFF_UP | IFF_NOARP;
  info.ifi_change = IFF_UP | IFF_NOARP;
  request.put(info);
  request.execute("bring up " + name);
}

void add_address(const std::string& name, const Ipv4Network& network) {
  NetlinkRequest request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
  ifaddrmsg message{};
  message.ifa_family = AF_INET;
  message.ifa_prefixlen = static_cast<std::uint8_t>(network.prefix);
  message.ifa_index = static_cast<std::uint32_t>(interface_index(name));
  request.put(message);
  const std::uint32_t ip = htonl(network.ip);
  request.attribute(IFA_LOCAL, ip);
  request.attribute(IFA_ADDRESS, ip);
  request.execute("give " + name + " an address");
}

void add_route(const std::string& name, const Ipv4Network& network) {
  NetlinkRequest request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
  rtmsg message{};
  message.rtm_family = AF_INET;
  message.rtm_dst_len = static_cast<std::uint8_t>(network.prefix);
  message.rtm_table = RT_TABLE_MAIN;
  message.rtm_protocol = RTPROT_STATIC;
  message.rtm_scope = RT_SCOPE_LINK;
  message.rtm_type = RTN_UNICAST;
  request.put(message);
  request.attribute(RTA_DST, htonl(network.ip));
  request.attribute(RTA_OIF, interface_index(name));
  request.execute("route a network through " + name);
}

void set_option(int socket, int level, int option, int value, const std::string& attempted) {
  checked(setsockopt(socket, level, option, &value, sizeof value), attempted);
}

// Past the host's limit where the privilege is there, up to it otherwise.
void size_buffer(int socket, int forced, int plain, int bytes) {
  if (setsockopt(socket, SOL_SOCKET, forced, &bytes, sizeof bytes) == 0) return;
  set_option(socket, SOL_SOCKET, plain, bytes, "size a packet socket's buffer");
}

Fd open_wire(const LinkEndOptions& options) {
  const std::string name = wire_name(options.name);
  Fd socket(
      checked(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "open a packet socket on " + name));
  set_option(socket.get(), SOL_PACKET, PACKET_VNET_HDR, 1, "ask for virtio headers on " + name);
  set_option(socket.get(), SOL_SOCKET, SO_TIMESTAMPNS, 1, "ask for time stamps on " + name);
  // The kernel gives a new interface its queue some time after it is up, and loses what is written before.
  set_option(socket.get(), SOL_PACKET, PACKET_QDISC_BYPASS, 1, "bypass the queue of " + name);
  const int bytes = std::clamp(options.queue_length, 100, 100'000) * kTypicalBuffer;
  size_buffer(socket.get(), SO_RCVBUFFORCE, SO_RCVBUF, bytes);
  size_buffer(socket.get(), SO_SNDBUFFORCE, SO_SNDBUF, bytes);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_IP);  // not ALL: what is written here must not come back
  address.sll_ifindex = interface_index(name);
  checked(bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
          "bind a packet socket to " + name);
  return socket;
}

}  // namespace

Fd create_link_end(const LinkEndOptions& options) {
  if (options.name.empty() || wire_name(options.name).size() >= IFNAMSIZ) {
    throw std::invalid_argument("link end '" + options.name + "': a name of 1 to 13 bytes is needed");
  }
  make_pair(options);
  try {
    bring_up(wire_name(options.name));
    bring_up(options.name);  // last, so that its own queue is there at once
    Fd wire = open_wire(options);
    for (const Ipv4Network& address : options.addresses) add_address(options.name, address);
    for (const Ipv4Network& network : options.routes) add_route(options.name, network);
    return wire;
  } catch (...) {
    remove_link_end(options.name);
    throw;
  }
}

void remove_link_end(const std::string& name) {
  NetlinkRequest request(RTM_DELLINK, 0);
  ifinfomsg info{};
  info.ifi_index = interface_index(name);
  request.put(info);
  request.execute("remove link end " + name);
}

}  // namespace meshtwin
