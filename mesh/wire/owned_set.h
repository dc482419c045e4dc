#pragma once

// Owns objects that come and go (connections, relays): adding and removing one takes constant time, and each object
// carries its own place (a public member `std::size_t slot`).

#include <cassert>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace meshtwin {

template <typename T>
class OwnedSet {
 public:
  T& add(std::unique_ptr<T> object) {
    object->slot = objects_.size();
    objects_.push_back(std::move(object));
    return *objects_.back();
  }

  std::unique_ptr<T> release(T& object) {
    const std::size_t slot = object.slot;
    assert(slot < objects_.size() && objects_[slot].get() == &object);
    std::unique_ptr<T> released = std::move(objects_[slot]);
    if (slot + 1 != objects_.size()) {
      objects_[slot] = std::move(objects_.back());
      objects_[slot]->slot = slot;
    }
    objects_.pop_back();
    return released;
  }

  void remove(T& object) { release(object); }
  void clear() {
    while (!objects_.empty()) release(*objects_.back());
  }
  T& back() { return *objects_.back(); }
  T& operator[](std::size_t i) { return *objects_[i]; }
  std::size_t size() const { return objects_.size(); }
  bool empty() const { return objects_.empty(); }

 private:
  std::vector<std::unique_ptr<T>> objects_;
};

}  // namespace meshtwin
