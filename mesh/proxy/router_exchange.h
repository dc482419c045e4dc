#pragma once

// One request on its way through a proxy: its route, the tries at upstream hosts, the answer. Both messages stream; a
// side that cannot keep up pauses the other. Until an answer has begun, the request is kept (its body up to a limit),
// so that a failed try can be followed by another, as the route's retry policy says. What the proxy answers itself
// carries Envoy's response flags in `x-meshtwin-flags`: NR no route, NC no such cluster, UH no healthy upstream, UF
// connect failure, UC upstream reset, UO overflow, UT timeout, UPE upstream protocol error, with URX when the retries
// were used up.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mesh/proxy/config_store.h"
#include "mesh/proxy/exchange_span.h"
#include "mesh/proxy/http_filter.h"
#include "mesh/proxy/proxy_context.h"
#include "mesh/proxy/request_meter.h"
#include "mesh/proxy/upstream.h"

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

class RouterExchange final : public RequestReceiver {
 public:
  // `connection` outlives it. `facts`: filled in for the filters before it; null: there are none. `filtered`: among
  // them those of the connection, which have seen to what a client may not say; otherwise it does that itself.
  RouterExchange(ProxyContext& context, RouterExchangeOwner& owner, RouteSource& routes,
                 const ConnectionFacts& connection, ServerExchange& downstream, ExchangeFacts* facts = nullptr,
                 bool filtered = false);
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

  void begin_span();
  void prepare_request();
  void on_request_ended();
  void start_timeout();
  void start_attempt();
  void send_request();
  void on_pool_failure(PoolFailure failure);
  void on_response_head(std::unique_ptr<ResponseHead> head, Buffer& data, bool end);
  void on_response_data(Buffer& data, bool end);
  void on_response_trailers(std::unique_ptr<Headers> trailers);
  bool end_response();
  void on_passed(bool over);
  void note_cluster(const RouteConfigEntry& route);
  void on_upstream_reset(ResetReason reason);
  void on_timeout();
  void end_attempt(Failure failure, std::optional<UpstreamOutcome> outcome);
  void abandon_attempt(Failure failure, std::optional<UpstreamOutcome> outcome);
  void cancel_attempt();
  void release_attempt(std::optional<UpstreamOutcome> outcome);
  bool may_try_again() const;  // as the route has it
  bool can_retry() const;
  bool retry_after(bool policy_says_so);  // true: another try is under way
  void schedule_retry();
  bool status_asks_for_retry(std::uint16_t status) const;
  void reply(std::uint16_t status, std::string_view flags);
  void reply_upstream_failure(std::uint16_t status, std::string_view flag);
  void finish(std::string_view flags);  // the last thing done; the response flags, for the metrics

  ProxyContext& context_;
  RouterExchangeOwner& owner_;
  RouteSource& routes_;
  ServerExchange& downstream_;
  const SocketAddress original_destination_;
  RequestMeter meter_;
  std::shared_ptr<Upstream> upstream_;
  RetryPolicy retry_;
  Duration timeout_after_ = 0;
  std::unique_ptr<RequestHead> head_;  // kept while another try may need it
  Buffer body_;                        // likewise; and what came before there was a connection
  std::unique_ptr<Headers> trailers_;  // likewise
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
  Timer retry_timer_;
  Timer timeout_;
  std::unique_ptr<ExchangeSpan> own_span_;  // where there are no filters
  ExchangeSpan* span_ = nullptr;            // null: not sampled
  Attempt attempt_{*this};
};

}  // namespace meshtwin
