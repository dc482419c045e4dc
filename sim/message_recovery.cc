// What the message-level TCP does about lost segments; flow.h says when.

#include <algorithm>
#include <cassert>

#include "sim/message_transport.h"

namespace meshtwin {

void MessageTransport::lose(Connection& connection, int side, Chunk chunk, const Crossing& crossing) {
  Flow& flow = this->flow(connection, side);
  if (crossing.first_lost > 0) {
    Chunk before = chunk;
    before.segments = crossing.first_lost;
    before.bytes = crossing.first_lost * kSegment;
    before.fin = false;
    land(connection, side, before);
    chunk.segments -= before.segments;
    chunk.bytes -= before.bytes;
  }
  chunk.lost = crossing.lost;
  flow.stalled.push_back(chunk);
  const std::uint32_t later = crossing.first_lost + chunk.segments - 1 - crossing.last_lost;
  if (later > 0) {
    flow.last_arrival = std::max(flow.last_arrival, chunk.arrival);
    const Duration reordering = later >= 3 ? 0 : flow.srtt / 4;
    return want_recovery(connection, side, chunk.arrival + flow.back->delay() + reordering);
  }
  Duration wait = tail_loss_probe(flow.srtt, flow.segments_out);
  if (crossing.lost > 1 && flow.segments_out > 1)
    wait = std::min(wait + flow.srtt, retransmission_timeout(flow.srtt, 0));
  want_recovery(connection, side, chunk.sent + wait);
}

// Looks at the losses at `at`, or earlier where that is planned already.
void MessageTransport::want_recovery(Connection& connection, int side, Time at) {
  Flow& flow = this->flow(connection, side);
  at = std::max(at, queue_.now());
  if (queue_.pending(flow.recovery_event)) {
    if (queue_.time_of(flow.recovery_event) <= at) return;
    queue_.cancel(flow.recovery_event);
  }
  flow.recovery_event = queue_.schedule(at, [this, token = connection.token(side)] { recover(token); });
}

void MessageTransport::recover(std::uint64_t token) {
  Connection* connection = connections_.find(token);
  if (connection == nullptr) return;
  const int side = side_of(token);
  Flow& flow = this->flow(*connection, side);
  const Time now = queue_.now();
  flow.acknowledge(now);
  Time oldest = now;
  for (std::size_t i = 0; i < flow.stalled.size(); ++i) {
    if (flow.stalled[i].lost > 0) oldest = std::min(oldest, flow.stalled[i].sent);
  }
  const bool timed_out = now - oldest >= retransmission_timeout(flow.srtt, 0);
  if (timed_out && flow.retries > kRetries) {
    flow.over = true;
    this->flow(*connection, 1 - side).over = true;
    return user_.reset_arrived(*connection, side);
  }
  if (timed_out && flow.retries == 0) {
    flow.window.timeout();
    flow.reduced_at = now;
  }
  if (timed_out) ++flow.retries;
  const Time next = retransmit(*connection, side);
  want_release(*connection, side);
  if (next != 0) want_recovery(*connection, side, next);
}

// Sends again what the sender can know to be lost. Returns when to look again: some of it is lost again, or its loss
// not known yet; 0: no need.
Time MessageTransport::retransmit(Connection& connection, int side) {
  Flow& flow = this->flow(connection, side);
  const Time now = queue_.now();
  const Duration round_trip = flow.path->delay() + flow.back->delay();
  Time next = 0;
  const auto look_again = [&next](Time at) { next = next == 0 ? at : std::min(next, at); };
  for (std::size_t i = 0; i < flow.stalled.size(); ++i) {
    Chunk& chunk = flow.stalled[i];
    if (chunk.lost == 0) continue;
    if (now - chunk.sent < round_trip) {
      look_again(chunk.sent + tail_loss_probe(flow.srtt, flow.segments_out));
      continue;
    }
    const Crossing crossing =
        cross(connection, side, now, chunk.lost, std::min<std::size_t>(chunk.lost * kSegment, chunk.bytes));
    if (!chunk.again && chunk.sent > flow.reduced_at) {
      flow.window.loss();
      flow.reduced_at = now;
    }
    chunk.again = true;
    chunk.sent = now;
    chunk.lost = crossing.lost;
    if (crossing.lost > 0) {
      look_again(now + retransmission_timeout(flow.srtt, flow.retries));
      continue;
    }
    chunk.arrival = crossing.arrival;
    flow.last_arrival = std::max(flow.last_arrival, chunk.arrival);
    note_acknowledgement(connection, side, chunk);
  }
  return next;
}

// The first of the stalled chunks are whole: they go up when they are there.
void MessageTransport::want_release(Connection& connection, int side) {
  Flow& flow = this->flow(connection, side);
  if (flow.stalled.empty() || flow.stalled.front().lost > 0) return;
  const Time at = std::max(flow.stalled.front().arrival, queue_.now());
  if (queue_.pending(flow.release_event)) {
    if (queue_.time_of(flow.release_event) <= at) return;
    queue_.cancel(flow.release_event);
  }
  flow.release_event = queue_.schedule(at, [this, token = connection.token(side)] { release_stalled(token); });
}

void MessageTransport::release_stalled(std::uint64_t token) {
  Connection* connection = connections_.find(token);
  if (connection == nullptr) return;
  const int side = side_of(token);
  Flow& flow = this->flow(*connection, side);
  std::size_t bytes = 0;
  bool fin = false;
  while (!flow.stalled.empty() && flow.stalled.front().lost == 0 && flow.stalled.front().arrival <= queue_.now()) {
    const Chunk chunk = flow.stalled.pop_front();
    bytes += chunk.bytes;
    fin = fin || chunk.fin;
  }
  flow.retries = 0;
  if (flow.stalled.empty()) queue_.cancel(flow.recovery_event);
  want_release(*connection, side);
  arrive(token, bytes, fin);
}

}  // namespace meshtwin
