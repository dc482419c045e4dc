#pragma once

// A route's rules for requests from pages of other origins: what a preflight is answered, and what an answer to such a
// request says besides.

#include <memory>
#include <string>

#include "mesh/resource/virtual_service.h"
#include "mesh/wire/http_message.h"

namespace meshtwin {

class CorsExchange {
 public:
  // The answer to a preflight; null: the request goes on.
  std::unique_ptr<ResponseHead> take(const CorsRules& rules, const RequestHead& head);
  void add_to(ResponseHead& head) const;

 private:
  const CorsRules* rules_ = nullptr;
  std::string origin_;  // one that is allowed; empty: none
};

}  // namespace meshtwin
