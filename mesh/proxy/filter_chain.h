#pragma once

// One request on its way through a proxy that has HTTP filters: they stand between its connection and the router, which
// is last. A proxy without filters gives its exchanges to the router directly and pays nothing for this.

#include <memory>
#include <optional>
#include <vector>

#include "mesh/proxy/filter_way.h"
#include "mesh/proxy/http_filter.h"
#include "mesh/proxy/router_exchange.h"
#include "mesh/wire/http_codec.h"

namespace meshtwin {

class FilteredExchange;

class FilteredExchangeOwner {
 public:
  virtual void on_done(FilteredExchange& exchange) = 0;  // destroys it

 protected:
  ~FilteredExchangeOwner() = default;
};

class FilteredExchange final : public RequestReceiver,
                               private ServerExchange,
                               private FilterControl,
                               private RouterExchangeOwner,
                               private FilterWayUser<RequestHead>,
                               private FilterWayUser<ResponseHead> {
 public:
  // Which filters there are, in this order; null: none. What is not owned outlives the exchange.
  struct Filters {
    const HttpFilterMaker* first = nullptr;
    const HttpFilterMaker* second = nullptr;
    const HttpFilterMakers* of_connection = nullptr;
    std::shared_ptr<const HttpFilterMakers> of_listener = nullptr;

    bool any() const {
      return first != nullptr || second != nullptr || of_connection != nullptr || of_listener != nullptr;
    }
  };

  FilteredExchange(const RouterParts& parts, FilteredExchangeOwner& owner, ServerExchange& downstream, Filters filters);

  std::size_t slot = 0;

 private:
  // From the connection.
  void on_head(std::unique_ptr<RequestHead> head, Buffer& data, bool end) override;
  void on_data(Buffer& data, bool end) override;
  void on_trailers(std::unique_ptr<Headers> trailers) override;
  void on_reset(ResetReason reason) override;
  void on_room() override;
  // From the router.
  void send_head(std::unique_ptr<ResponseHead> head, Buffer& data, bool end) override;
  void send_data(Buffer& data, bool end) override;
  void send_trailers(std::unique_ptr<Headers> trailers) override;
  bool blocked() const override { return response_.paused() || downstream_.blocked(); }
  void pause() override;
  void resume() override;
  void reset() override;
  void on_done(RouterExchange& router) override;
  // From filters.
  void resume_request() override;
  void resume_response() override;
  void answer(std::unique_ptr<ResponseHead> head, Buffer body, std::string_view flag,
              std::string_view details) override;
  const ConnectionFacts& connection() const override { return connection_; }
  const ExchangeFacts& facts() const override { return facts_; }
  // From the two ways.
  std::size_t filter_count() const override { return filters_.size(); }
  FilterStep filter_head(std::size_t place, RequestHead& head, bool end) override;
  FilterStep filter_data(std::size_t place, const RequestHead*, Buffer& data, bool end) override;
  FilterStep filter_trailers(std::size_t place, const RequestHead*, Headers& trailers) override;
  void pass_head(std::unique_ptr<RequestHead> head, Buffer& data, bool end) override;
  void pass_data(const RequestHead*, Buffer& data, bool end) override;
  void pass_trailers(const RequestHead*, std::unique_ptr<Headers> trailers) override;
  FilterStep filter_head(std::size_t place, ResponseHead& head, bool end) override;
  FilterStep filter_data(std::size_t place, const ResponseHead*, Buffer& data, bool end) override;
  FilterStep filter_trailers(std::size_t place, const ResponseHead*, Headers& trailers) override;
  void pass_head(std::unique_ptr<ResponseHead> head, Buffer& data, bool end) override;
  void pass_data(const ResponseHead*, Buffer& data, bool end) override;
  void pass_trailers(const ResponseHead*, std::unique_ptr<Headers> trailers) override;

  HttpFilter& last(std::size_t place) { return *filters_[filters_.size() - 1 - place]; }
  RequestReceiver& router() { return *router_; }
  void begin_span(RequestHead& head);
  void count(const ResponseHead& head, std::size_t body);
  void regulate();
  void finish(bool complete);
  void finish_if_passed();

  FilteredExchangeOwner& owner_;
  ServerExchange& downstream_;
  const ConnectionFacts& connection_;
  ProxyContext& context_;
  const bool inbound_;  // its requests go to the proxy's own application
  ExchangeFacts facts_;
  RequestMeter meter_;                                      // of what a filter answers: the router has not seen it
  const std::shared_ptr<const HttpFilterMakers> listener_;  // null: its listener has no filters
  std::unique_ptr<ExchangeSpan> span_;                      // null: the request is not sampled
  std::optional<RouterExchange> router_;                    // until it is done
  FilterWay<RequestHead> request_{*this};
  FilterWay<ResponseHead> response_{*this};
  bool router_pauses_ = false;
  bool reading_paused_ = false;
  bool leaving_ = false;  // the client is gone
  std::vector<std::unique_ptr<HttpFilter>> filters_;
  Lifetime lifetime_;
};

}  // namespace meshtwin
