#pragma once

// Tells a member function, after a callback it made, whether its object is still there. Owners of connections may
// destroy them from any callback; a Watch on the stack costs two words and no allocation.

namespace meshtwin {

class Lifetime {
 public:
  Lifetime() = default;
  Lifetime(const Lifetime&) = delete;
  Lifetime& operator=(const Lifetime&) = delete;
  ~Lifetime() {
    if (gone_ != nullptr) *gone_ = true;
  }

 private:
  friend class Watch;
  bool* gone_ = nullptr;
};

// The compiler takes the pointer to the Watch for one that outlives it; the destructor takes it back.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdangling-pointer"
#endif

class Watch {
 public:
  explicit Watch(Lifetime& lifetime) : lifetime_(lifetime), outer_(lifetime.gone_) { lifetime.gone_ = &gone_; }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() {
    if (!gone_) {
      lifetime_.gone_ = outer_;
    } else if (outer_ != nullptr) {
      *outer_ = true;
    }
  }

  bool gone() const { return gone_; }

 private:
  Lifetime& lifetime_;
  bool* outer_;
  bool gone_ = false;
};

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

}  // namespace meshtwin
