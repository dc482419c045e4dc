#include "emu/interfaces.h"

#include <arpa/inet.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>

#include "emu/link/netlink.h"
#include "mesh/base/socket_address.h"

namespace meshtwin {

namespace {

constexpr std::uint32_t kMtu = 1500;
constexpr std::uint16_t kNew = NLM_F_CREATE | NLM_F_EXCL;

template <typename Body>
void nest(NetlinkRequest& request, std::uint16_t type, Body body) {
  const std::size_t begun = request.begin(type);
  body();
  request.end(begun);
}

ifinfomsg up_interface(unsigned index = 0) {
  ifinfomsg head{};
  head.ifi_index = static_cast<int>(index);
  head.ifi_flags = head.ifi_change = IFF_UP;
  return head;
}

}  // namespace

unsigned interface_index(const std::string& name) {
  const unsigned index = ::if_nametoindex(name.c_str());
  if (index == 0) throw_errno("find interface " + name);
  return index;
}

void add_bridge(const std::string& name, const MacAddress& mac) {
  NetlinkRequest request(RTM_NEWLINK, kNew);
  request.put(up_interface());
  request.text(IFLA_IFNAME, name);
  request.attribute(IFLA_ADDRESS, mac);
  nest(request, IFLA_LINKINFO, [&] {
    request.text(IFLA_INFO_KIND, "bridge");
    nest(request, IFLA_INFO_DATA, [&] {
      request.attribute(IFLA_BR_STP_STATE, std::uint32_t{0});
      request.attribute(IFLA_BR_FORWARD_DELAY, std::uint32_t{0});
      request.attribute(IFLA_BR_MCAST_SNOOPING, std::uint8_t{0});
    });
  });
  request.execute("add bridge " + name);
}

void add_veth(const VethOptions& options) {
  NetlinkRequest request(RTM_NEWLINK, kNew);
  request.put(up_interface());
  request.text(IFLA_IFNAME, options.name);
  request.attribute(IFLA_MTU, kMtu);
  request.attribute(IFLA_MASTER, options.bridge);
  nest(request, IFLA_LINKINFO, [&] {
    request.text(IFLA_INFO_KIND, "veth");
    nest(request, IFLA_INFO_DATA, [&] {
      nest(request, VETH_INFO_PEER, [&] {
        request.put(ifinfomsg{});
        request.text(IFLA_IFNAME, options.peer_name);
        request.attribute(IFLA_MTU, kMtu);
        request.attribute(IFLA_ADDRESS, options.peer_mac);
        request.attribute(IFLA_NET_NS_FD, options.peer_namespace);
      });
    });
  });
  request.execute("add veth " + options.name);
}

void set_interface_up(unsigned interface) {
  NetlinkRequest request(RTM_NEWLINK, 0);
  request.put(up_interface(interface));
  request.execute("set interface " + std::to_string(interface) + " up");
}

// By the interface's own switch rather than by /proc/sys, which a container may have closed.
void set_forwarding(unsigned interface) {
  NetlinkRequest request(RTM_SETLINK, 0);
  ifinfomsg head{};
  head.ifi_index = static_cast<int>(interface);
  request.put(head);
  nest(request, IFLA_AF_SPEC, [&] {
    nest(request, AF_INET, [&] {
      nest(request, IFLA_INET_CONF, [&] {
        request.attribute(IPV4_DEVCONF_FORWARDING, std::uint32_t{1});
        request.attribute(IPV4_DEVCONF_RP_FILTER, std::uint32_t{0});
        request.attribute(IPV4_DEVCONF_SEND_REDIRECTS, std::uint32_t{0});
      });
    });
  });
  request.execute("let interface " + std::to_string(interface) + " forward");
}

void add_address(unsigned interface, Ipv4Network address) {
  NetlinkRequest request(RTM_NEWADDR, kNew);
  ifaddrmsg head{};
  head.ifa_family = AF_INET;
  head.ifa_prefixlen = static_cast<std::uint8_t>(address.prefix);
  head.ifa_index = interface;
  request.put(head);
  request.attribute(IFA_LOCAL, htonl(address.ip));
  request.attribute(IFA_ADDRESS, htonl(address.ip));
  request.execute("add address " + ip_to_string(address.ip));
}

void add_default_route(std::uint32_t gateway) {
  NetlinkRequest request(RTM_NEWROUTE, kNew);
  rtmsg head{};
  head.rtm_family = AF_INET;
  head.rtm_table = RT_TABLE_MAIN;
  head.rtm_protocol = RTPROT_STATIC;
  head.rtm_type = RTN_UNICAST;
  request.put(head);
  request.attribute(RTA_GATEWAY, htonl(gateway));
  request.execute("add a default route by " + ip_to_string(gateway));
}

void add_neighbour(unsigned interface, std::uint32_t ip, const MacAddress& mac) {
  NetlinkRequest request(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE);
  ndmsg head{};
  head.ndm_family = AF_INET;
  head.ndm_ifindex = static_cast<int>(interface);
  head.ndm_state = NUD_PERMANENT;
  request.put(head);
  request.attribute(NDA_DST, htonl(ip));
  request.attribute(NDA_LLADDR, mac);
  request.execute("add neighbour " + ip_to_string(ip));
}

void add_bridge_entry(unsigned port, const MacAddress& mac) {
  NetlinkRequest request(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE);
  ndmsg head{};
  head.ndm_family = AF_BRIDGE;
  head.ndm_ifindex = static_cast<int>(port);
  head.ndm_state = NUD_NOARP;
  head.ndm_flags = NTF_MASTER;
  request.put(head);
  request.attribute(NDA_LLADDR, mac);
  request.execute("add a bridge entry for port " + std::to_string(port));
}

void set_bridge_port(unsigned port, bool forwards) {
  NetlinkRequest request(RTM_SETLINK, 0);
  ifinfomsg head{};
  head.ifi_family = AF_BRIDGE;
  head.ifi_index = static_cast<int>(port);
  request.put(head);
  nest(request, IFLA_PROTINFO | NLA_F_NESTED, [&] {
    request.attribute(IFLA_BRPORT_STATE, static_cast<std::uint8_t>(forwards ? BR_STATE_FORWARDING : BR_STATE_DISABLED));
  });
  request.execute((forwards ? "open bridge port " : "close bridge port ") + std::to_string(port));
}

}  // namespace meshtwin
