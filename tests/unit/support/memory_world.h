#pragma once

// A world small enough to read, for tests of the engine: virtual time, pods that are joined by streams with a latency
// and a small buffer (so that back-pressure happens), capture by a pod's sidecar. It keeps to the contracts in
// mesh/runtime and costs nothing: charges are counted, time does not pass for them.

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "mesh/runtime/chance.h"
#include "mesh/runtime/clock.h"
#include "mesh/runtime/cpu.h"
#include "mesh/runtime/network.h"
#include "mesh/runtime/runtime.h"

namespace meshtwin::testing_world {

class VirtualClock final : public Clock {
 public:
  Time now() const override { return now_; }
  Time unix_zero() const override { return kModelledUnixZero; }
  Timer after(Duration delay, Callback then) override {
    const std::uint64_t id = post(delay, std::move(then));
    return Timer(*this, id);
  }
  std::uint64_t post(Duration delay, Callback then) {
    assert(delay >= 0);
    const std::uint64_t id = ++last_id_;
    calls_.emplace(std::pair(now_ + delay, id), std::move(then));
    due_.emplace(id, now_ + delay);
    return id;
  }
  void cancel(std::uint64_t id) override {
    if (const auto at = due_.find(id); at != due_.end()) {
      calls_.erase({at->second, id});
      due_.erase(at);
    }
  }
  bool step() {
    if (calls_.empty()) return false;
    auto first = calls_.extract(calls_.begin());
    now_ = first.key().first;
    due_.erase(first.key().second);
    ++events_;
    first.mapped()();
    return true;
  }
  void run_until(Time end) {
    while (!calls_.empty() && calls_.begin()->first.first <= end) step();
    now_ = std::max(now_, end);
  }
  std::uint64_t events() const { return events_; }

 private:
  Time now_ = 0;
  std::uint64_t last_id_ = 0;
  std::uint64_t events_ = 0;
  std::map<std::pair<Time, std::uint64_t>, Callback> calls_;
  std::map<std::uint64_t, Time> due_;
};

class CountingCpu final : public Cpu {
 public:
  explicit CountingCpu(VirtualClock& clock) : clock_(clock) {}
  void charge(Operation operation, std::int64_t amount) override {
    ++calls[static_cast<std::size_t>(operation)];
    amounts[static_cast<std::size_t>(operation)] += amount;
  }
  Handle burn(Duration work, Callback done) override {
    struct Burning final : Activity {
      Timer timer;
    };
    auto burning = std::make_unique<Burning>();
    burning->timer = clock_.after(work, std::move(done));
    return burning;
  }
  std::int64_t calls_of(Operation operation) const { return calls[static_cast<std::size_t>(operation)]; }
  std::int64_t amount_of(Operation operation) const { return amounts[static_cast<std::size_t>(operation)]; }

  std::array<std::int64_t, kOperationCount> calls{};
  std::array<std::int64_t, kOperationCount> amounts{};

 private:
  VirtualClock& clock_;
};

struct StreamShape {
  Duration latency = 100 * kMicrosecond;
  std::size_t buffer = 64 * 1024;  // bytes a direction holds, under way and unread
  std::size_t read_at_most = 0;    // a read brings at most so many bytes; 0: all
};

// Counts, over a world, what crossed its streams.
struct WireCount {
  std::uint64_t bytes = 0;
  std::uint64_t writes = 0;
  std::uint64_t streams = 0;
};

class MemoryStream final : public ByteStream {
 public:
  static std::pair<std::unique_ptr<MemoryStream>, std::unique_ptr<MemoryStream>> pair(VirtualClock& clock,
                                                                                      StreamShape shape,
                                                                                      WireCount* count = nullptr) {
    auto joint = std::make_shared<Joint>(Joint{clock, shape, count, {}});
    auto a = std::unique_ptr<MemoryStream>(new MemoryStream(joint, 0));
    auto b = std::unique_ptr<MemoryStream>(new MemoryStream(joint, 1));
    if (count != nullptr) ++count->streams;
    return {std::move(a), std::move(b)};
  }
  ~MemoryStream() override {
    self().owner = nullptr;
    const Callback never_called = std::exchange(self().writable, {});
    if (self().reset_seen) return;
    if (!self().arrived.empty()) {
      send_reset(joint_, 1 - side_);
    } else if (!self().end_sent) {
      self().end_sent = true;
      later(joint_, joint_->shape.latency, 1 - side_, &Side::end_arrived);
    }
  }

