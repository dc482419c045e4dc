#pragma once

// TCP at message level: what a sender's window lets go leaves as a chunk and arrives as one event, later by the path's
// delay. Between pods of a zone, or within one, that is the only event. Across zones the chunk first passes the
// user-space link's process, a task of its own on the shared Processor, then the link's shape. See flow.h for what of
// TCP is modelled.

#include "sim/flow.h"
#include "sim/pages.h"
#include "sim/transport.h"

namespace meshtwin {

class MessageTransport : public Transport {
 public:
  // `link_task` pays for what the user-space link does.
  MessageTransport(EventQueue& queue, Topology& topology, Task& link_task, ConnectionTable& connections,
                   TransportUser& user);
  ~MessageTransport() override;

  void connect(Connection& connection, Time at) override;
  std::size_t room(Connection& connection, int side, Time at) override;
  void written(Connection& connection, int side, std::size_t bytes, Time at) override;
  void read(Connection& connection, int side, std::size_t bytes, Time at) override;
  void reset(Connection& connection, int side, Time at) override;
  void released(Connection& connection) override;

 private:
  struct Handshake {
    int attempt = 0;
    Time sent = 0;
    EventKey event = 0;
  };

  Flow& flow(const Connection& connection, int side) { return flows_[2 * connection.index + side]; }
  Crossing cross(Connection& connection, int side, Time at, std::uint32_t segments, std::size_t bytes);

  // message_handshake.cc
  void try_connect(Connection& connection, Time at);
  void retry_connect(Connection& connection);
  void syn_arrived(std::uint64_t token);
  void established(std::uint64_t token, Duration forward);

  void pump(Connection& connection, int side, Time at);
  void send(Connection& connection, int side, Chunk chunk);
  void enter_link(std::uint64_t token);
  void land(Connection& connection, int side, const Chunk& chunk);
  void note_acknowledgement(Connection& connection, int side, const Chunk& chunk);
  void want_acknowledged_event(Connection& connection, int side);
  void acknowledged(std::uint64_t token);
  void arrive(std::uint64_t token, std::size_t bytes, bool fin);

  // message_recovery.cc
  void lose(Connection& connection, int side, Chunk chunk, const Crossing& crossing);
  void want_recovery(Connection& connection, int side, Time at);
  void recover(std::uint64_t token);
  Time retransmit(Connection& connection, int side);
  void want_release(Connection& connection, int side);
  void release_stalled(std::uint64_t token);

  EventQueue& queue_;
  Topology& topology_;
  Task& link_task_;
  ConnectionTable& connections_;
  TransportUser& user_;
  Pages<Flow> flows_;  // two of each connection
  Pages<Handshake> handshakes_;
};

}  // namespace meshtwin
