#include "sim/packet_transport.h"

#include <ns3/inet-socket-address.h>
#include <ns3/ipv4-address.h>
#include <ns3/packet.h>
#include <ns3/socket.h>
#include <ns3/tcp-header.h>
#include <ns3/tcp-socket-base.h>
#include <ns3/tcp-socket-factory.h>
#include <ns3/tcp-tx-buffer.h>

#include <algorithm>
#include <cassert>
#include <deque>
#include <map>

#include "sim/message_transport.h"
#include "sim/packet_nodes.h"

namespace meshtwin {
namespace {

constexpr std::uint16_t kPort = 1;             // every pod's ns-3 listener; ours tell the ports apart
constexpr std::size_t kReadAhead = 256 << 10;  // taken out of ns-3 before the role reads it

// What Linux does and ns-3 keeps protected: a receiver says when its window has opened again (ns-3 leaves the sender to
// its persist timer), and an end follows data that are sent but not acknowledged (ns-3's ShutdownSend would forget it).
struct TcpAccess : ns3::TcpSocketBase {
  static void acknowledge(ns3::Socket& socket) { (of(socket).*&TcpAccess::SendEmptyPacket)(ns3::TcpHeader::ACK); }
  static void end(ns3::Socket& socket) {
    const auto next = (of(socket).*&TcpAccess::m_tcb)->m_nextTxSequence.Get();
    if (of(socket).GetTxBuffer()->SizeFromSequence(next) > 0) {
      socket.ShutdownSend();
    } else {
      (of(socket).*&TcpAccess::DoClose)();
    }
  }

 private:
  static ns3::TcpSocketBase& of(ns3::Socket& socket) { return static_cast<ns3::TcpSocketBase&>(socket); }
};

class PacketTransport : public Transport {
 public:
  PacketTransport(EventQueue& queue, const Plan& plan, const CostProfile& profile, Topology& topology, Task& link_task,
                  ConnectionTable& connections, TransportUser& user)
      : queue_(queue),
        topology_(topology),
        connections_(connections),
        user_(user),
        nodes_(queue, plan, profile, topology, link_task),
        within_pods_(queue, topology, link_task, connections, user) {
    for (std::uint32_t pod = 0; pod < plan.pods.size(); ++pod) listen(pod);
  }
  ~PacketTransport() override {
    for (const auto& socket : listeners_) socket->SetAcceptCallback(kRefuse, kNoAccept);
  }

  void connect(Connection& connection, Time at) override;
  std::size_t room(Connection& connection, int side, Time at) override;
  void written(Connection& connection, int side, std::size_t bytes, Time at) override;
  void read(Connection& connection, int side, std::size_t bytes, Time at) override;
  void reset(Connection& connection, int side, Time at) override;
  void released(Connection& connection) override;

 private:
  using Socket = ns3::Ptr<ns3::Socket>;
  struct PacketEnd {
    Socket socket;
    std::size_t later = 0;    // written at a cursor that is still to come
    std::size_t waiting = 0;  // to get into ns-3's send buffer
    int writes_to_come = 0;
    bool fin_sent = false;
    bool fin_received = false;
  };
  static inline const ns3::Callback<bool, Socket, const ns3::Address&> kRefuse;
  static inline const ns3::Callback<void, Socket, const ns3::Address&> kNoAccept;

  static bool within_pod(const Connection& connection) { return connection.ends[0].pod == connection.ends[1].pod; }
  PacketEnd& end(const Connection& connection, int side) { return ends_[2 * connection.index + side]; }
  static std::uint64_t key_of(const ns3::Address& from) {
    const auto address = ns3::InetSocketAddress::ConvertFrom(from);
    return (std::uint64_t{address.GetIpv4().Get()} << 16) | address.GetPort();
  }

  void listen(std::uint32_t pod);
  void begin_connect(std::uint64_t token);
  bool syn(Socket listener, const ns3::Address& from);
  void accept(Socket socket, const ns3::Address& from);
  void watch(const Socket& socket, std::uint64_t token);
  void take(std::uint64_t token);
  void peer_ended(std::uint64_t token);
  void closed(std::uint64_t token);
  void lost(std::uint64_t token);
  void push(Connection& connection, int side);
  void drop(PacketEnd& end);

