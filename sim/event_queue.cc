#include "sim/event_queue.h"

#include <algorithm>
#include <cassert>
#include <stdexcept>

namespace meshtwin {
namespace {

constexpr std::size_t kCachedEntries = 4096;  // of the heap: so many stay in the nearest cache by themselves

}  // namespace

EventQueue::~EventQueue() {
  for (std::uint32_t slot = 0; slot < nodes_; ++slot) {
    Node& node = node_at(slot);
    if (node.key != 0 && node.destroy != nullptr) node.destroy(&node.storage);
  }
}

std::uint32_t EventQueue::take_node() {
  if (free_ != kNoSlot) {
    const std::uint32_t slot = free_;
    free_ = node_at(slot).next_free;
    return slot;
  }
  if (nodes_ % kBlock == 0) {
    if (nodes_ >> kSlotBits != 0) throw std::length_error("more than 16 million events pending");
    blocks_.push_back(std::make_unique<Node[]>(kBlock));
  }
  return nodes_++;
}

EventKey EventQueue::push(Time at, std::uint32_t slot, Node& node) {
  assert(at >= now_ && "an event cannot happen in the past");
  node.key = (++sequence_ << kSlotBits) | slot;
  node.at = at;
  ++live_;
  heap_.push_back({at, node.key});
  sift_up(heap_.size() - 1);
  return node.key;
}

void EventQueue::free_node(std::uint32_t slot, Node& node) {
  if (node.destroy != nullptr) node.destroy(&node.storage);
  node.next_free = free_;
  free_ = slot;
}

void EventQueue::cancel(EventKey key) {
  if (!pending(key)) return;
  Node& node = node_at(slot_of(key));
  node.key = 0;
  --live_;
  free_node(slot_of(key), node);
  if (heap_.size() > 1024 && heap_.size() > 2 * live_) sweep();
}

bool EventQueue::pending(EventKey key) const {
  return key != 0 && node_at(slot_of(key)).key == key;
}

Time EventQueue::time_of(EventKey key) const {
  assert(pending(key));
  return node_at(slot_of(key)).at;
}

void EventQueue::run() {
  stopped_ = false;
  while (!stopped_ && !heap_.empty()) {
    const Entry entry = heap_.front();
    pop_front();
    const std::uint32_t slot = slot_of(entry.key);
    Node& node = node_at(slot);
    if (!heap_.empty()) __builtin_prefetch(&node_at(slot_of(heap_.front().key)));  // while this event runs
    if (node.key != entry.key) continue;                                           // cancelled
    now_ = entry.at;
    node.key = 0;  // from here on cancelling it does nothing
    --live_;
    ++executed_;
    node.run(&node.storage);
    free_node(slot, node);
  }
}

void EventQueue::sift_up(std::size_t place) {
  const Entry entry = heap_[place];
  while (place > 0) {
    const std::size_t parent = (place - 1) / 4;
    if (!before(entry, heap_[parent])) break;
    heap_[place] = heap_[parent];
    place = parent;
  }
  heap_[place] = entry;
}

void EventQueue::sift_down(std::size_t place) {
  const std::size_t size = heap_.size();
  const Entry entry = heap_[place];
  for (;;) {
    const std::size_t first = 4 * place + 1;
    if (first >= size) break;
    // Whichever child is least, its own children are next: a large heap would be waited for at each of its levels.
    if (size > kCachedEntries && 4 * first + 16 < size) {
      for (std::size_t child = 1; child <= 16; child += 4) __builtin_prefetch(&heap_[4 * first + child]);
    }
    std::size_t least = first;
    const std::size_t end = std::min(first + 4, size);
    for (std::size_t child = first + 1; child < end; ++child) {
      if (before(heap_[child], heap_[least])) least = child;
    }
    if (!before(heap_[least], entry)) break;
    heap_[place] = heap_[least];
    place = least;
  }
  heap_[place] = entry;
}

void EventQueue::pop_front() {
  const Entry last = heap_.back();
  heap_.pop_back();
  if (heap_.empty()) return;
  heap_.front() = last;
  sift_down(0);
}

void EventQueue::sweep() {
  std::erase_if(heap_, [this](const Entry& entry) { return node_at(slot_of(entry.key)).key != entry.key; });
  for (std::size_t place = heap_.size() / 4 + 1; place-- > 0;) {
    if (place < heap_.size()) sift_down(place);
  }
}

}  // namespace meshtwin
