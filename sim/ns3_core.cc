#include "sim/ns3_core.h"

#include <ns3/event-impl.h>
#include <ns3/nstime.h>
#include <ns3/object-factory.h>
#include <ns3/simulator-impl.h>
#include <ns3/simulator.h>

#include <limits>
#include <unordered_map>
#include <vector>

#include "mesh/world/world.h"
#include "sim/event_queue.h"

namespace meshtwin {
namespace {

constexpr std::uint32_t kNoContext = 0xffffffff;

// ns-3 names an event by a 32-bit number; our keys are 64 bits wide, so the adapter keeps the pairs of what is pending.
class QueueSimulator : public ns3::SimulatorImpl {
 public:
  explicit QueueSimulator(EventQueue& queue) : queue_(queue) {}

  void Destroy() override {
    while (!at_destroy_.empty()) {
      std::vector<ns3::Ptr<ns3::EventImpl>> events = std::move(at_destroy_);
      at_destroy_.clear();
      for (const auto& event : events) {
        if (!event->IsCancelled()) event->Invoke();
      }
    }
  }
  bool IsFinished() const override { return queue_.empty(); }
  void Stop() override { queue_.stop(); }
  void Stop(const ns3::Time& delay) override {
    queue_.schedule(queue_.now() + delay.GetNanoSeconds(), [this] { queue_.stop(); });
  }

  ns3::EventId Schedule(const ns3::Time& delay, ns3::EventImpl* event) override {
    return insert(context_, delay.GetNanoSeconds(), event);
  }
  void ScheduleWithContext(std::uint32_t context, const ns3::Time& delay, ns3::EventImpl* event) override {
    insert(context, delay.GetNanoSeconds(), event);
  }
  ns3::EventId ScheduleNow(ns3::EventImpl* event) override { return insert(context_, 0, event); }
  ns3::EventId ScheduleDestroy(ns3::EventImpl* event) override {
    const ns3::Ptr<ns3::EventImpl> held(event, false);
    at_destroy_.push_back(held);
    return {held, static_cast<std::uint64_t>(queue_.now()), kNoContext, ns3::EventId::UID::DESTROY};
  }

  void Remove(const ns3::EventId& id) override {
    if (IsExpired(id)) return;
    if (id.GetUid() == ns3::EventId::UID::DESTROY) {
      std::erase_if(at_destroy_, [&id](const auto& event) { return ns3::PeekPointer(event) == id.PeekEventImpl(); });
      return;
    }
    const auto found = keys_.find(id.GetUid());
    const EventKey key = found->second;
    keys_.erase(found);
    id.PeekEventImpl()->Cancel();
    queue_.cancel(key);
  }
  void Cancel(const ns3::EventId& id) override { Remove(id); }
  bool IsExpired(const ns3::EventId& id) const override {
    if (id.PeekEventImpl() == nullptr || id.PeekEventImpl()->IsCancelled()) return true;
    if (id.GetUid() == ns3::EventId::UID::DESTROY) {
      for (const auto& event : at_destroy_) {
        if (ns3::PeekPointer(event) == id.PeekEventImpl()) return false;
      }
      return true;
    }
    return !keys_.contains(id.GetUid());
  }

  void Run() override { queue_.run(); }
  ns3::Time Now() const override { return ns3::NanoSeconds(queue_.now()); }
  ns3::Time GetDelayLeft(const ns3::EventId& id) const override {
    return IsExpired(id) ? ns3::Time(0) : ns3::NanoSeconds(static_cast<std::int64_t>(id.GetTs()) - queue_.now());
  }
  ns3::Time GetMaximumSimulationTime() const override {
    return ns3::NanoSeconds(std::numeric_limits<std::int64_t>::max());
  }
  void SetScheduler(ns3::ObjectFactory) override {}  // there is one queue, ours
  std::uint32_t GetSystemId() const override { return 0; }
  std::uint32_t GetContext() const override { return context_; }
  std::uint64_t GetEventCount() const override { return queue_.executed(); }

 private:
  ns3::EventId insert(std::uint32_t context, std::int64_t delay, ns3::EventImpl* event) {
    ns3::Ptr<ns3::EventImpl> held(event, false);
    std::uint32_t uid = next_uid_++;
    if (uid < ns3::EventId::UID::VALID) uid = next_uid_ = ns3::EventId::UID::VALID, ++next_uid_;
    const Time at = queue_.now() + delay;
    keys_[uid] = queue_.schedule(at, [this, held, context, uid] {
      keys_.erase(uid);
      context_ = context;
      held->Invoke();
      context_ = kNoContext;
    });
    return {held, static_cast<std::uint64_t>(at), context, uid};
  }

  EventQueue& queue_;
  std::unordered_map<std::uint32_t, EventKey> keys_;  // looked up only, never walked
  std::vector<ns3::Ptr<ns3::EventImpl>> at_destroy_;
  std::uint32_t next_uid_ = ns3::EventId::UID::VALID;
  std::uint32_t context_ = kNoContext;
};

bool installed = false;

}  // namespace

Ns3Core::Ns3Core(EventQueue& queue) {
  if (installed) throw WorldError("a simulated world exists already: ns-3 has one simulator a process");
  ns3::Simulator::SetImplementation(ns3::Create<QueueSimulator>(queue));
  installed = true;
}

Ns3Core::~Ns3Core() {
  ns3::Simulator::Destroy();
  installed = false;
}

}  // namespace meshtwin
