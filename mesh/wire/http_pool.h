#pragma once

// Keep-alive connections to an upstream: a waiter gets an idle one at once, or one that is dialled for it, or a failure
// that says which. What the pools of one cluster may use together is a PoolBudget. When a dial fails, everyone who
// waits for the same address is told, so that each can decide whether to try elsewhere.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>

#include "mesh/base/function.h"
#include "mesh/base/handle.h"
#include "mesh/base/socket_address.h"
#include "mesh/runtime/clock.h"
#include "mesh/wire/connector.h"
#include "mesh/wire/http_codec.h"
#include "mesh/wire/lifetime.h"
#include "mesh/wire/owned_set.h"

namespace meshtwin {

enum class PoolFailure { overflow, refused, timed_out, unreachable, reset, tls, tunnel };

struct PoolBudget {
  std::uint32_t max_connections = std::numeric_limits<std::uint32_t>::max();
  std::uint32_t max_pending = std::numeric_limits<std::uint32_t>::max();
  std::uint32_t connections = 0;
  std::uint32_t pending = 0;
};

class HttpPool;

// Waits for a connection. Must be withdrawn before it is destroyed while it waits.
class PoolWaiter {
 public:
  virtual void on_connection(ClientConnection& connection, SocketAddress address) = 0;
  virtual void on_pool_failure(PoolFailure failure, SocketAddress address) = 0;
  bool waits() const { return pool_ != nullptr; }
  void withdraw();  // nothing happens when it does not wait

 protected:
  ~PoolWaiter() { withdraw(); }

 private:
  friend class HttpPool;
  HttpPool* pool_ = nullptr;
  PoolWaiter* previous_ = nullptr;
  PoolWaiter* next_ = nullptr;
};

struct PoolOptions {
  std::uint32_t max_requests_per_connection = 0;  // 0: unlimited
  bool fails_together = true;                     // a failed dial fails all who wait, not only the first
  bool rotates = false;                           // uses the connection that has been idle longest, instead of shortest
  Duration idle_timeout = 0;                      // of a connection that nobody uses; 0: it is kept
};

class HttpPool {
 public:
  using Choose = Function<SocketAddress()>;  // the address to dial next

  HttpPool(Runtime& runtime, Connector& connector, const HttpCodec& codec, PoolOptions options, PoolBudget& budget,
           Choose choose);
  ~HttpPool();

  // May call the waiter back at once.
  void acquire(PoolWaiter& waiter);
  // Takes no more waiters; closes what is idle now, the rest when its exchange is over.
  void drain();
  const std::string& last_failure() const { return last_failure_; }  // what is known of the last failed connection
  // Of the connection that was given last, to somebody who has waited since then: for how long it was being made
  // meanwhile, and for how long of that its TLS handshake went on.
  Duration dialling_since(Time begin) const {
    return std::max<Duration>(0, given_.ready - std::max(begin, given_.dialled));
  }
  Duration securing_since(Time begin) const { return given_.handshake.since(begin); }
  bool empty() const { return entries_.empty() && first_waiter_ == nullptr; }
  std::size_t connections() const { return entries_.size(); }
  std::size_t connections_max() const { return connections_max_; }

 private:
  friend class PoolWaiter;
  struct Entry;
  struct Making {  // of a connection
    Time dialled = 0;
    Time ready = 0;
    HandshakeTime handshake;
  };

  void enqueue(PoolWaiter& waiter);
  void unlink(PoolWaiter& waiter);
  void dial();
  void on_connected(Entry& entry, Connected connected);
  void on_available(Entry& entry);
  void give(Entry& entry, PoolWaiter& waiter);
  void fail_waiters(PoolFailure failure, SocketAddress address);
  void set_idle(Entry& entry);
  void unset_idle(Entry& entry);
  void watch_idle();
  void close_idle();
  void remove(Entry& entry);
  void dial_for_waiters();

  Runtime& runtime_;
  Connector& connector_;
  const HttpCodec& codec_;
  const PoolOptions options_;
  PoolBudget& budget_;
  Choose choose_;
  OwnedSet<Entry> entries_;
  Entry* oldest_idle_ = nullptr;
  Entry* newest_idle_ = nullptr;
  PoolWaiter* first_waiter_ = nullptr;
  PoolWaiter* last_waiter_ = nullptr;
  std::uint32_t waiting_ = 0;
  std::uint32_t dialling_ = 0;
  std::size_t connections_max_ = 0;
  bool draining_ = false;
  std::string last_failure_;
  Making given_;
  Timer idle_timer_;  // for the connection that was idle longest when it was set
  bool watches_idle_ = false;
  Lifetime lifetime_;
};

}  // namespace meshtwin
