#pragma once

// What of a request the balancers that hash go by, as the route's policies say: the first that finds something counts.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mesh/proxy/http_filter.h"
#include "mesh/traffic/config.h"
#include "mesh/wire/http_message.h"

namespace meshtwin {

struct RequestHash {
  std::optional<std::uint64_t> value;
  std::string set_cookie;  // for the answer, where the cookie was missing and is made; empty: none
};
RequestHash hash_of(const std::vector<HashPolicy>& policies, const RequestHead& head,
                    const ConnectionFacts& connection);

}  // namespace meshtwin
