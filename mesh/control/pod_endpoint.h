#pragma once

// A pod as an endpoint of its service, as the control plane knows it.

#include <cstdint>
#include <string>

#include "mesh/resource/locality.h"
#include "mesh/resource/object_meta.h"
#include "mesh/traffic/config.h"

namespace meshtwin {

struct PodEndpoint {
  std::uint32_t ip = 0;
  Locality locality;
  bool ready = true;
  EndpointTransport transport = EndpointTransport::plain;
  std::string workload = {};  // EndpointConfig::workload
  std::string node = {};
  const Labels* labels = nullptr;  // none; borrowed of its declaration
  std::uint16_t port = 0;          // 0: that which all have
  std::uint32_t weight = 1;
};

}  // namespace meshtwin