  EventQueue& queue_;
  Topology& topology_;
  ConnectionTable& connections_;
  TransportUser& user_;
  PacketNodes nodes_;
  MessageTransport within_pods_;
  std::vector<Socket> listeners_;
  std::deque<PacketEnd> ends_;
  std::map<std::uint64_t, std::uint64_t> dialling_;  // ns-3 address of the dialling end -> token of the listening end
};

void PacketTransport::listen(std::uint32_t pod) {
  Socket socket = ns3::Socket::CreateSocket(nodes_.pod(pod), ns3::TcpSocketFactory::GetTypeId());
  socket->Bind(ns3::InetSocketAddress(ns3::Ipv4Address::GetAny(), kPort));
  socket->Listen();
  socket->SetAcceptCallback(ns3::Callback<bool, Socket, const ns3::Address&>(
                                [this](Socket listener, const ns3::Address& from) { return syn(listener, from); }),
                            ns3::Callback<void, Socket, const ns3::Address&>(
                                [this](Socket accepted, const ns3::Address& from) { accept(accepted, from); }));
  listeners_.push_back(socket);
}

void PacketTransport::connect(Connection& connection, Time at) {
  if (within_pod(connection)) return within_pods_.connect(connection, at);
  while (ends_.size() <= 2 * std::size_t{connection.index} + 1) ends_.emplace_back();
  for (int side : {0, 1}) end(connection, side) = PacketEnd();
  queue_.schedule(at, [this, token = connection.token()] { begin_connect(token); });
}

void PacketTransport::begin_connect(std::uint64_t token) {
  Connection* connection = connections_.find(token);
  if (connection == nullptr) return;
  const std::uint32_t from = connection->ends[0].pod;
  const std::uint32_t to = connection->ends[1].pod;
  if (!topology_.path(from, to).reachable) return user_.dial_failed(*connection, DialError::unreachable);
  Socket socket = ns3::Socket::CreateSocket(nodes_.pod(from), ns3::TcpSocketFactory::GetTypeId());
  socket->Bind();
  socket->SetConnectCallback(ns3::Callback<void, Socket>([this, token](Socket) {
                               if (Connection* found = connections_.find(token)) user_.established(*found);
                             }),
                             ns3::Callback<void, Socket>([this, token](Socket) {
                               if (Connection* found = connections_.find(token))
                                 user_.dial_failed(*found, DialError::timed_out);
                             }));
  watch(socket, token);
  end(*connection, 0).socket = socket;
  socket->Connect(ns3::InetSocketAddress(ns3::Ipv4Address(topology_.ip(to)), kPort));
  ns3::Address local;
  socket->GetSockName(local);
  const std::uint16_t port = ns3::InetSocketAddress::ConvertFrom(local).GetPort();
  dialling_[(std::uint64_t{topology_.ip(from)} << 16) | port] = connection->token(1);
}

bool PacketTransport::syn(Socket, const ns3::Address& from) {
  const auto found = dialling_.find(key_of(from));
  Connection* connection = found == dialling_.end() ? nullptr : connections_.find(found->second);
  if (connection == nullptr) return false;
  if (connection->listener != 0) return true;  // a SYN sent again
  if (user_.syn(*connection)) return true;
  const Path& back = topology_.path(connection->ends[1].pod, connection->ends[0].pod);
  queue_.schedule(queue_.now() + back.delay(), [this, token = connection->token()] {
    if (Connection* dialler = connections_.find(token)) user_.dial_failed(*dialler, DialError::refused);
  });
  return false;
}

void PacketTransport::accept(Socket socket, const ns3::Address& from) {
  const auto found = dialling_.find(key_of(from));
  Connection* connection = found == dialling_.end() ? nullptr : connections_.find(found->second);
  if (connection == nullptr) {
    socket->Close();
    return;
  }
  const std::uint64_t token = found->second;
  dialling_.erase(found);
  end(*connection, 1).socket = socket;
  watch(socket, token);
  user_.accepted(*connection);
  take(token);
}

void PacketTransport::watch(const Socket& socket, std::uint64_t token) {
  socket->SetRecvCallback(ns3::Callback<void, Socket>([this, token](Socket) { take(token); }));
  socket->SetSendCallback(ns3::Callback<void, Socket, std::uint32_t>([this, token](Socket, std::uint32_t) {
    Connection* connection = connections_.find(token);
    if (connection == nullptr) return;
    const int side = side_of(token);
    push(*connection, side);
    if (connection->ends[side].blocked && room(*connection, side, queue_.now()) >= kSendBuffer / 3) {
      user_.room_made(*connection, side);
    }
  }));
  // ns-3 tells of the other side's end only where this side has not ended; its state says it always.
  using State = ns3::TcpSocket::TcpStates_t;
  socket->TraceConnectWithoutContext(
      "State", ns3::Callback<void, State, State>([this, token](State, State now) {
        if (now == State::CLOSE_WAIT || now == State::CLOSING || now == State::TIME_WAIT) {
          peer_ended(token);
        }
      }));
  socket->SetCloseCallbacks(ns3::Callback<void, Socket>([this, token](Socket) { closed(token); }),
                            ns3::Callback<void, Socket>([this, token](Socket) { lost(token); }));
}

// Takes what ns-3 has received, as long as the role keeps up.
void PacketTransport::take(std::uint64_t token) {
  for (;;) {
    Connection* connection = connections_.find(token);
    if (connection == nullptr) return;
    const int side = side_of(token);
    PacketEnd& end = this->end(*connection, side);
    if (end.socket == nullptr) return;
    const std::uint32_t available = end.socket->GetRxAvailable();
    if (available == 0 || connection->ends[side].received.size() >= kReadAhead) {
      if (available == 0 && end.fin_received) user_.end_arrived(*connection, side);
      return;
    }
    const auto packet = end.socket->Recv(static_cast<std::uint32_t>(kReadAhead), 0);
    if (packet == nullptr || packet->GetSize() == 0) return;
    if (available >= kReceiveWindow / 2) {
      TcpAccess::acknowledge(*end.socket);
    }
    user_.arrived(*connection, side, packet->GetSize());
  }
}

void PacketTransport::peer_ended(std::uint64_t token) {
  Connection* connection = connections_.find(token);
  if (connection == nullptr) return;
  end(*connection, side_of(token)).fin_received = true;
  queue_.schedule(queue_.now(), [this, token] { take(token); });  // when ns-3 has put its state in order
}

// ns-3 has closed the socket: regularly, or because of a reset.
void PacketTransport::closed(std::uint64_t token) {
  Connection* connection = connections_.find(token);
  if (connection != nullptr && !end(*connection, side_of(token)).fin_received) lost(token);
}

void PacketTransport::lost(std::uint64_t token) {
  Connection* connection = connections_.find(token);
  if (connection == nullptr) return;
  drop(end(*connection, side_of(token)));
  user_.reset_arrived(*connection, side_of(token));
}

std::size_t PacketTransport::room(Connection& connection, int side, Time at) {
  if (within_pod(connection)) return within_pods_.room(connection, side, at);
  const PacketEnd& end = this->end(connection, side);
  if (end.socket == nullptr) return kSendBuffer;
  const std::size_t free = end.socket->GetTxAvailable();
  const std::size_t held = end.later + end.waiting;
  return held >= free ? 0 : free - held;
}

void PacketTransport::written(Connection& connection, int side, std::size_t bytes, Time at) {
  if (within_pod(connection)) return within_pods_.written(connection, side, bytes, at);
  PacketEnd& end = this->end(connection, side);
  end.later += bytes;
  ++end.writes_to_come;
  queue_.schedule(at, [this, bytes, token = connection.token(side)] {
    Connection* found = connections_.find(token);
    if (found == nullptr) return;
    PacketEnd& now = this->end(*found, side_of(token));
    now.later -= bytes;
    now.waiting += bytes;
    --now.writes_to_come;
    push(*found, side_of(token));
  });
}

void PacketTransport::push(Connection& connection, int side) {
  PacketEnd& end = this->end(connection, side);
  if (end.socket == nullptr) return;
  const std::size_t bytes = std::min<std::size_t>(end.waiting, end.socket->GetTxAvailable());
  if (bytes > 0) {
    const int sent = end.socket->Send(ns3::Create<ns3::Packet>(static_cast<std::uint32_t>(bytes)));
    if (sent < 0) return;
    end.waiting -= static_cast<std::size_t>(sent);
  }
  if (connection.ends[side].fin_wanted && end.waiting == 0 && end.writes_to_come == 0 && !end.fin_sent) {
    end.fin_sent = true;
    TcpAccess::end(*end.socket);
  }
}

void PacketTransport::read(Connection& connection, int side, std::size_t bytes, Time at) {
  if (within_pod(connection)) return within_pods_.read(connection, side, bytes, at);
  if (end(connection, side).socket == nullptr || end(connection, side).socket->GetRxAvailable() == 0) return;
  queue_.schedule(at, [this, token = connection.token(side)] { take(token); });
}

void PacketTransport::reset(Connection& connection, int side, Time at) {
  if (within_pod(connection)) return within_pods_.reset(connection, side, at);
  const Path& path = topology_.path(connection.ends[side].pod, connection.ends[1 - side].pod);
  queue_.schedule(at, [this, delay = path.delay(), token = connection.token(side)] {
    Connection* found = connections_.find(token);
    if (found == nullptr || !topology_.open(found->ends[0].pod, found->ends[1].pod)) return;
    queue_.schedule(queue_.now() + delay, [this, token] {
      Connection* told = connections_.find(token);
      if (told == nullptr) return;
      for (int any : {0, 1}) drop(end(*told, any));
      user_.reset_arrived(*told, 1 - side_of(token));
    });
  });
}

// Lets go of an ns-3 socket without hearing from it again.
void PacketTransport::drop(PacketEnd& end) {
  if (end.socket == nullptr) return;
  Socket socket = std::move(end.socket);
  end.socket = nullptr;
  const ns3::Callback<void, Socket> nothing;
  socket->SetConnectCallback(nothing, nothing);
  socket->SetRecvCallback(nothing);
  socket->SetSendCallback(ns3::Callback<void, Socket, std::uint32_t>());
  socket->SetCloseCallbacks(nothing, nothing);
  socket->Close();
}

void PacketTransport::released(Connection& connection) {
  if (within_pod(connection)) return within_pods_.released(connection);
  if (2 * std::size_t{connection.index} + 1 >= ends_.size()) return;
  for (int side : {0, 1}) drop(end(connection, side));
}

}  // namespace

std::unique_ptr<Transport> make_packet_transport(EventQueue& queue, const Plan& plan, const CostProfile& profile,
                                                 Topology& topology, Task& link_task, ConnectionTable& connections,
                                                 TransportUser& user) {
  return std::make_unique<PacketTransport>(queue, plan, profile, topology, link_task, connections, user);
}

}  // namespace meshtwin
