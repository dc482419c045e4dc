#pragma once

// What a gateway does to the headers of a request from outside, since it may have been sent by anybody: says where it
// came from, and takes away what only the mesh itself may say.

#include "mesh/proxy/http_filter.h"

namespace meshtwin {

class EdgeHeaders final : public HttpFilterMaker {
 public:
  std::unique_ptr<HttpFilter> make(FilterControl& control) const override;
};

}  // namespace meshtwin
