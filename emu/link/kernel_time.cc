#include "emu/link/kernel_time.h"

#include <sys/socket.h>
#include <time.h>

#include <cstring>

namespace meshtwin {
namespace {

Time clock_now(clockid_t clock) {
  timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * kSecond + t.tv_nsec;
}

}  // namespace

Time monotonic_now() {
  return clock_now(CLOCK_MONOTONIC);
}

Duration real_time_offset() {
  const Time before = clock_now(CLOCK_MONOTONIC);
  const Time real = clock_now(CLOCK_REALTIME);
  return real - (before + clock_now(CLOCK_MONOTONIC)) / 2;
}

Time arrival_instant(msghdr& message, Time now, Duration offset) {
  constexpr Duration kPlausible = 10 * kSecond;
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_TIMESTAMPNS) continue;
    timespec t;
    std::memcpy(&t, CMSG_DATA(c), sizeof t);
    const Time at = t.tv_sec * kSecond + t.tv_nsec - offset;
    if (at <= now && at > now - kPlausible) return at;
  }
  return now;
}

}  // namespace meshtwin