  void write(Buffer& data) override {
    if (self().reset_seen || self().aborted) {
      data.clear();
      return;
    }
    assert(!self().end_sent);
    const std::size_t room = joint_->shape.buffer - std::min(joint_->shape.buffer, peer().held);
    const std::size_t taken = std::min(room, data.size());
    if (taken == 0) return;
    peer().held += taken;
    if (joint_->count != nullptr) {
      joint_->count->bytes += taken;
      ++joint_->count->writes;
    }
    joint_->clock.post(joint_->shape.latency,
                       [joint = joint_, to = 1 - side_, bytes = std::make_unique<Buffer>(data.take(taken))] {
                         arrive(joint, to, *bytes);
                       });
  }
  void on_read(ReadHandler handler) override {
    self().handler = std::move(handler);
    self().handler_set = true;
    if (self().handler) schedule_pump(joint_, side_);
  }
  void on_writable(Callback then) override {
    self().writable = std::move(then);
    schedule_writable(joint_, side_);
  }
  void shutdown_write() override {
    if (self().end_sent || self().reset_seen) return;
    self().end_sent = true;
    later(joint_, joint_->shape.latency, 1 - side_, &Side::end_arrived);
  }
  void abort() override {
    self().aborted = true;
    self().handler = {};
    send_reset(joint_, 1 - side_);
  }

 private:
  struct Side {
    MemoryStream* owner = nullptr;
    Buffer arrived;
    std::size_t held = 0;  // of what the other side wrote: under way or unread
    bool end_sent = false;
    bool end_arrived = false;
    bool end_told = false;
    bool reset_arrived = false;
    bool reset_seen = false;
    bool aborted = false;
    bool handler_set = false;
    ReadHandler handler;
    Callback writable;
  };
  struct Joint {
    VirtualClock& clock;
    StreamShape shape;
    WireCount* count;
    std::array<Side, 2> sides;
  };
  using JointPtr = std::shared_ptr<Joint>;

  MemoryStream(JointPtr joint, int side) : joint_(std::move(joint)), side_(side) { self().owner = this; }
  Side& self() { return joint_->sides[static_cast<std::size_t>(side_)]; }
  Side& peer() { return joint_->sides[static_cast<std::size_t>(1 - side_)]; }
  static Side& at(const JointPtr& joint, int side) { return joint->sides[static_cast<std::size_t>(side)]; }

  static void later(const JointPtr& joint, Duration delay, int side, bool Side::*flag) {
    joint->clock.post(delay, [joint, side, flag] {
      at(joint, side).*flag = true;
      pump(joint, side);
    });
  }
  static void send_reset(const JointPtr& joint, int to) {
    if (!at(joint, to).reset_arrived) later(joint, joint->shape.latency, to, &Side::reset_arrived);
  }
  static void arrive(const JointPtr& joint, int side, Buffer& bytes) {
    Side& s = at(joint, side);
    if (s.owner == nullptr || s.aborted) {
      send_reset(joint, 1 - side);
      return;
    }
    s.arrived.append(std::move(bytes));
    pump(joint, side);
  }
  static void schedule_pump(const JointPtr& joint, int side) {
    joint->clock.post(0, [joint, side] { pump(joint, side); });
  }
  static void schedule_writable(const JointPtr& joint, int side) {
    joint->clock.post(0, [joint, side] {
      Side& s = at(joint, side);
      if (s.owner == nullptr || !s.writable || at(joint, 1 - side).held >= joint->shape.buffer) return;
      Callback then = std::move(s.writable);
      s.writable = {};
      then();
    });
  }
  static void call(Side& s, ReadEvent event, Buffer& data) {
    ReadHandler handler = std::move(s.handler);
    s.handler = {};
    s.handler_set = false;
    handler(event, data);
    if (!s.handler_set) s.handler = std::move(handler);
  }
  static void pump(const JointPtr& joint, int side) {
    Side& s = at(joint, side);
    Buffer nothing;
    while (s.owner != nullptr && s.handler && !s.aborted) {
      if (s.reset_arrived) {
        if (s.reset_seen) return;
        s.reset_seen = true;
        call(s, ReadEvent::reset, nothing);
      } else if (!s.arrived.empty()) {
        const std::size_t most = joint->shape.read_at_most;
        Buffer data = s.arrived.take(most == 0 ? s.arrived.size() : std::min(most, s.arrived.size()));
        s.held -= data.size();
        schedule_writable(joint, 1 - side);
        call(s, ReadEvent::data, data);
      } else if (s.end_arrived && !s.end_told) {
        s.end_told = true;
        call(s, ReadEvent::end, nothing);
      } else {
        return;
      }
    }
  }

