#pragma once

// Echoes over the emulator's own sockets and event loop: a server process answers every message with one as long, a
// client process sends on one connection (ping-pong: every message wakes a sleeper) or on many at once (a burst: hardly
// any does).

#include <cstddef>
#include <vector>

#include "emu/calibrate/measurements.h"
#include "mesh/base/socket_address.h"

namespace meshtwin {

// From where to where: namespaces, where to listen, what to dial.
struct Way {
  int client_netns = -1;
  int server_netns = -1;
  SocketAddress listen;
  SocketAddress dial;
  bool bypass_capture = false;
};

struct EchoOptions {
  std::size_t bytes = 1;
  int connections = 1;
  int blocks = 30;
  Duration block = 8 * kMillisecond;  // about
};

EchoFigures measure_echo(const Way& way, const EchoOptions& options);
WayFigures measure_way(const Way& way, double effort);

}  // namespace meshtwin
