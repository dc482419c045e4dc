#include "mesh/wire/http_pool.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace meshtwin {
namespace {

PoolFailure failure_of(ConnectError error) {
  switch (error) {
    case ConnectError::timed_out:
      return PoolFailure::timed_out;
    case ConnectError::unreachable:
      return PoolFailure::unreachable;
    case ConnectError::reset:
      return PoolFailure::reset;
    case ConnectError::tls:
      return PoolFailure::tls;
    case ConnectError::tunnel:
      return PoolFailure::tunnel;
    default:
      return PoolFailure::refused;
  }
}

}  // namespace

struct HttpPool::Entry final : ClientHandler {
  Entry(HttpPool& owner, SocketAddress to) : pool(owner), address(to) {}

  void on_available(ClientConnection&) override { pool.on_available(*this); }
  void on_closed(ClientConnection&) override { pool.remove(*this); }

  HttpPool& pool;
  const SocketAddress address;
  Handle dial;
  std::unique_ptr<ClientConnection> connection;
  std::uint32_t served = 0;
  Making making;
  bool idle = false;
  Time idle_since = 0;
  Entry* older = nullptr;
  Entry* newer = nullptr;
  std::size_t slot = 0;
};

void PoolWaiter::withdraw() {
  if (pool_ != nullptr) pool_->unlink(*this);
}

HttpPool::HttpPool(Runtime& runtime, Connector& connector, const HttpCodec& codec, PoolOptions options,
                   PoolBudget& budget, Choose choose)
    : runtime_(runtime),
      connector_(connector),
      codec_(codec),
      options_(options),
      budget_(budget),
      choose_(std::move(choose)) {}

HttpPool::~HttpPool() {
  while (first_waiter_ != nullptr) unlink(*first_waiter_);
  budget_.connections -= static_cast<std::uint32_t>(entries_.size());
}

void HttpPool::acquire(PoolWaiter& waiter) {
  assert(!waiter.waits() && !draining_);
  Entry* idle = options_.rotates ? oldest_idle_ : newest_idle_;
  if (idle != nullptr) {
    unset_idle(*idle);
    give(*idle, waiter);
    return;
  }
  if (budget_.pending >= budget_.max_pending) {
    waiter.on_pool_failure(PoolFailure::overflow, {});
    return;
  }
  enqueue(waiter);
  dial_for_waiters();
}

void HttpPool::give(Entry& entry, PoolWaiter& waiter) {
  ++entry.served;
  given_ = entry.making;
  waiter.on_connection(*entry.connection, entry.address);
}

// A cluster at its limit of connections still gives each of its hosts one.
void HttpPool::dial_for_waiters() {
  if (dialling_ >= waiting_) return;
  if (budget_.connections >= budget_.max_connections && !entries_.empty()) return;
  dial();
}

void HttpPool::dial() {
  Entry& entry = entries_.add(std::make_unique<Entry>(*this, choose_()));
  connections_max_ = std::max(connections_max_, entries_.size());
  ++budget_.connections;
  ++dialling_;
  entry.making.dialled = runtime_.clock.now();
  entry.dial = connector_.connect(entry.address,
                                  [this, &entry](Connected connected) { on_connected(entry, std::move(connected)); });
}

void HttpPool::on_connected(Entry& entry, Connected connected) {
  --dialling_;
  if (connected.stream == nullptr) {
    last_failure_ = std::move(connected.detail);
    const SocketAddress address = entry.address;
    entries_.release(entry);  // and with it the dial whose callback this is
    --budget_.connections;
    fail_waiters(failure_of(connected.error), address);
    return;  // this may be gone
  }
  entry.making.ready = runtime_.clock.now();
  entry.making.handshake = connected.handshake;
  entry.connection = codec_.connect(runtime_, std::move(connected.stream), entry);
  on_available(entry);
}

void HttpPool::fail_waiters(PoolFailure failure, SocketAddress address) {
  Watch watch(lifetime_);
  // Those who wait now; whoever begins to wait in a callback waits for another dial.
  std::uint32_t count = options_.fails_together ? waiting_ : std::min<std::uint32_t>(waiting_, 1);
  for (; count > 0 && first_waiter_ != nullptr; --count) {
    PoolWaiter& waiter = *first_waiter_;
    unlink(waiter);
    waiter.on_pool_failure(failure, address);
    if (watch.gone()) return;
  }
  if (waiting_ > 0) dial_for_waiters();  // the limit of connections may have kept them without a dial of their own
}

void HttpPool::on_available(Entry& entry) {
  const bool used_up = options_.max_requests_per_connection > 0 && entry.served >= options_.max_requests_per_connection;
  if (used_up || (draining_ && first_waiter_ == nullptr)) {
    remove(entry);
    return;
  }
  if (first_waiter_ == nullptr) {
    set_idle(entry);
    return;
  }
  PoolWaiter& waiter = *first_waiter_;
  unlink(waiter);
  give(entry, waiter);
}

void HttpPool::remove(Entry& entry) {
  if (entry.idle) unset_idle(entry);
  --budget_.connections;
  const std::unique_ptr<Entry> removed = entries_.release(entry);
  if (waiting_ > 0) dial_for_waiters();
}

void HttpPool::drain() {
  draining_ = true;
  while (newest_idle_ != nullptr) remove(*newest_idle_);
}

void HttpPool::enqueue(PoolWaiter& waiter) {
  waiter.pool_ = this;
  waiter.previous_ = last_waiter_;
  waiter.next_ = nullptr;
  (last_waiter_ == nullptr ? first_waiter_ : last_waiter_->next_) = &waiter;
  last_waiter_ = &waiter;
  ++waiting_;
  ++budget_.pending;
}

void HttpPool::unlink(PoolWaiter& waiter) {
  (waiter.previous_ == nullptr ? first_waiter_ : waiter.previous_->next_) = waiter.next_;
  (waiter.next_ == nullptr ? last_waiter_ : waiter.next_->previous_) = waiter.previous_;
  waiter.pool_ = nullptr;
  --waiting_;
  --budget_.pending;
}

void HttpPool::set_idle(Entry& entry) {
  entry.idle = true;
  entry.older = newest_idle_;
  entry.newer = nullptr;
  (newest_idle_ == nullptr ? oldest_idle_ : newest_idle_->newer) = &entry;
  newest_idle_ = &entry;
  if (options_.idle_timeout == 0) return;
  entry.idle_since = runtime_.clock.now();
  if (!watches_idle_) watch_idle();
}

// One timer for all: it does not follow the connections that come and go meanwhile, it looks anew when it fires.
void HttpPool::watch_idle() {
  watches_idle_ = true;
  const Time at = oldest_idle_->idle_since + options_.idle_timeout;
  idle_timer_ = runtime_.clock.after(std::max<Duration>(0, at - runtime_.clock.now()), [this] { close_idle(); });
}

void HttpPool::close_idle() {
  watches_idle_ = false;
  const Time now = runtime_.clock.now();
  while (oldest_idle_ != nullptr && oldest_idle_->idle_since + options_.idle_timeout <= now) remove(*oldest_idle_);
  if (oldest_idle_ != nullptr) watch_idle();
}

void HttpPool::unset_idle(Entry& entry) {
  entry.idle = false;
  (entry.older == nullptr ? oldest_idle_ : entry.older->newer) = entry.newer;
  (entry.newer == nullptr ? newest_idle_ : entry.newer->older) = entry.older;
}

}  // namespace meshtwin