  JointPtr joint_;
  int side_;
};

class MemoryWorld;

// One pod's namespace.
class Pod final : public Network {
 public:
  Pod(MemoryWorld& world, std::uint32_t ip) : world_(world), ip_(ip) {}
  Handle listen(SocketAddress at, AcceptHandler on_accept) override;
  Handle dial(SocketAddress to, const DialOptions& options, DialHandler then) override;
  Handle resolve(std::string_view name, ResolveHandler then) override;

  std::uint32_t ip() const { return ip_; }
  bool capture = false;
  bool black_hole = false;  // connects to it are not answered

 private:
  friend class MemoryWorld;
  MemoryWorld& world_;
  const std::uint32_t ip_;
  std::map<std::uint16_t, std::shared_ptr<AcceptHandler>> listeners_;
};

class MemoryWorld {
 public:
  explicit MemoryWorld(std::uint64_t seed = 1) : cpu(clock), chance(seed) {}

  Pod& pod(std::uint32_t ip) {
    std::unique_ptr<Pod>& place = pods_[ip];
    if (place == nullptr) place = std::make_unique<Pod>(*this, ip);
    return *place;
  }
  Pod* find(std::uint32_t ip) {
    const auto found = pods_.find(ip);
    return found == pods_.end() ? nullptr : found->second.get();
  }

  VirtualClock clock;
  CountingCpu cpu;
  SeededChance chance;
  Runtime runtime{clock, chance, cpu};
  StreamShape shape;
  WireCount wire;
  std::map<std::string, std::vector<std::uint32_t>, std::less<>> hosts;

 private:
  std::map<std::uint32_t, std::unique_ptr<Pod>> pods_;
};

inline Handle Pod::listen(SocketAddress at, AcceptHandler on_accept) {
  if (listeners_.count(at.port) != 0) return nullptr;
  struct Listening final : Activity {
    Listening(Pod& pod, std::uint16_t port) : pod(pod), port(port) {}
    ~Listening() override { pod.listeners_.erase(port); }
    Pod& pod;
    const std::uint16_t port;
  };
  listeners_[at.port] = std::make_shared<AcceptHandler>(std::move(on_accept));
  return std::make_unique<Listening>(*this, at.port);
}

inline Handle Pod::dial(SocketAddress to, const DialOptions& options, DialHandler then) {
  struct Dialling final : Activity {
    Timer timer;
  };
  const bool local = to.ip == kLoopback || to.ip == ip_;
  Pod* target = local ? this : world_.find(to.ip);
  std::uint16_t port = to.port;
  if (capture && !options.bypass_capture && to.ip != kLoopback) {
    target = this;
    port = 15001;
  } else if (target != nullptr && target->capture && !local && to.port != 15008) {
    port = 15006;
  }
  auto dialling = std::make_unique<Dialling>();
  if (target == nullptr || target->black_hole) {
    const Duration wait = options.timeout > 0 ? options.timeout : 130 * kSecond;
    dialling->timer =
        world_.clock.after(wait, [then = std::move(then)]() mutable { then(nullptr, DialError::timed_out); });
    return dialling;
  }
  auto answer = [this, target, to, port, then = std::move(then)]() mutable {
    const auto listener = target->listeners_.find(port);
    if (listener == target->listeners_.end()) {
      then(nullptr, DialError::refused);
      return;
    }
    auto [near, far] = MemoryStream::pair(world_.clock, world_.shape, &world_.wire);
    const std::shared_ptr<AcceptHandler> accept = listener->second;
    (*accept)({std::move(far), {ip_, 40000}, to});
    then(std::move(near), DialError::none);
  };
  dialling->timer = world_.clock.after(2 * world_.shape.latency, std::move(answer));
  return dialling;
}

inline Handle Pod::resolve(std::string_view name, ResolveHandler then) {
  struct Resolving final : Activity {
    Timer timer;
  };
  const auto found = world_.hosts.find(name);
  std::vector<std::uint32_t> ips;
  if (found != world_.hosts.end()) ips = found->second;
  auto resolving = std::make_unique<Resolving>();
  resolving->timer =
      world_.clock.after(0, [ips = std::move(ips), then = std::move(then)]() mutable { then(std::move(ips)); });
  return resolving;
}

}  // namespace meshtwin::testing_world
