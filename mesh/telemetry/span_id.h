#pragma once

// The id of a role's own span in a request: of the span that the request came from, who this is, and which try it is of
// whoever sent it. Derived, never drawn, so that both worlds give the same span the same id.

#include <cstdint>

#include "mesh/base/random.h"
#include "mesh/telemetry/record.h"

namespace meshtwin {

inline std::uint64_t span_id_of(std::uint64_t parent, SpanKind kind, std::uint32_t pod, std::uint64_t attempt) {
  const std::uint64_t who = static_cast<std::uint64_t>(kind) << 32 | pod;
  const std::uint64_t id = hash_mix(hash_mix(parent, who + 1), attempt);
  return id != 0 ? id : 1;  // 0 is none
}

}  // namespace meshtwin
