// The handshake of the message-level TCP: SYN, its retries after 1, 2, 4, … s, refusal, the third packet.

#include <algorithm>

#include "sim/message_transport.h"

namespace meshtwin {

void MessageTransport::connect(Connection& connection, Time at) {
  while (flows_.size() <= 2 * std::size_t{connection.index} + 1) flows_.add();
  while (handshakes_.size() <= connection.index) handshakes_.add();
  handshakes_[connection.index] = Handshake();
  for (int side : {0, 1}) {
    Flow& flow = this->flow(connection, side);
    flow = Flow();
    flow.key = 2 * connection.number + static_cast<std::uint64_t>(side);
    flow.path = &topology_.path(connection.ends[side].pod, connection.ends[1 - side].pod);
    flow.back = &topology_.path(connection.ends[1 - side].pod, connection.ends[side].pod);
  }
  if (!flow(connection, 0).path->reachable) {
    handshakes_[connection.index].event = queue_.schedule(at, [this, token = connection.token()] {
      if (Connection* found = connections_.find(token)) user_.dial_failed(*found, DialError::unreachable);
    });
    return;
  }
  try_connect(connection, at);
}

void MessageTransport::try_connect(Connection& connection, Time at) {
  Handshake& handshake = handshakes_[connection.index];
  handshake.sent = at;
  const Crossing crossing = cross(connection, 0, at, 1, 0);
  if (crossing.lost > 0) return retry_connect(connection);
  handshake.event = queue_.schedule(crossing.arrival, [this, token = connection.token()] { syn_arrived(token); });
}

void MessageTransport::retry_connect(Connection& connection) {
  Handshake& handshake = handshakes_[connection.index];
  const Time at = handshake.sent + (kSynTimeout << handshake.attempt);
  const bool last = handshake.attempt++ == kSynRetries;
  handshake.event = queue_.schedule(std::max(at, queue_.now()), [this, last, token = connection.token()] {
    Connection* found = connections_.find(token);
    if (found == nullptr) return;
    if (last) return user_.dial_failed(*found, DialError::timed_out);
    try_connect(*found, queue_.now());
  });
}

void MessageTransport::syn_arrived(std::uint64_t token) {
  Connection* connection = connections_.find(token);
  if (connection == nullptr) return;
  if (!flow(*connection, 0).path->links.empty()) {
    link_task_.post({[](void* self, std::uint64_t) {
                       Task& task = static_cast<MessageTransport*>(self)->link_task_;
                       for (int packet = 0; packet < 3; ++packet) task.charge(Operation::link_segment, 0);
                     },
                     this, 0});
  }
  const Crossing back = cross(*connection, 1, queue_.now(), 1, 0);
  if (back.lost > 0) return retry_connect(*connection);
  Handshake& handshake = handshakes_[connection->index];
  if (!user_.syn(*connection)) {
    handshake.event = queue_.schedule(back.arrival, [this, token] {
      if (Connection* found = connections_.find(token)) user_.dial_failed(*found, DialError::refused);
    });
    return;
  }
  const Duration forward = queue_.now() - handshake.sent;
  for (int side : {0, 1}) flow(*connection, side).srtt = back.arrival - handshake.sent;
  handshake.event = queue_.schedule(back.arrival, [this, token, forward] { established(token, forward); });
}

// Its acknowledgement gets to the listening side before any data do.
void MessageTransport::established(std::uint64_t token, Duration forward) {
  Connection* connection = connections_.find(token);
  if (connection == nullptr) return;
  const Time at = queue_.now() + forward;
  flow(*connection, 0).last_arrival = at;
  queue_.schedule(at, [this, token] {
    if (Connection* found = connections_.find(token)) user_.accepted(*found);
  });
  user_.established(*connection);
}

}  // namespace meshtwin
