#pragma once

// Requests to the kernel's routing netlink: a message is built field by field (`put`, nested attributes with `begin`
// and `end`), sent, and its acknowledgement awaited.

#include <linux/netlink.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "emu/link/fd.h"

namespace meshtwin {

class NetlinkRequest {
 public:
  NetlinkRequest(std::uint16_t type, std::uint16_t flags);

  template <typename T>
  void put(const T& plain) {
    append(&plain, sizeof plain);
  }
  void attribute(std::uint16_t type, const void* data, std::size_t size);
  template <typename T>
  void attribute(std::uint16_t type, const T& plain) {
    attribute(type, &plain, sizeof plain);
  }
  void text(std::uint16_t type, std::string_view text);  // with its terminating zero
  std::size_t begin(std::uint16_t type);                 // a nested attribute; returns what `end` needs
  void end(std::size_t begun);

  // Throws std::system_error with what was attempted.
  void execute(const std::string& attempted);

 private:
  void append(const void* data, std::size_t size);

  std::string bytes_;
};

}  // namespace meshtwin
