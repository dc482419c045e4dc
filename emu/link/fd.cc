#include "emu/link/fd.h"

#include <unistd.h>

#include <cstdio>

namespace meshtwin {

void Fd::reset() {
  if (fd_ >= 0 && ::close(fd_) != 0 && errno != EINTR) std::perror("close");
  fd_ = -1;
}

}  // namespace meshtwin
