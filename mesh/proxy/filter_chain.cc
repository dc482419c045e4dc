#include "mesh/proxy/filter_chain.h"

#include <utility>

#include "mesh/proxy/mesh_metrics.h"
#include "mesh/runtime/clock.h"

namespace meshtwin {

FilteredExchange::FilteredExchange(const RouterParts& parts, FilteredExchangeOwner& owner, ServerExchange& downstream,
                                   Filters filters)
    : owner_(owner),
      downstream_(downstream),
      connection_(parts.connection),
      context_(parts.context),
      inbound_(!parts.routes.records_attempts()),
      meter_(parts.connection),
      listener_(std::move(filters.of_listener)) {
  RouterExchangeOwner& owner_of_router = *this;
  ServerExchange& downstream_of_router = *this;
  router_.emplace(parts, owner_of_router, downstream_of_router, &facts_, filters.of_connection != nullptr);
  for (const HttpFilterMaker* own : {filters.first, filters.second}) {
    if (own != nullptr) filters_.push_back(own->make(*this));
  }
  for (const HttpFilterMakers* makers : {filters.of_connection, listener_.get()}) {
    if (makers == nullptr) continue;
    for (const std::unique_ptr<HttpFilterMaker>& maker : *makers) filters_.push_back(maker->make(*this));
  }
}

void FilteredExchange::on_head(std::unique_ptr<RequestHead> head, Buffer& data, bool end) {
  if (context_.tracing.has_value()) begin_span(*head);
  if (meter_.counts()) meter_.begin(*head, context_.runtime.clock.now());
  Watch watch(lifetime_);
  request_.take_head(std::move(head), data, end);
  if (!watch.gone()) regulate();
}

// Here and not in the router: the filters' time is the proxy's own, and what they answer themselves has a span too.
void FilteredExchange::begin_span(RequestHead& head) {
  span_ = ExchangeSpan::begin(context_, inbound_, context_.runtime.clock.now(), head);
  facts_.span = span_.get();
}

void FilteredExchange::on_data(Buffer& data, bool end) {
  Watch watch(lifetime_);
  request_.take_data(data, end);
  if (!watch.gone()) regulate();
}

void FilteredExchange::on_trailers(std::unique_ptr<Headers> trailers) {
  request_.take_trailers(std::move(trailers));
}

void FilteredExchange::on_reset(ResetReason reason) {
  facts_.response_flags = reason == ResetReason::idle ? "SI" : "DC";
  facts_.details = reason == ResetReason::idle ? "stream_idle_timeout" : "downstream_remote_disconnect";
  if (span_ != nullptr) span_->on_client_gone();
  if (router_.has_value()) {
    leaving_ = true;
    router().on_reset(reason);  // says that it is done
  }
  finish(false);
}

void FilteredExchange::on_room() {
  if (!response_.paused() && router_.has_value()) router().on_room();
}

void FilteredExchange::send_head(std::unique_ptr<ResponseHead> head, Buffer& data, bool end) {
  response_.take_head(std::move(head), data, end);
}

void FilteredExchange::send_data(Buffer& data, bool end) {
  response_.take_data(data, end);
}

void FilteredExchange::send_trailers(std::unique_ptr<Headers> trailers) {
  response_.take_trailers(std::move(trailers));
}

void FilteredExchange::pause() {
  router_pauses_ = true;
  regulate();
}

void FilteredExchange::resume() {
  router_pauses_ = false;
  regulate();
}

void FilteredExchange::regulate() {
  const bool pauses = router_pauses_ || request_.paused();
  if (pauses == reading_paused_) return;
  reading_paused_ = pauses;
  pauses ? downstream_.pause() : downstream_.resume();
}

// The router gives up in the midst of an answer, and then says that it is done.
void FilteredExchange::reset() {
  downstream_.reset();
}

void FilteredExchange::on_done(RouterExchange&) {
  router_.reset();
  if (leaving_) return;
  if (response_.begun() && !response_.done() && response_.paused()) return;
  finish(response_.done());
}

void FilteredExchange::resume_request() {
  Watch watch(lifetime_);
  request_.resume();
  if (!watch.gone()) regulate();
}

void FilteredExchange::resume_response() {
  Watch watch(lifetime_);
  response_.resume();
  if (watch.gone() || response_.paused()) return;
  if (!router_.has_value()) {
    finish_if_passed();
  } else if (!downstream_.blocked()) {
    router().on_room();
  }
}

void FilteredExchange::answer(std::unique_ptr<ResponseHead> head, Buffer body, std::string_view flag,
                              std::string_view details) {
  Watch watch(lifetime_);
  router_.reset();
  if (span_ != nullptr) span_->on_own_answer(head->status);
  facts_.details = details;
  if (!flag.empty()) {
    facts_.response_flags = flag;
    head->headers.add(kResponseFlags, flag);
  }
  if (meter_.counts()) count(*head, body.size());
  head->content_length = static_cast<std::int64_t>(body.size());
  response_.take_head(std::move(head), body, true);
  if (!watch.gone()) finish_if_passed();
}

void FilteredExchange::count(const ResponseHead& head, std::size_t body) {
  if (context_.metrics != nullptr) meter_.sent_to(&context_.metrics->unknown());
  meter_.take(head);
  meter_.response_bytes(body);
  meter_.end(context_.runtime.clock.now(), facts_.response_flags);
}

void FilteredExchange::finish_if_passed() {
  if (response_.done()) finish(true);
}

void FilteredExchange::finish(bool complete) {
  for (const std::unique_ptr<HttpFilter>& filter : filters_) filter->on_over(complete);
  if (span_ != nullptr) span_->end(context_.recorder, context_.runtime.clock.now());
  owner_.on_done(*this);
}

FilterStep FilteredExchange::filter_head(std::size_t place, RequestHead& head, bool end) {
  return filters_[place]->on_request_head(head, end);
}
FilterStep FilteredExchange::filter_data(std::size_t place, const RequestHead*, Buffer& data, bool end) {
  return filters_[place]->on_request_data(data, end);
}
FilterStep FilteredExchange::filter_trailers(std::size_t place, const RequestHead*, Headers& trailers) {
  return filters_[place]->on_request_trailers(trailers);
}
void FilteredExchange::pass_head(std::unique_ptr<RequestHead> head, Buffer& data, bool end) {
  if (router_.has_value()) router().on_head(std::move(head), data, end);
}
void FilteredExchange::pass_data(const RequestHead*, Buffer& data, bool end) {
  if (router_.has_value()) router().on_data(data, end);
}
void FilteredExchange::pass_trailers(const RequestHead*, std::unique_ptr<Headers> trailers) {
  if (router_.has_value()) router().on_trailers(std::move(trailers));
}

FilterStep FilteredExchange::filter_head(std::size_t place, ResponseHead& head, bool end) {
  return last(place).on_response_head(head, end);
}
FilterStep FilteredExchange::filter_data(std::size_t place, const ResponseHead*, Buffer& data, bool end) {
  return last(place).on_response_data(data, end);
}
FilterStep FilteredExchange::filter_trailers(std::size_t place, const ResponseHead*, Headers& trailers) {
  return last(place).on_response_trailers(trailers);
}
void FilteredExchange::pass_head(std::unique_ptr<ResponseHead> head, Buffer& data, bool end) {
  downstream_.send_head(std::move(head), data, end);
}
void FilteredExchange::pass_data(const ResponseHead*, Buffer& data, bool end) {
  downstream_.send_data(data, end);
}
void FilteredExchange::pass_trailers(const ResponseHead*, std::unique_ptr<Headers> trailers) {
  downstream_.send_trailers(std::move(trailers));
}

}  // namespace meshtwin
