#pragma once

// The other side of the link process's control socket: what the emulator calls to add, shape, cut and restore links.
// Each call sends one command and waits for its reply (tens of microseconds; std::runtime_error after five seconds or
// when the process refuses or is gone).

#include <cstddef>
#include <string>
#include <utility>

#include "emu/link/fd.h"
#include "emu/link/link_control.h"

namespace meshtwin {

// A connected pair for the control socket: one for the client, one for the process. Both are close-on-exec.
std::pair<Fd, Fd> link_control_pair();

class LinkClient {
 public:
  explicit LinkClient(Fd control) : control_(std::move(control)) {}

  // The process gets its own copies of the ends; the caller may close its own afterwards. Returns the link's number.
  std::size_t add(const std::string& zone_a, const Fd& end_a, const std::string& zone_b, const Fd& end_b,
                  const LinkShape& shape);
  void shape(std::size_t link, const LinkShape& shape);
  void cut(std::size_t link);
  void restore(std::size_t link);
  void begin();
  LinkReport report();

 private:
  LinkReply call(const LinkCommand& command, const int* fds, std::size_t fd_count);

  Fd control_;
  std::size_t links_ = 0;
};

}  // namespace meshtwin
