#pragma once

// Connections carried by ns-3's TCP/IP, packet by packet, over the nodes of packet_nodes.h. Payload is virtual in ns-3;
// our buffers ride beside it by byte count. What ns-3's sockets cannot do is done beside them: a refusal and a reset
// take the path's delay but are no packets, and connections within a pod are carried by the message-level model.

#include <memory>

#include "sim/topology.h"
#include "sim/transport.h"

namespace meshtwin {

std::unique_ptr<Transport> make_packet_transport(EventQueue& queue, const Plan& plan, const CostProfile& profile,
                                                 Topology& topology, Task& link_task, ConnectionTable& connections,
                                                 TransportUser& user);

}  // namespace meshtwin
