#pragma once

// The simulator's heart: what happens when. Events order by (time, sequence), so two events of one instant happen in
// the order they were asked for. Callables live in pooled nodes that never move; a 4-ary heap of 16-byte entries (four
// children are one cache line) says which is next. Cancelling frees the node at once and leaves a stale heap entry
// behind, known by its key; when stale entries outnumber live ones the heap is swept.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include "mesh/base/time.h"

namespace meshtwin {

using EventKey = std::uint64_t;  // 0: none

class EventQueue {
 public:
  EventQueue() = default;
  EventQueue(const EventQueue&) = delete;
  EventQueue& operator=(const EventQueue&) = delete;
  ~EventQueue();

  Time now() const { return now_; }

  // `at` not before now. The callable must fit a node; it is destroyed when it has run or been cancelled.
  template <typename F>
  EventKey schedule(Time at, F&& callable) {
    using Held = std::decay_t<F>;
    static_assert(sizeof(Held) <= kCapacity && alignof(Held) <= alignof(std::max_align_t));
    const std::uint32_t slot = take_node();
    Node& node = node_at(slot);
    new (&node.storage) Held(std::forward<F>(callable));
    node.run = [](void* held) { (*static_cast<Held*>(held))(); };
    node.destroy = nullptr;
    if constexpr (!std::is_trivially_destructible_v<Held>) {
      node.destroy = [](void* held) { static_cast<Held*>(held)->~Held(); };
    }
    return push(at, slot, node);
  }
  // Of an event that has run already (or key 0): nothing happens.
  void cancel(EventKey key);
  bool pending(EventKey key) const;
  Time time_of(EventKey key) const;  // of a pending event

  // Runs events until there are none or stop() is called.
  void run();
  void stop() { stopped_ = true; }
  bool empty() const { return live_ == 0; }
  std::uint64_t executed() const { return executed_; }
  std::size_t entries() const { return heap_.size(); }  // with the stale ones

 private:
  static constexpr std::size_t kCapacity = 40;
  static constexpr std::uint32_t kSlotBits = 24;
  static constexpr std::size_t kBlock = 1024;
  static constexpr std::uint32_t kNoSlot = ~std::uint32_t{0};

  struct Node {
    alignas(std::max_align_t) std::byte storage[kCapacity];
    void (*run)(void*) = nullptr;
    void (*destroy)(void*) = nullptr;
    EventKey key = 0;  // of the event it holds; 0: free
    Time at = 0;
    std::uint32_t next_free = kNoSlot;
  };
  struct Entry {
    Time at;
    EventKey key;  // sequence, then slot: sequences are unique, so keys order as they do
  };

  static bool before(const Entry& a, const Entry& b) { return a.at != b.at ? a.at < b.at : a.key < b.key; }
  Node& node_at(std::uint32_t slot) const { return blocks_[slot / kBlock][slot % kBlock]; }
  static std::uint32_t slot_of(EventKey key) { return static_cast<std::uint32_t>(key & ((1u << kSlotBits) - 1)); }

  std::uint32_t take_node();
  EventKey push(Time at, std::uint32_t slot, Node& node);
  void free_node(std::uint32_t slot, Node& node);
  void sift_up(std::size_t place);
  void sift_down(std::size_t place);
  void pop_front();
  void sweep();

  std::vector<Entry> heap_;
  std::vector<std::unique_ptr<Node[]>> blocks_;
  std::uint32_t nodes_ = 0;
  std::uint32_t free_ = kNoSlot;
  std::uint64_t sequence_ = 0;
  std::size_t live_ = 0;
  std::uint64_t executed_ = 0;
  Time now_ = 0;
  bool stopped_ = false;
};

}  // namespace meshtwin
