#pragma once

// What a world says of itself when a run is over: processor time and memory by role, what its links did, whether it was
// fit to be measured.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "mesh/base/time.h"

namespace meshtwin {

struct RoleUsage {
  std::string kind;               // kind_of its configuration
  Duration cpu = 0;               // processor time between the run's time zero and its end
  std::int64_t memory_peak = -1;  // bytes resident; -1: not known (the simulator does not model memory)
};

// One direction of a link: what was asked for, and what its packets got.
struct LinkQuality {
  std::string name;           // "az-a>az-b"
  Duration delay_wanted = 0;  // one way, without jitter
  Duration delay_p50 = 0;     // as measured
  Duration delay_p99 = 0;
  Duration lateness_p50 = 0;  // of each release against its due instant
  Duration lateness_p99 = 0;
  std::uint64_t packets = 0;
  std::uint64_t lost = 0;
};

// What went from socket to socket round TCP (Plan::accelerate), on one kind of path.
struct ShortcutUsage {
  std::uint64_t redirected_messages = 0;
  std::uint64_t redirected_bytes = 0;
  std::uint64_t passed_messages = 0;  // on connections that the shortcut could have taken, by TCP
  std::uint64_t passed_bytes = 0;
  std::uint64_t fallen_back = 0;  // directions of connections that were left to TCP for good

  friend bool operator==(const ShortcutUsage&, const ShortcutUsage&) = default;
};

struct RunReport {
  std::vector<std::string> invalid_reasons;  // empty: the run is valid
  std::vector<std::string> warnings;         // what the run did without, although the scenario asks for it
  std::map<std::string, RoleUsage> roles;    // by role name
  std::vector<LinkQuality> links;
  // TCP segments with data, sent for the first time, in all pods and not of the control plane's connections, between
  // time zero and the end. Two are a request's one way through a kernel and its answer's way back. -1: not known.
  std::int64_t data_segments = -1;
  // "in_pod": between a pod's own sockets; "on_node": between pods of one node. Empty: not accelerated.
  std::map<std::string, ShortcutUsage> shortcuts;
  double utilisation = 0;    // of all cores, 0..1, between time zero and the end
  double steal = 0;          // emulator: share of the time taken by other machines
  std::uint64_t events = 0;  // simulator: events executed
  Duration wall = 0;         // wall time of the run
};

}  // namespace meshtwin
