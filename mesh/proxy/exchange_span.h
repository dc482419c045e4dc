#pragma once

// A proxy's span of one sampled request: what it notes while the request passes, and writes down when it is over. The
// proxy goes on as the sender: the request leaves with this span's id, so that whoever gets it has it for its parent. A
// request that comes without a trace begins one here. One that is not sampled has no such object, and costs a glance at
// its headers.

#include <memory>

#include "mesh/proxy/proxy_context.h"
#include "mesh/wire/http_message.h"
#include "mesh/wire/http_pool.h"

namespace meshtwin {

class ExchangeSpan {
 public:
  // Null: not sampled. `inbound`: the request goes to the proxy's own application.
  static std::unique_ptr<ExchangeSpan> begin(ProxyContext& context, bool inbound, Time begun, RequestHead& head);

  void on_try(Time now, std::uint32_t pod);
  void on_connection(Time now, const HttpPool& pool);
  void on_sent(Time now) {
    record_.sent = now;
    sent_ = true;
  }
  void on_try_over(Time now, std::uint16_t status, Failure failure);
  void on_own_answer(std::uint16_t status) { record_.status = status; }
  void on_client_gone() { record_.failure = Failure::reset; }
  void end(Recorder& recorder, Time now);

 private:
  ExchangeSpan() = default;

  SpanRecord record_;
  bool inbound_ = false;
  Time first_try_ = 0;
  Time try_begun_ = 0;
  bool trying_ = false;
  bool sent_ = false;  // the try under way
};

}  // namespace meshtwin
