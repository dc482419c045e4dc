#pragma once

// One request on its way through a proxy: its route, what stands before the route's cluster (CORS, faults), the tries
// at upstream hosts, the answer. Both messages stream; a side that cannot keep up pauses the other. Until an answer has
// begun, the request is kept (its body up to a limit), so that a failed try can be followed by another, as the route's
// retry policy says. What the proxy answers itself carries Envoy's response flags in `x-meshtwin-flags`: NR no route,
// NC no such cluster, UH no healthy upstream, UF connect failure, UC upstream reset, UO overflow, UT timeout, UPE
// upstream protocol error, with URX when the retries were used up; DI delay injected, FI abort injected.
//
// router_exchange.cc: the request and the proxy's own answers; router_tries.cc: the tries and the upstream's answer.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mesh/proxy/cors.h"
#include "mesh/proxy/exchange_span.h"
#include "mesh/proxy/http_filter.h"
#include "mesh/proxy/mirrors.h"
#include "mesh/proxy/proxy_context.h"
#include "mesh/proxy/request_hash.h"
#include "mesh/proxy/request_meter.h"
#include "mesh/proxy/route_source.h"
#include "mesh/proxy/upstream.h"
#include "mesh/traffic/retry.h"

namespace meshtwin {

inline constexpr std::string_view kResponseFlags = "x-meshtwin-flags";
// Whom the certificates on a request's way were for; what a client says itself is not believed.
inline constexpr std::string_view kForwardedClientCert = "x-forwarded-client-cert";

class RouterExchange;

class RouterExchangeOwner {
 public:
  virtual void on_done(RouterExchange& exchange) = 0;  // destroys it

 protected:
  ~RouterExchangeOwner() = default;
};

// What a router works with; all of it outlives the exchange.
struct RouterParts {
  ProxyContext& context;
  RouteSource& routes;
  Mirrors& mirrors;
  const ConnectionFacts& connection;
};

class RouterExchange final : public RequestReceiver {
 public:
  // `facts`: filled in for the filters before it; null: there are none. `filtered`: among them those of the connection,
  // which have seen to what a client may not say; otherwise it does that itself.
  RouterExchange(const RouterParts& parts, RouterExchangeOwner& owner, ServerExchange& downstream,
                 ExchangeFacts* facts = nullptr, bool filtered = false);
  ~RouterExchange();

  std::size_t slot = 0;

 private:
  // The try under way.
  class Attempt final : public PoolWaiter, public ResponseReceiver {
   public:
    explicit Attempt(RouterExchange& router) : router_(router) {}
    void on_connection(ClientConnection& connection, SocketAddress) override;
    void on_pool_failure(PoolFailure failure, SocketAddress) override { router_.on_pool_failure(failure); }
    void on_head(std::unique_ptr<ResponseHead> head, Buffer& data, bool end) override;
    void on_data(Buffer& data, bool end) override { router_.on_response_data(data, end); }
    void on_trailers(std::unique_ptr<Headers> trailers) override { router_.on_response_trailers(std::move(trailers)); }
    void on_reset(ResetReason reason) override { router_.on_upstream_reset(reason); }
    void on_room() override { router_.downstream_.resume(); }

    UpstreamCluster::Host* host = nullptr;  // null: no try under way
    ClientExchange* exchange = nullptr;
    Upstream::HostPool* pool = nullptr;  // of the host
    std::uint32_t pod = kNoPod;
    std::uint16_t status = 0;
    Time begun = 0;

   private:
    RouterExchange& router_;
  };

  void on_head(std::unique_ptr<RequestHead> head, Buffer& data, bool end) override;
  void on_data(Buffer& data, bool end) override;
  void on_trailers(std::unique_ptr<Headers> trailers) override;
  void on_reset(ResetReason reason) override;
  void on_room() override;

  const RouteConfigEntry& route() const { return decision_.route->config(); }
  const RetryPolicy& retry() const { return route().retry; }

  // The request.
  void begin_span();
  void pass_route_filters();
  void send_on();  // as the route says, when nothing stands before it any more
  void prepare_request();
  void on_request_ended();
  void start_timeout();
  void mirror();

  // The tries.
  void start_attempt();
  void send_request();
  void start_try_timeout();
  void on_try_timeout();
  void on_pool_failure(PoolFailure failure);
  void on_response_head(std::unique_ptr<ResponseHead> head, Buffer& data, bool end);
  void on_response_data(Buffer& data, bool end);
  void on_response_trailers(std::unique_ptr<Headers> trailers);
  bool end_response();
  void on_passed(bool over);
  void on_upstream_reset(ResetReason reason);
  void on_timeout();
  void end_attempt(Failure failure, std::optional<UpstreamOutcome> outcome);
  void abandon_attempt(Failure failure, std::optional<UpstreamOutcome> outcome);
  void cancel_attempt();
  void release_attempt(std::optional<UpstreamOutcome> outcome);
  bool may_try_again() const;  // as the route has it
  bool can_retry();
  bool retry_after(TryFailure failure);        // true: another try is under way
  bool retry_after(const ResponseHead& head);  // true: it may be tried again
  void schedule_retry();

  // The proxy's own answers, and the end.
  void add_flag(std::string_view flag);
  void answer(std::unique_ptr<ResponseHead> head, std::string_view body, std::string_view details);
  void reply(std::uint16_t status, std::string_view flag, std::string_view details = {});
  void reply_redirect();
  void finish(std::string_view flag);  // the last thing done

  ProxyContext& context_;
  RouterExchangeOwner& owner_;
  RouteSource& routes_;
  Mirrors& mirrors_;
  ServerExchange& downstream_;
  const ConnectionFacts& connection_;
  RequestMeter meter_;
  RouteDraws draws_;
  RouteDecision decision_;
  std::shared_ptr<Upstream> upstream_;  // from when the request counts among its active ones
  CorsExchange cors_;
  RequestHash hash_;
  std::unique_ptr<MirrorPlan> mirrors_planned_;  // null: none, or they have been sent
  std::unique_ptr<RequestHead> head_;            // kept while another try may need it
  Buffer body_;                                  // likewise; and what came before there was a connection
  std::unique_ptr<Headers> trailers_;            // likewise
  ExchangeFacts* const facts_;
  const bool filtered_;
  bool request_ended_ = false;
  bool response_ended_ = false;
  bool is_connect_ = false;
  bool is_tunnel_ = false;  // ends when both directions have
  bool keeps_request_ = false;
  bool response_begun_ = false;
  bool retries_used_up_ = false;
  bool counts_as_retry_ = false;  // among the upstream's active retries
  std::uint32_t attempts_ = 0;
  std::vector<SocketAddress> tried_;
  std::string flags_;  // Envoy's response flags, so far
  Timer wait_;         // an injected delay; before a retry
  Timer timeout_;
  Timer try_timeout_;
  std::unique_ptr<ExchangeSpan> own_span_;  // where there are no filters
  ExchangeSpan* span_ = nullptr;            // null: not sampled
  Attempt attempt_{*this};
};

}  // namespace meshtwin
