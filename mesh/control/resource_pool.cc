#include "mesh/control/resource_pool.h"

#include <utility>

#include "mesh/control/xds_codec.h"

namespace meshtwin {

XdsResourcePtr ResourcePool::shared(XdsBody body) {
  XdsResourcePtr made = make_resource(std::move(body), keep_encoding_);
  auto& same_name = known_[std::to_string(made->body.index()) + made->name];
  std::erase_if(same_name, [](const auto& resource) { return resource.expired(); });
  for (const auto& known : same_name) {
    XdsResourcePtr resource = known.lock();
    if (resource->version == made->version) return resource;
  }
  same_name.push_back(made);
  return made;
}

}  // namespace meshtwin
