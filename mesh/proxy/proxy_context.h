#pragma once

// What the parts of a proxy share of the world it runs in.

#include <cstdint>
#include <map>
#include <string>

#include "mesh/base/random.h"
#include "mesh/runtime/runtime.h"
#include "mesh/telemetry/record.h"
#include "mesh/wire/http_codec.h"

namespace meshtwin {

class Network;

inline constexpr std::uint32_t kNoPod = 0xffffffff;

struct ProxyContext {
  Runtime& runtime;
  Network& network;
  Recorder& recorder;
  const HttpCodec& codec;
  std::uint32_t pod = 0;
  const std::map<std::uint32_t, std::uint32_t>& pod_of_ip;
  std::string node_id;
  RandomStream retry_random;
  RandomStream request_id_random;
};

}  // namespace meshtwin
