#pragma once

// How busy the host's cores are, from /proc/stat: a run on a host that is too busy measures the host. The kernel
// charges whole ticks, and on a machine whose tick stops while it idles it misses most of what runs for less than one;
// what the run's own processes say they have used is exact, so the larger of the two counts.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/base/time.h"

namespace meshtwin {

struct HostTimes {  // of all cores together, in clock ticks since boot
  std::uint64_t total = 0;
  std::uint64_t idle = 0;   // with waiting for disks
  std::uint64_t steal = 0;  // taken by other machines on the same hardware
};

struct HostLoad {
  double utilisation = 0;  // 0..1, with steal
  double steal = 0;        // 0..1
};

inline constexpr double kUtilisationLimit = 0.70;
inline constexpr double kStealLimit = 0.02;

HostTimes parse_host_times(std::string_view proc_stat);  // throws std::runtime_error when it has no such line
HostTimes read_host_times();
HostLoad load_between(const HostTimes& before, const HostTimes& after);
// Not below what processes are known to have used, in `wall` on so many cores.
HostLoad at_least(HostLoad load, Duration used, Duration wall, unsigned cores);
std::vector<std::string> invalid_reasons(const HostLoad& load);

}  // namespace meshtwin
