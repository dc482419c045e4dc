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
};

}  // namespace meshtwin
