#pragma once

// A callable that is moved, never copied, so that a callback may own what it works on (a stream, a buffer). Small
// callables live inside the object: the simulator makes several of these for each request.

#include <cassert>
#include <cstddef>
#include <functional>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace meshtwin {

template <typename Signature>
class Function;

template <typename R, typename... Args>
class Function<R(Args...)> {
 public:
  Function() = default;
  Function(std::nullptr_t) {}

  template <typename F, typename = std::enable_if_t<!std::is_same_v<std::decay_t<F>, Function> &&
                                                    std::is_invocable_r_v<R, std::decay_t<F>&, Args...>>>
  Function(F&& f) {
    using Held = std::decay_t<F>;
    if constexpr (fits<Held>) {
      new (&storage_) Held(std::forward<F>(f));
      operations_ = &kInline<Held>;
    } else {
      new (&storage_) Held*(new Held(std::forward<F>(f)));
      operations_ = &kHeap<Held>;
    }
  }

  Function(Function&& other) noexcept { take(other); }
  Function& operator=(Function&& other) noexcept {
    if (this != &other) {
      reset();
      take(other);
    }
    return *this;
  }
  ~Function() { reset(); }

  explicit operator bool() const { return operations_ != nullptr; }

  R operator()(Args... args) {
    assert(operations_ != nullptr);
    return operations_->call(&storage_, std::forward<Args>(args)...);
  }

 private:
  static constexpr std::size_t kCapacity = 48;

  struct Operations {
    R (*call)(void*, Args&&...);
    void (*move)(void* to, void* from);
    void (*destroy)(void*);
  };

  template <typename Held>
  static constexpr bool fits = sizeof(Held) <= kCapacity &&
                               alignof(Held) <= alignof(std::max_align_t) && std::is_nothrow_move_constructible_v<Held>;

  template <typename Held>
  static constexpr Operations kInline = {
      [](void* at, Args&&... args) -> R { return std::invoke(*static_cast<Held*>(at), std::forward<Args>(args)...); },
      [](void* to, void* from) {
        new (to) Held(std::move(*static_cast<Held*>(from)));
        static_cast<Held*>(from)->~Held();
      },
      [](void* at) { static_cast<Held*>(at)->~Held(); }};

  template <typename Held>
  static constexpr Operations kHeap = {
      [](void* at, Args&&... args) -> R { return std::invoke(**static_cast<Held**>(at), std::forward<Args>(args)...); },
      [](void* to, void* from) { new (to) Held*(*static_cast<Held**>(from)); },
      [](void* at) { delete *static_cast<Held**>(at); }};

  void reset() {
    if (operations_ != nullptr) std::exchange(operations_, nullptr)->destroy(&storage_);
  }
  void take(Function& other) {
    operations_ = std::exchange(other.operations_, nullptr);
    if (operations_ != nullptr) operations_->move(&storage_, &other.storage_);
  }

  alignas(std::max_align_t) std::byte storage_[kCapacity];
  const Operations* operations_ = nullptr;
};

using Callback = Function<void()>;

}  // namespace meshtwin
