#pragma once

// A file descriptor that is closed when its owner goes, and the two ways its system calls fail loudly: with what was
// attempted, and on what.

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace meshtwin {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~Fd() { reset(); }

  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  void reset();
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

[[noreturn]] inline void throw_errno(const std::string& attempted) {
  throw std::system_error(errno, std::generic_category(), attempted);
}

// Passes on what a system call returned, or throws with what was attempted.
template <typename T>
T checked(T result, const std::string& attempted) {
  if (result < 0) throw_errno(attempted);
  return result;
}

}  // namespace meshtwin
