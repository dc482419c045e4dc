#pragma once

// The balancers that need no hash of the request: which host of one list comes next. Round robin goes through the list;
// least request takes the less busy of two hosts drawn at random; random draws one. Where weights differ, and while a
// host is new and slow start is on, the first two go by earliest deadline instead, least request with weights divided
// by the requests under way. (Ring hash and Maglev: hash_picker.h.)

#include <cstdint>
#include <span>

#include "mesh/base/random.h"
#include "mesh/base/time.h"
#include "mesh/traffic/config.h"
#include "mesh/traffic/host_table.h"
#include "mesh/traffic/host_view.h"
#include "mesh/traffic/slow_start.h"

namespace meshtwin {

// What the balancers know of hosts, by position.
struct HostFacts {
  std::span<const IndexedHost> hosts;
  const HostTable& table;  // those with requests under way
  const SlowStart& slow_start;
  Time now;
};

// The position of the host chosen from `view`, which is not empty.
std::uint32_t balance(const ClusterConfig& config, HostView& view, const HostFacts& facts, RandomStream& random);

}  // namespace meshtwin
