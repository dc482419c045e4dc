#include "sim/message_transport.h"

#include <algorithm>
#include <cassert>

namespace meshtwin {

MessageTransport::MessageTransport(EventQueue& queue, Topology& topology, Task& link_task, ConnectionTable& connections,
                                   TransportUser& user)
    : queue_(queue), topology_(topology), link_task_(link_task), connections_(connections), user_(user) {}

MessageTransport::~MessageTransport() = default;

std::size_t MessageTransport::room(Connection& connection, int side, Time at) {
  Flow& flow = this->flow(connection, side);
  flow.acknowledge(at);
  const std::size_t held = flow.unsent + flow.unacknowledged;
  return held >= kSendBuffer ? 0 : kSendBuffer - held;
}

void MessageTransport::written(Connection& connection, int side, std::size_t bytes, Time at) {
  flow(connection, side).unsent += bytes;
  pump(connection, side, at);
}

// Sends what the windows let go.
void MessageTransport::pump(Connection& connection, int side, Time at) {
  Flow& flow = this->flow(connection, side);
  if (flow.over) return;
  const End& from = connection.ends[side];
  flow.acknowledge(at);
  if (flow.segments_out == 0) flow.window.idle(at - flow.last_sent, retransmission_timeout(flow.srtt, 0));
  while (flow.unsent > 0) {
    const std::uint32_t window = flow.window.segments();
    flow.was_limit = flow.segments_out >= window;
    if (flow.was_limit) break;
    const std::size_t taken = flow.undelivered + connection.ends[1 - side].received.size();
    const std::size_t room = taken >= kReceiveWindow ? 0 : kReceiveWindow - taken;
    std::size_t bytes = std::min<std::size_t>(std::min(window - flow.segments_out, flow.burst()), 1 << 16) * kSegment;
    bytes = std::min({bytes, flow.unsent, room});
    if (bytes < flow.unsent) bytes -= bytes % kSegment;
    if (bytes == 0) break;
    const bool last = bytes == flow.unsent;
    send(connection, side,
         {static_cast<std::uint32_t>(bytes), static_cast<std::uint32_t>((bytes + kSegment - 1) / kSegment), 0,
          from.fin_wanted && last, at, 0});
    // Linux counts a sender in slow start as held back once it has used half the window.
    flow.was_limit = flow.window.slow_start() && 2 * flow.segments_out >= window;
  }
  if (from.fin_wanted && !flow.fin_sent && flow.unsent == 0) send(connection, side, {0, 1, 0, true, at, 0});
  if (flow.unsent > 0 || from.blocked) want_acknowledged_event(connection, side);
}

void MessageTransport::send(Connection& connection, int side, Chunk chunk) {
  Flow& flow = this->flow(connection, side);
  flow.unsent -= chunk.bytes;
  flow.unacknowledged += chunk.bytes;
  flow.undelivered += chunk.bytes;
  flow.segments_out += chunk.segments;
  flow.last_sent = chunk.sent;
  flow.fin_sent = flow.fin_sent || chunk.fin;
  topology_.count_segments(connection.ends[side].pod, connection.ends[1 - side].pod, chunk.bytes);
  if (!flow.path->links.empty()) {
    flow.entering.push_back(chunk);
    queue_.schedule(chunk.sent, [this, token = connection.token(side)] {
      link_task_.post(
          {[](void* self, std::uint64_t of) { static_cast<MessageTransport*>(self)->enter_link(of); }, this, token});
    });
    return;
  }
  const Crossing crossing = cross(connection, side, chunk.sent, chunk.segments, chunk.bytes);
  chunk.arrival = std::max(crossing.arrival, flow.last_arrival);
  if (crossing.lost > 0) return lose(connection, side, chunk, crossing);
  land(connection, side, chunk);
}

// The link's process takes the next chunk of the flow.
void MessageTransport::enter_link(std::uint64_t token) {
  Connection* connection = connections_.find(token);
  if (connection == nullptr) return;
  const int side = side_of(token);
  Flow& flow = this->flow(*connection, side);
  Chunk chunk = flow.entering.pop_front();
  link_task_.charge(Operation::link_segment, chunk.bytes);
  // The link times what it lets go by when the kernel got it, however late its process came to run.
  const Crossing crossing = cross(*connection, side, chunk.sent, chunk.segments, chunk.bytes);
  chunk.arrival = std::max({crossing.arrival, link_task_.now() + topology_.link_hop(), flow.last_arrival});
  if (crossing.lost > 0) return lose(*connection, side, chunk, crossing);
  land(*connection, side, chunk);
}

Crossing MessageTransport::cross(Connection& connection, int side, Time at, std::uint32_t segments, std::size_t bytes) {
  Flow& flow = this->flow(connection, side);
  Crossing whole;
  whole.arrival = at + flow.path->hop;
  for (LinkDirection* link : flow.path->links) {
    const Crossing one = link->cross(whole.arrival, segments, bytes, flow.key, flow.segments_sent);
    whole.arrival = one.arrival;
    if (one.lost == 0) continue;
    whole.first_lost = whole.lost == 0 ? one.first_lost : std::min(whole.first_lost, one.first_lost);
    whole.last_lost = std::max(whole.last_lost, one.last_lost);
    whole.lost = std::min(segments, whole.lost + one.lost);
  }
  flow.segments_sent += segments;
  if (!topology_.open(connection.ends[side].pod, connection.ends[1 - side].pod)) {
    whole.first_lost = 0;
    whole.last_lost = segments - 1;
    whole.lost = segments;
  }
  return whole;
}

// The chunk reaches the other side whole: at once where nothing before it is missing.
void MessageTransport::land(Connection& connection, int side, const Chunk& chunk) {
  Flow& flow = this->flow(connection, side);
  flow.last_arrival = chunk.arrival;
  prefetch(connection.ends[1 - side]);
  note_acknowledgement(connection, side, chunk);
  if (flow.stalled.empty()) {
    queue_.schedule(chunk.arrival, [this, token = connection.token(side), bytes = chunk.bytes, fin = chunk.fin] {
      arrive(token, bytes, fin);
    });
    return;
  }
  flow.stalled.push_back(chunk);
  want_release(connection, side);
  const Duration reordering = chunk.segments >= 3 ? 0 : flow.srtt / 4;
  want_recovery(connection, side, chunk.arrival + flow.back->delay() + reordering);
}

void MessageTransport::note_acknowledgement(Connection& connection, int side, const Chunk& chunk) {
  Flow& flow = this->flow(connection, side);
  Time at = chunk.arrival + flow.back->delay();
  if (!flow.acknowledgements.empty()) at = std::max(at, flow.acknowledgements.back().at);
  flow.acknowledgements.push_back({at, chunk.sent, chunk.bytes, chunk.segments});
  if (flow.unsent > 0 || connection.ends[side].blocked) want_acknowledged_event(connection, side);
}

void MessageTransport::want_acknowledged_event(Connection& connection, int side) {
  Flow& flow = this->flow(connection, side);
  if (flow.acknowledgements.empty() || queue_.pending(flow.acknowledged_event)) return;
  const Time at = std::max(flow.acknowledgements.front().at, queue_.now());
  flow.acknowledged_event = queue_.schedule(at, [this, token = connection.token(side)] { acknowledged(token); });
}

// An acknowledgement that somebody waits for is back.
void MessageTransport::acknowledged(std::uint64_t token) {
  Connection* connection = connections_.find(token);
  if (connection == nullptr) return;
  const int side = side_of(token);
  pump(*connection, side, queue_.now());
  // Linux tells a writer when a third of its buffer is free.
  if (connection->ends[side].blocked && room(*connection, side, queue_.now()) >= kSendBuffer / 3) {
    user_.room_made(*connection, side);
  }
}

void MessageTransport::arrive(std::uint64_t token, std::size_t bytes, bool fin) {
  Connection* connection = connections_.find(token);
  if (connection == nullptr) return;
  const int side = side_of(token);
  flow(*connection, side).undelivered -= bytes;
  if (bytes > 0) user_.arrived(*connection, 1 - side, bytes);
  // The receiver may have run, and closed, meanwhile.
  if (fin && connections_.find(token) != nullptr) user_.end_arrived(*connection, 1 - side);
}

void MessageTransport::read(Connection& connection, int side, std::size_t, Time at) {
  Flow& flow = this->flow(connection, 1 - side);
  if (flow.unsent == 0 || flow.was_limit || queue_.pending(flow.window_event)) return;
  flow.window_event = queue_.schedule(at + flow.back->delay(), [this, token = connection.token(1 - side)] {
    if (Connection* found = connections_.find(token)) pump(*found, side_of(token), queue_.now());
  });
}

void MessageTransport::reset(Connection& connection, int side, Time at) {
  Flow& flow = this->flow(connection, side);
  flow.over = true;
  queue_.cancel(flow.recovery_event);
  const Crossing crossing = cross(connection, side, at, 1, 0);
  if (crossing.lost > 0) return;  // the other side will learn it when it sends something
  flow.last_arrival = std::max(crossing.arrival, flow.last_arrival);
  queue_.schedule(flow.last_arrival, [this, token = connection.token(side)] {
    Connection* found = connections_.find(token);
    if (found == nullptr) return;
    this->flow(*found, 1 - side_of(token)).over = true;
    user_.reset_arrived(*found, 1 - side_of(token));
  });
}

void MessageTransport::released(Connection& connection) {
  queue_.cancel(handshakes_[connection.index].event);
  for (int side : {0, 1}) {
    Flow& flow = this->flow(connection, side);
    for (const EventKey event : {flow.acknowledged_event, flow.recovery_event, flow.release_event, flow.window_event}) {
      queue_.cancel(event);
    }
  }
}

}  // namespace meshtwin
