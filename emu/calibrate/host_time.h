#pragma once

// How busy the whole host has been, by its own count: what the measured processes did not use was somebody else's, and
// somebody else's work takes caches and cores from what is measured.

namespace meshtwin {

// Nanoseconds over all cores since the host began; between two moments: a difference.
struct HostTime {
  double busy = 0;  // time stolen by other machines included
  double idle = 0;

  HostTime operator-(const HostTime& before) const { return {busy - before.busy, idle - before.idle}; }
  // The share that was neither idle nor the measured processes'.
  double others(double own) const { return busy + idle > 0 && busy > own ? (busy - own) / (busy + idle) : 0; }
};
HostTime host_time();

}  // namespace meshtwin
