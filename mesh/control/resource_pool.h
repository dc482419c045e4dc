#pragma once

// Resources of equal content are one object, whoever was to be told of them and in whichever version: what proxies of
// different kinds, places or versions share is encoded, kept and compared once.

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "mesh/control/xds_messages.h"

namespace meshtwin {

class ResourcePool {
 public:
  explicit ResourcePool(bool keep_encoding) : keep_encoding_(keep_encoding) {}

  template <typename Config>
  XdsResourcePtr make(Config config) {
    return shared(std::make_shared<const Config>(std::move(config)));
  }

 private:
  XdsResourcePtr shared(XdsBody body);

  const bool keep_encoding_;
  // By kind and name; those that nobody holds any more are dropped when another of that name is made.
  std::unordered_map<std::string, std::vector<std::weak_ptr<const XdsResource>>> known_;
};

}  // namespace meshtwin
