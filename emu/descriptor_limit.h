#pragma once

// A run holds many descriptors: namespaces, channels, connections. The usual soft limit of 1024 is made for select().

#include <sys/resource.h>

namespace meshtwin {

inline void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace meshtwin
