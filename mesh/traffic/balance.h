#pragma once

// The balancers that need no hash of the request: which host of one list comes next. Round robin goes through the list;
// least request takes the less busy of two hosts drawn at random; random draws one. Where weights differ, the first two
// go by earliest deadline instead, least request with weights divided by the requests under way. (Ring hash and Maglev:
// hash_picker.h.)

#include <cstdint>
#include <span>

#include "mesh/base/random.h"
#include "mesh/traffic/config.h"
#include "mesh/traffic/host_table.h"
#include "mesh/traffic/host_view.h"

namespace meshtwin {

// The position of the host chosen from `view`, which is not empty. `table` knows the hosts with requests under way.
std::uint32_t balance(LbPolicy policy, HostView& view, std::span<const IndexedHost> hosts, const HostTable& table,
                      RandomStream& random);

}  // namespace meshtwin
