#include "mesh/wire/http2_connection.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "mesh/wire/http2_fields.h"

namespace meshtwin {
namespace {

constexpr std::size_t kWrite = 64 * 1024;  // framed at once
constexpr Duration kLinger = kSecond;
// Clients that give up many requests are usual in a mesh under stress; more than this is an attack.
constexpr std::int64_t kResetBurst = 1000;
constexpr std::int64_t kResetsPerSecond = 200;
constexpr std::int64_t kIdleFrameBurst = 2000;
constexpr std::int64_t kIdleFramesPerSecond = 200;
constexpr std::int64_t kIdleFramesPerUseful = 8;
constexpr std::uint32_t kStreamsAtMost = 1024;

Http2Exchange& exchange_of(Http2Stream& stream) {
  return static_cast<Http2Exchange&>(stream);
}

}  // namespace

bool RateLimit::take(Time now) {
  const std::int64_t due = (now - filled_) / kMillisecond * per_second_ / 1000;
  if (due > 0) {
    left_ = std::min(burst_, left_ + std::min(due, burst_));
    filled_ = now;
  }
  if (left_ <= 0) return false;
  --left_;
  return true;
}

Http2Connection::Http2Connection(Runtime& runtime, std::unique_ptr<ByteStream> stream, MakeSession make_session,
                                 const HttpLimits* limits)
    : runtime_(runtime),
      server_(limits != nullptr),
      limits_(limits != nullptr ? *limits : HttpLimits()),
      resets_(kResetBurst, kResetsPerSecond),
      idle_frames_(kIdleFrameBurst, kIdleFramesPerSecond),
      stream_(std::move(stream)),
      session_(make_session(*this, server_)) {
  stream_->on_read([this](ReadEvent event, Buffer& data) { on_bytes(event, data); });
  schedule();  // the settings
  idle_since_ = runtime.clock.now();
  if (server_) watch_limits();
}

// What was said goes out, as when a stream is closed.
Http2Connection::~Http2Connection() {
  if (!(scheduled_ || processing_) || waits_for_writable_ || gone_ || dead_ || finished_) return;
  session_->write(output_, kWrite);
  stream_->write(output_);
}

Http2Exchange& Http2Connection::take_exchange() {
  active_.push_back(make_exchange());
  active_.back()->slot = active_.size() - 1;
  active_.back()->last_said = runtime_.clock.now();
  return *active_.back();
}

void Http2Connection::recycle(Http2Exchange& exchange) {
  const std::size_t slot = exchange.slot;
  if (slot + 1 != active_.size()) {
    std::swap(active_[slot], active_.back());
    active_[slot]->slot = slot;
  }
  active_.pop_back();
  if (active_.empty()) idle_since_ = runtime_.clock.now();
  room_grown_ = true;
}

void Http2Connection::make_ready(Http2Exchange& exchange) {
  if (exchange.ready) return;
  exchange.ready = true;
  ready_.push_back(&exchange);
}

void Http2Connection::schedule() {
  if (processing_ || scheduled_ || finished_) return;
  scheduled_ = true;
  later_ = runtime_.clock.after(0, [this] { turn(); });
}

// What the session reports.

Http2Stream& Http2Connection::on_stream(std::int32_t id) {
  Http2Exchange& exchange = take_exchange();
  exchange.id = id;
  return exchange;
}

void Http2Connection::on_incoming(Http2Stream& stream) {
  idle_frames_.give(kIdleFramesPerUseful);
  make_ready(exchange_of(stream));
}

void Http2Connection::on_taken(Http2Stream& stream) {
  Http2Exchange& exchange = exchange_of(stream);
  idle_frames_.give(kIdleFramesPerUseful);
  if (!exchange.blocked || stream.out.size() > kHttp2LowWater) return;
  exchange.blocked = false;
  exchange.has_room = true;
  make_ready(exchange);
}

void Http2Connection::on_stream_closed(Http2Stream& stream) {
  stream.closed = true;
  stream.out.clear();
  make_ready(exchange_of(stream));
}

void Http2Connection::on_peer_streams(std::uint32_t count) {
  peer_streams_ = std::min(count, kStreamsAtMost);
  room_grown_ = true;
}

void Http2Connection::on_goaway() {
  goaway_ = true;
}

void Http2Connection::on_peer_reset() {
  if (server_ && !resets_.take(runtime_.clock.now())) calm_down();
}

void Http2Connection::on_idle_frame() {
  if (!idle_frames_.take(runtime_.clock.now())) calm_down();
}

void Http2Connection::calm_down() {
  if (!failed_) session_->goaway(Http2Error::enhance_your_calm);
  failed_ = true;
}

// A turn.

void Http2Connection::on_bytes(ReadEvent event, Buffer& data) {
  if (event != ReadEvent::data) {
    on_gone();
    return;
  }
  if (failed_ || finished_) return;
  if (!session_->receive(data)) failed_ = true;
  turn();
}

void Http2Connection::turn() {
  Watch watch(lifetime_);
  if (std::exchange(scheduled_, false)) later_.cancel();
  processing_ = true;
  do {
    if (!deliver_ready(watch)) return;
    if (std::exchange(room_grown_, false)) {
      on_room_grown();
      if (watch.gone()) return;
    }
    push_output();
  } while (!ready_.empty());
  if (failed_ && !finished_) {
    fail_all(ResetReason::protocol, watch);
    if (watch.gone()) return;
  }
  processing_ = false;
  check_end();
}

bool Http2Connection::deliver_ready(const Watch& watch) {
  for (std::size_t i = 0; i < ready_.size(); ++i) {
    Http2Exchange& exchange = *ready_[i];
    exchange.ready = false;
    look_at(exchange, watch);
    if (watch.gone()) return false;
  }
  ready_.clear();
  return true;
}

void Http2Connection::look_at(Http2Exchange& exchange, const Watch& watch) {
  if (exchange.head_too_large && !exchange.over) refuse_head(exchange);
  if (!exchange.begun && !exchange.over) {
    if (exchange.head != nullptr && !exchange.closed) {
      exchange.begun = true;
      begin(exchange);
      if (watch.gone()) return;
    } else if (exchange.closed) {
      exchange.over = true;
    }
  }
  if (exchange.begun && !exchange.over) {
    deliver(exchange, watch);
    if (watch.gone()) return;
  }
  if (!exchange.over) return;
  if (!exchange.data.empty()) {
    if (!exchange.closed) session_->consume(exchange, exchange.data.size());
    exchange.data.clear();
  }
  if (exchange.closed && !exchange.ready) recycle(exchange);
}

void Http2Connection::deliver(Http2Exchange& exchange, const Watch& watch) {
  if (std::exchange(exchange.has_room, false) && !exchange.closed) {
    exchange.deliver_room();
    if (watch.gone() || exchange.over) return;
  }
  if (!exchange.paused) {
    const bool end = exchange.ended && exchange.trailers == nullptr && !exchange.got_end;
    const std::size_t size = exchange.data.size();
    if (exchange.head != nullptr || size > 0 || end) {
      if (exchange.head != nullptr) on_head_coming(exchange);
      exchange.last_said = runtime_.clock.now();
      exchange.answered = true;
      exchange.got_end = exchange.got_end || end;
      if (size > 0) {
        charge(Operation::http2_data, size);
        if (!exchange.closed) session_->consume(exchange, size);
      }
      check_over(exchange);
      exchange.deliver_body(end);
      if (watch.gone()) return;
    }
  }
  if (!exchange.paused && exchange.trailers != nullptr && !exchange.over) {
    exchange.got_end = true;
    check_over(exchange);
    exchange.deliver_trailers();
    if (watch.gone()) return;
  }
  if (exchange.reset.has_value() && !exchange.over) {
    exchange.over = true;
    exchange.deliver_reset(*exchange.reset);
  }
}

// More fields or longer ones than we take.
void Http2Connection::refuse_head(Http2Exchange& exchange) {
  exchange.head_too_large = false;
  if (server_ && !exchange.begun) {
    exchange.over = true;
    if (!exchange.closed) session_->submit_response(exchange, std::make_unique<ResponseHead>(431), true);
    return;
  }
  if (!exchange.closed) session_->reset(exchange, Http2Error::protocol);
  exchange.head = nullptr;
  exchange.trailers = nullptr;
  exchange.ended = false;
  exchange.reset = ResetReason::protocol;
}

void Http2Connection::push_output() {
  while (!waits_for_writable_ && !gone_) {
    if (output_.empty() && !dead_) session_->write(output_, kWrite);
    if (output_.empty()) return;
    stream_->write(output_);
    if (output_.empty()) continue;
    waits_for_writable_ = true;
    stream_->on_writable([this] {
      waits_for_writable_ = false;
      turn();
    });
  }
}

// The end.

void Http2Connection::on_gone() {
  Watch watch(lifetime_);
  gone_ = true;
  if (finished_) {
    end_.cancel();
    on_finished();
    return;
  }
  processing_ = true;
  if (!deliver_ready(watch)) return;
  fail_all(ResetReason::lost, watch);
  if (watch.gone()) return;
  processing_ = false;
  check_end();
}

// An answer that is there whole, and only waits for its receiver to go on, is still given.
void Http2Connection::fail_all(ResetReason reason, const Watch& watch) {
  dead_ = true;
  for (const auto& exchange : active_) {
    exchange->closed = true;
    exchange->out.clear();
    make_ready(*exchange);
    const bool complete = !server_ && exchange->ended && !exchange->tunnel;
    if (complete || exchange->over || exchange->reset.has_value()) continue;
    const bool unanswered = reason == ResetReason::lost && !server_ && !exchange->answered;
    exchange->reset = unanswered ? ResetReason::lost_unanswered : reason;
  }
  deliver_ready(watch);
}

void Http2Connection::check_end() {
  if (finished_) return;
  if (gone_) {
    if (active_.empty()) finish(0);
    return;
  }
  const bool idle = active_.empty() && output_.empty();
  if (idle && (failed_ || (server_ && draining_))) {
    stream_->shutdown_write();
    finish(server_ ? kLinger : 0);
  } else if (!server_ && (goaway_ || draining_) && active_.empty()) {
    finish(0);
  }
}

// One timer looks, now and then, whether a limit of time has passed: at connections without an exchange, at heads that
// do not end, at exchanges on which neither side says anything.
void Http2Connection::watch_limits() {
  const Duration wait = limits_.shortest_time();
  if (wait > 0) limit_ = runtime_.clock.after((wait + 1) / 2, [this] { on_limit(); });
}

void Http2Connection::on_limit() {
  if (finished_ || failed_ || gone_) return;
  const Time now = runtime_.clock.now();
  for (const auto& exchange : active_) {
    const Duration limit = exchange->begun ? limits_.stream_idle : limits_.request_head;
    if (limit > 0 && now - exchange->last_said >= limit && !exchange->over) give_up(*exchange);
  }
  if (active_.empty() && limits_.connection_idle > 0 && now - idle_since_ >= limits_.connection_idle && !draining_) {
    draining_ = true;
    session_->goaway(Http2Error::none);
  }
  watch_limits();
  turn();
}

void Http2Connection::give_up(Http2Exchange& exchange) {
  if (!exchange.begun) {
    exchange.over = true;
    session_->goaway(Http2Error::enhance_your_calm);  // in the middle of a head nothing else can be said or heard
    failed_ = true;
    return;
  }
  if (!exchange.sent_head && !exchange.closed) {
    exchange.out_end = exchange.ends_both = true;
    session_->submit_response(exchange, std::make_unique<ResponseHead>(408), true);
  } else if (!exchange.closed) {
    session_->reset(exchange, Http2Error::cancel);
  }
  exchange.reset = ResetReason::idle;
  make_ready(exchange);
}

void Http2Connection::finish(Duration delay) {
  finished_ = true;
  end_ = runtime_.clock.after(delay, [this] { on_finished(); });
}

// What the engine says.

void Http2Connection::send_head(Http2Exchange& exchange, std::unique_ptr<RequestHead> head, Buffer& data, bool end) {
  assert(!exchange.over);
  if (!head->upgrade().empty()) end = true;  // HTTP/2 has no word for such an offer: an ordinary request
  if (head->close) draining_ = true;
  exchange.to_connect = head->method() == "CONNECT";
  exchange.head_request = head->method() == "HEAD";
  charge_head(fields_length(*head));
  add_output(exchange, data, end);
  session_->submit_request(exchange, std::move(head), end && exchange.out.empty());
  after_output(exchange, end);
}

void Http2Connection::send_head(Http2Exchange& exchange, std::unique_ptr<ResponseHead> head, Buffer& data, bool end) {
  assert(!exchange.over);
  if (head->close && !draining_) {
    draining_ = true;
    session_->goaway(Http2Error::none);
  }
  exchange.sent_head = true;
  exchange.tunnel = exchange.to_connect && head->status / 100 == 2;
  exchange.ends_both = !exchange.tunnel;
  exchange.has_no_body = exchange.head_request || head->status == 204 || head->status == 304;
  charge_head(fields_length(*head));
  add_output(exchange, data, end);
  if (!exchange.closed) session_->submit_response(exchange, std::move(head), end && exchange.out.empty());
  after_output(exchange, end);
}

void Http2Connection::send_data(Http2Exchange& exchange, Buffer& data, bool end) {
  assert(!exchange.over && !exchange.sent_end);
  add_output(exchange, data, end);
  if (!exchange.closed) session_->resume(exchange);
  after_output(exchange, end);
}

void Http2Connection::send_trailers(Http2Exchange& exchange, std::unique_ptr<Headers> trailers) {
  assert(!exchange.over && !exchange.sent_end);
  if (trailers->size() > 0) {
    std::size_t length = 0;
    for (std::size_t i = 0; i < trailers->size(); ++i) length += trailers->name(i).size() + trailers->value(i).size();
    charge_head(length);
    exchange.out_trailers = std::move(trailers);
  }
  Buffer nothing;
  send_data(exchange, nothing, true);
}

void Http2Connection::add_output(Http2Exchange& exchange, Buffer& data, bool end) {
  if (exchange.has_no_body || exchange.closed) data.clear();
  charge(Operation::http2_data, data.size());
  exchange.out.append(std::move(data));
  exchange.out_end = end;
  exchange.last_said = runtime_.clock.now();
}

void Http2Connection::after_output(Http2Exchange& exchange, bool end) {
  exchange.sent_end = end;
  if (exchange.out.size() > kHttp2HighWater) exchange.blocked = true;
  if (end) check_over(exchange);
  schedule();
}

void Http2Connection::check_over(Http2Exchange& exchange) {
  if (exchange.over) return;
  const bool here = server_ ? exchange.sent_end : exchange.got_end;
  const bool there = server_ ? exchange.got_end : exchange.sent_end;
  if (here && (there || !exchange.tunnel)) set_over(exchange);
}

void Http2Connection::set_over(Http2Exchange& exchange) {
  exchange.over = true;
  if (!server_ && !exchange.closed && !exchange.sent_end) session_->reset(exchange, Http2Error::cancel);
  make_ready(exchange);
}

void Http2Connection::set_paused(Http2Exchange& exchange, bool paused) {
  if (exchange.paused == paused) return;
  exchange.paused = paused;
  if (paused) return;
  make_ready(exchange);
  schedule();
}

void Http2Connection::reset(Http2Exchange& exchange) {
  assert(!exchange.over);
  exchange.over = true;
  if (exchange.id == 0) {
    exchange.closed = true;  // nothing was said yet
  } else if (!exchange.closed) {
    session_->reset(exchange, server_ ? Http2Error::internal : Http2Error::cancel);
  }
  make_ready(exchange);
  schedule();
}

}  // namespace meshtwin
