#pragma once

// The processes a measurement is made of: forked, put into a network namespace, killed with whoever made them. And how
// much processor time one of them has used so far, and how often it has slept, as anyone may ask the kernel.

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <new>
#include <string>
#include <type_traits>

#include "emu/link/fd.h"
#include "mesh/base/time.h"

namespace meshtwin {

struct Usage {
  std::int64_t cpu = 0;     // nanoseconds
  std::int64_t sleeps = 0;  // voluntary switches
};
Usage usage_of(pid_t process);  // 0: this one
Duration thread_cpu_now();

// Where a measured process may run. Two that wake each other are kept apart, each on a core of its own: left to itself
// the scheduler moves them together and apart, and a wake-up on the waker's own core is several times cheaper than one
// on an idle core, which is what the model means by it. With one core only, both are on it.
enum class Core { anywhere, first_core, second_core };

class MeasuredProcess {
 public:
  // `body` gets the writing end of a pipe: whatever it reports is read by `read`. netns -1: the current namespace.
  MeasuredProcess(int netns, const std::function<void(const Fd& report)>& body, Core place = Core::anywhere);
  MeasuredProcess(const MeasuredProcess&) = delete;
  MeasuredProcess& operator=(const MeasuredProcess&) = delete;
  ~MeasuredProcess();

  pid_t pid() const { return pid_; }
  void read(void* into, std::size_t size);  // waits; throws when the process ended without having said as much
  template <typename T>
  T read() {
    T value;
    read(&value, sizeof value);
    return value;
  }

 private:
  Fd report_;
  pid_t pid_ = -1;
};

void report_bytes(const Fd& report, const void* from, std::size_t size);
template <typename T>
void report_value(const Fd& report, const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  report_bytes(report, &value, sizeof value);
}

// Memory that processes forked later share with this one.
void* map_shared(std::size_t size);
void unmap_shared(void* at, std::size_t size);

template <typename T>
class SharedValue {
 public:
  SharedValue() : value_(new (map_shared(sizeof(T))) T()) {}
  SharedValue(const SharedValue&) = delete;
  SharedValue& operator=(const SharedValue&) = delete;
  ~SharedValue() { unmap_shared(value_, sizeof(T)); }
  T& operator*() const { return *value_; }
  T* operator->() const { return value_; }

 private:
  T* value_;
};

}  // namespace meshtwin
