#include "mesh/proxy/router_exchange.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "mesh/proxy/mesh_metrics.h"
#include "mesh/runtime/cpu.h"

namespace meshtwin {
namespace {

constexpr std::size_t kKeptBody = 1024 * 1024;  // of a request that may be tried again
constexpr std::size_t kEarlyBody = 64 * 1024;   // held before there is a connection
constexpr std::uint32_t kBackOffCap = 10;       // times the base interval

UpstreamOutcome outcome_of(std::uint16_t status) {
  if (status < 500) return UpstreamOutcome::success;
  return status >= 502 && status <= 504 ? UpstreamOutcome::gateway_error : UpstreamOutcome::error_5xx;
}

Failure failure_of_status(std::uint16_t status) {
  if (status >= 500) return Failure::http_5xx;
  return status >= 400 ? Failure::http_4xx : Failure::none;
}

Failure failure_of(PoolFailure failure) {
  switch (failure) {
    case PoolFailure::refused:
      return Failure::connect_refused;
    case PoolFailure::timed_out:
      return Failure::connect_timeout;
    case PoolFailure::reset:
    case PoolFailure::tls:
      return Failure::reset;
    default:
      return Failure::unreachable;
  }
}

// %RESPONSE_CODE_DETAILS% of an answer the proxy gives itself, by its first flag; Envoy's names.
std::string_view details_of(std::string_view flags) {
  static constexpr std::pair<std::string_view, std::string_view> kDetails[] = {
      {"NR", "route_not_found"},
      {"NC", "cluster_not_found"},
      {"UH", "no_healthy_upstream"},
      {"UF", "upstream_reset_before_response_started{connection_failure}"},
      {"UC", "upstream_reset_before_response_started{connection_termination}"},
      {"UO", "upstream_reset_before_response_started{overflow}"},
      {"UT", "response_timeout"},
      {"UPE", "upstream_reset_before_response_started{protocol_error}"}};
  const std::string_view first = flags.substr(0, flags.find(','));
  for (const auto& [flag, details] : kDetails) {
    if (flag == first) return details;
  }
  return "direct_response";
}

// A version 4 UUID, as x-request-id is written.
std::string make_request_id(RandomStream& random) {
  std::array<std::uint64_t, 2> bits{random.bits(), random.bits()};
  bits[0] = (bits[0] & ~0xf000ULL) | 0x4000ULL;
  bits[1] = (bits[1] & ~(3ULL << 62)) | (2ULL << 62);
  std::string id(36, '-');
  std::size_t at = 0;
  for (int nibble = 0; nibble < 32; ++nibble) {
    if (nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20) ++at;
    id[at++] = "0123456789abcdef"[bits[static_cast<std::size_t>(nibble / 16)] >> (60 - nibble % 16 * 4) & 15];
  }
  return id;
}

}  // namespace

RouterExchange::RouterExchange(ProxyContext& context, RouterExchangeOwner& owner, RouteSource& routes,
                               const ConnectionFacts& connection, ServerExchange& downstream, ExchangeFacts* facts,
                               bool filtered)
    : context_(context),
      owner_(owner),
      routes_(routes),
      downstream_(downstream),
      original_destination_(connection.local),
      meter_(connection),
      facts_(facts),
      filtered_(filtered) {}

RouterExchange::~RouterExchange() {
  // Under way still: its proxy dies, and writes nothing down any more.
  if (attempt_.host != nullptr) {
    cancel_attempt();
    release_attempt(std::nullopt);
  }
  if (upstream_ == nullptr) return;
  --upstream_->active_requests;
  if (counts_as_retry_) --upstream_->active_retries;  // it ended before the retry did
}

void RouterExchange::on_head(std::unique_ptr<RequestHead> head, Buffer& data, bool end) {
  head_ = std::move(head);
  if (context_.tracing.has_value()) begin_span();
  context_.runtime.cpu.charge(Operation::route, 1);
  body_ = std::move(data);
  if (meter_.counts()) {
    meter_.begin(*head_, context_.runtime.clock.now());
    meter_.request_bytes(body_.size());
    meter_.sent_to(&context_.metrics->unknown());
  }
  is_connect_ = head_->method() == "CONNECT";
  RouteDecision decision = routes_.decide(*head_, original_destination_);
  if (decision.route == nullptr) {
    reply(404, "NR");
    return;
  }
  upstream_ = std::move(decision.upstream);
  if (upstream_ == nullptr) {
    reply(503, "NC");
    return;
  }
  if (meter_.counts()) meter_.sent_to(upstream_->metric_destination());
  if (upstream_->active_requests >= upstream_->cluster().config().breakers.max_requests) {
    upstream_ = nullptr;
    reply(503, "UO");
    return;
  }
  ++upstream_->active_requests;
  if (facts_ != nullptr) note_cluster(*decision.route);
  retry_ = decision.route->retry;
  timeout_after_ = decision.route->timeout;
  keeps_request_ = retry_.attempts > 0;
  prepare_request();
  if (end) {
    on_request_ended();
  } else if (offers_tunnel(*head_)) {
    start_timeout();
  }
  start_attempt();
}

void RouterExchange::begin_span() {
  if (facts_ != nullptr) {
    span_ = facts_->span;
    return;
  }
  own_span_ = ExchangeSpan::begin(context_, !routes_.records_attempts(), context_.runtime.clock.now(), *head_);
  span_ = own_span_.get();
}

void RouterExchange::finish(std::string_view flags) {
  if (own_span_ != nullptr) own_span_->end(context_.recorder, context_.runtime.clock.now());
  if (meter_.counts()) meter_.end(context_.runtime.clock.now(), flags);
  owner_.on_done(*this);
}

void RouterExchange::prepare_request() {
  Headers& headers = head_->headers;
  if (!headers.has("x-request-id")) headers.add("x-request-id", make_request_id(context_.request_id_random));
  if (!headers.has("x-forwarded-proto")) headers.add("x-forwarded-proto", "http");
  if (!filtered_) headers.remove(kForwardedClientCert);
  if (facts_ != nullptr) facts_->request_id = headers.get("x-request-id");
}

void RouterExchange::note_cluster(const RouteConfigEntry& route) {
  facts_->route = route.name;
  facts_->cluster = upstream_->cluster().config().name;
}

void RouterExchange::on_request_ended() {
  request_ended_ = true;
  start_timeout();
}

// Counts from the request's end; an offered tunnel's from its beginning to its answer.
void RouterExchange::start_timeout() {
  if (timeout_after_ > 0 && !is_tunnel_)
    timeout_ = context_.runtime.clock.after(timeout_after_, [this] { on_timeout(); });
}

void RouterExchange::on_data(Buffer& data, bool end) {
  meter_.request_bytes(data.size());
  if (end) on_request_ended();
  if (attempt_.exchange == nullptr) {  // no connection yet
    body_.append(std::move(data));
    if (!end && body_.size() > kEarlyBody) downstream_.pause();
    return;
  }
  if (keeps_request_ && body_.size() + data.size() <= kKeptBody) {
    body_.append(data.share(0, data.size()));
  } else {
    keeps_request_ = false;
    body_.clear();
    head_ = nullptr;
  }
  attempt_.exchange->send_data(data, end);
  if (end && response_ended_) {  // of a tunnel
    end_response();
    finish({});
    return;
  }
  if (attempt_.exchange->blocked()) downstream_.pause();
}

void RouterExchange::on_trailers(std::unique_ptr<Headers> trailers) {
  on_request_ended();
  if (attempt_.exchange == nullptr || keeps_request_) trailers_ = std::make_unique<Headers>(*trailers);
  if (attempt_.exchange != nullptr) attempt_.exchange->send_trailers(std::move(trailers));
}

void RouterExchange::start_attempt() {
  context_.runtime.cpu.charge(Operation::balance, 1);
  const Time now = context_.runtime.clock.now();
  attempt_.host = upstream_->cluster().pick(now, tried_, tried_.empty() ? 1 : retry_.host_selection_attempts);
  if (attempt_.host == nullptr) {
    reply(503, "UH");
    return;
  }
  ++attempts_;
  upstream_->cluster().request_started(*attempt_.host);
  attempt_.begun = now;
  attempt_.status = 0;
  Upstream::HostPool& host = upstream_->pool_of(*attempt_.host);
  if (facts_ != nullptr) {
    facts_->upstream_host = host.address;
    facts_->attempts = attempts_;
  }
  attempt_.pool = &host;
  attempt_.pod = host.pod;
  if (span_ != nullptr) span_->on_try(now, host.pod);
  meter_.sent_to(host.destination);
  host.pool.acquire(attempt_);
}

void RouterExchange::Attempt::on_connection(ClientConnection& connection, SocketAddress) {
  exchange = &connection.open(*this);
  if (router_.span_ == nullptr) return router_.send_request();
  const Clock& clock = router_.context_.runtime.clock;
  router_.span_->on_connection(clock.now(), pool->pool);
  router_.send_request();
  router_.span_->on_sent(clock.now());
}

void RouterExchange::send_request() {
  char digits[12];
  const auto written = std::to_chars(digits, digits + sizeof digits, attempts_);
  head_->headers.set("x-envoy-attempt-count", {digits, static_cast<std::size_t>(written.ptr - digits)});
  keeps_request_ = keeps_request_ && may_try_again();
  std::unique_ptr<RequestHead> head = keeps_request_ ? head_->clone() : std::move(head_);
  Buffer body = keeps_request_ ? body_.share(0, body_.size()) : std::move(body_);
  attempt_.exchange->send_head(std::move(head), body, request_ended_ && trailers_ == nullptr);
  if (trailers_ != nullptr) {
    attempt_.exchange->send_trailers(keeps_request_ ? std::make_unique<Headers>(*trailers_) : std::move(trailers_));
  }
  if (request_ended_) return;
  if (attempt_.exchange->blocked()) {
    downstream_.pause();
  } else {
    downstream_.resume();
  }
}

void RouterExchange::on_pool_failure(PoolFailure failure) {
  if (failure == PoolFailure::overflow) {
    end_attempt(Failure::unreachable, std::nullopt);
    reply(503, "UO");
    return;
  }
  if (facts_ != nullptr) facts_->transport_failure = attempt_.pool->pool.last_failure();
  if (failure == PoolFailure::tls) {
    upstream_->record_tls_failure(attempt_.pool->address, attempt_.pool->pool.last_failure());
  }
  end_attempt(failure_of(failure), UpstreamOutcome::connect_failed);
  if (!retry_after(retry_.on_connect_failure)) reply_upstream_failure(503, "UF");
}

void RouterExchange::Attempt::on_head(std::unique_ptr<ResponseHead> head, Buffer& data, bool end) {
  status = head->status;
  router_.on_response_head(std::move(head), data, end);
}

bool RouterExchange::status_asks_for_retry(std::uint16_t status) const {
  return (retry_.on_5xx && status >= 500) || (retry_.on_gateway_error && status >= 502 && status <= 504);
}

void RouterExchange::on_response_head(std::unique_ptr<ResponseHead> head, Buffer& data, bool end) {
  const std::uint16_t status = head->status;
  if (status_asks_for_retry(status) && can_retry()) {
    if (end) attempt_.exchange = nullptr;
    abandon_attempt(failure_of_status(status), outcome_of(status));
    schedule_retry();
    return;
  }
  response_begun_ = true;
  if (facts_ != nullptr) facts_->upstream_service = context_.runtime.clock.now() - attempt_.begun;
  is_tunnel_ = status == 101 || (is_connect_ && status >= 200 && status < 300);
  if (is_tunnel_) timeout_.cancel();
  keeps_request_ = false;
  body_.clear();
  upstream_->report(*attempt_.host, outcome_of(status));
  meter_.take(*head);
  meter_.response_bytes(data.size());
  const bool over = end && end_response();
  downstream_.send_head(std::move(head), data, end);
  on_passed(over);
}

void RouterExchange::on_response_data(Buffer& data, bool end) {
  meter_.response_bytes(data.size());
  const bool over = end && end_response();
  downstream_.send_data(data, end);
  on_passed(over);
}

void RouterExchange::on_response_trailers(std::unique_ptr<Headers> trailers) {
  meter_.take(*trailers);
  const bool over = end_response();
  downstream_.send_trailers(std::move(trailers));
  on_passed(over);
}

// True: that ends the exchange.
bool RouterExchange::end_response() {
  response_ended_ = true;
  if (is_tunnel_ && !request_ended_) return false;
  end_attempt(failure_of_status(attempt_.status), std::nullopt);
  return true;
}

void RouterExchange::on_passed(bool over) {
  if (over) {
    finish({});
  } else if (!response_ended_ && downstream_.blocked()) {
    attempt_.exchange->pause();
  }
}

void RouterExchange::on_room() {
  if (attempt_.exchange != nullptr) attempt_.exchange->resume();
}

void RouterExchange::on_upstream_reset(ResetReason reason) {
  const bool protocol = reason == ResetReason::protocol;
  end_attempt(protocol ? Failure::protocol : Failure::reset, UpstreamOutcome::connect_failed);
  if (response_begun_) {
    downstream_.reset();
    finish(protocol ? "UPE" : "UC");
    return;
  }
  if (!retry_after(retry_.on_reset || retry_.on_5xx)) {
    reply_upstream_failure(protocol ? 502 : 503, protocol ? "UPE" : "UC");
  }
}

// The client is gone.
void RouterExchange::on_reset(ResetReason reason) {
  if (attempt_.host != nullptr) abandon_attempt(Failure::reset, std::nullopt);
  if (span_ != nullptr) span_->on_client_gone();
  finish(reason == ResetReason::idle ? "SI" : "DC");
}

void RouterExchange::on_timeout() {
  if (attempt_.host != nullptr) abandon_attempt(Failure::timeout, UpstreamOutcome::timeout);
  if (response_begun_) {
    downstream_.reset();
    finish("UT");
  } else {
    reply(504, "UT");
  }
}

void RouterExchange::cancel_attempt() {
  attempt_.withdraw();
  if (attempt_.exchange != nullptr) attempt_.exchange->reset();
}

void RouterExchange::abandon_attempt(Failure failure, std::optional<UpstreamOutcome> outcome) {
  cancel_attempt();
  end_attempt(failure, outcome);
}

void RouterExchange::release_attempt(std::optional<UpstreamOutcome> outcome) {
  UpstreamCluster::Host& host = *std::exchange(attempt_.host, nullptr);
  attempt_.exchange = nullptr;
  if (outcome.has_value()) upstream_->report(host, *outcome);
  if (std::exchange(counts_as_retry_, false)) --upstream_->active_retries;
  upstream_->cluster().request_finished(host);
}

void RouterExchange::end_attempt(Failure failure, std::optional<UpstreamOutcome> outcome) {
  if (retry_.skip_previous_hosts && failure != Failure::none) {
    tried_.push_back(UpstreamCluster::address_of(*attempt_.host));
  }
  release_attempt(outcome);
  if (span_ != nullptr) span_->on_try_over(context_.runtime.clock.now(), attempt_.status, failure);
  if (!routes_.records_attempts() || attempt_.pod == kNoPod) return;
  AttemptRecord record;
  record.from_pod = context_.pod;
  record.to_pod = attempt_.pod;
  record.at = attempt_.begun;
  record.done = context_.runtime.clock.now();
  record.status = attempt_.status;
  record.failure = failure;
  record.retry = attempts_ > 1;
  context_.recorder.attempt(record);
}

bool RouterExchange::may_try_again() const {
  return attempts_ <= retry_.attempts;
}

// Also when the request is still at hand, and the upstream's limit on retries leaves room beside the present try.
bool RouterExchange::can_retry() const {
  if (!may_try_again() || head_ == nullptr) return false;
  const std::uint32_t others = upstream_->active_retries - (counts_as_retry_ ? 1 : 0);
  return others < upstream_->cluster().config().breakers.max_retries;
}

bool RouterExchange::retry_after(bool policy_says_so) {
  if (!policy_says_so) return false;
  retries_used_up_ = !may_try_again() && attempts_ > 1;
  if (!can_retry()) return false;
  schedule_retry();
  return true;
}

void RouterExchange::schedule_retry() {
  ++upstream_->active_retries;
  counts_as_retry_ = true;
  const std::uint32_t factor = std::min((1U << std::min(attempts_, 30U)) - 1, kBackOffCap);
  const auto range = static_cast<std::uint64_t>(retry_.base_interval) * factor;
  const Duration wait = range == 0 ? 0 : static_cast<Duration>(context_.retry_random.below(range));
  retry_timer_ = context_.runtime.clock.after(wait, [this] { start_attempt(); });
}

void RouterExchange::reply_upstream_failure(std::uint16_t status, std::string_view flag) {
  reply(status, retries_used_up_ ? std::string(flag) + ",URX" : std::string(flag));
}

void RouterExchange::reply(std::uint16_t status, std::string_view flags) {
  if (facts_ != nullptr) {
    facts_->response_flags = flags;
    facts_->details = details_of(flags);
  }
  if (span_ != nullptr) span_->on_own_answer(status);
  auto head = std::make_unique<ResponseHead>(status);
  head->headers.add(kResponseFlags, flags);
  meter_.set_status(status);
  Buffer nothing;
  downstream_.send_head(std::move(head), nothing, true);
  finish(flags);
}

}  // namespace meshtwin
