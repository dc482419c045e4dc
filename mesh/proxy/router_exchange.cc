#include "mesh/proxy/router_exchange.h"

#include <array>
#include <utility>

#include "mesh/proxy/fault.h"
#include "mesh/proxy/mesh_metrics.h"
#include "mesh/proxy/request_rewrite.h"
#include "mesh/runtime/cpu.h"

namespace meshtwin {
namespace {

constexpr std::size_t kKeptBody = 1024 * 1024;  // of a request that may be tried again
constexpr std::size_t kEarlyBody = 64 * 1024;   // held before there is a connection

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

RouterExchange::RouterExchange(const RouterParts& parts, RouterExchangeOwner& owner, ServerExchange& downstream,
                               ExchangeFacts* facts, bool filtered)
    : context_(parts.context),
      owner_(owner),
      routes_(parts.routes),
      mirrors_(parts.mirrors),
      downstream_(downstream),
      connection_(parts.connection),
      meter_(parts.connection),
      draws_(parts.context, !parts.routes.records_attempts()),
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
  request_ended_ = end;
  if (meter_.counts()) {
    meter_.begin(*head_, context_.runtime.clock.now());
    meter_.request_bytes(body_.size());
    meter_.sent_to(&context_.metrics->unknown());
  }
  is_connect_ = head_->method() == "CONNECT";
  decision_ = routes_.decide(*head_, connection_.local, draws_);
  if (decision_.route == nullptr) {
    reply(404, "NR");
    return;
  }
  if (facts_ != nullptr) facts_->route = route().name;
  if (decision_.route->is_filtered()) {
    pass_route_filters();
  } else {
    send_on();
  }
}

void RouterExchange::begin_span() {
  if (facts_ != nullptr) {
    span_ = facts_->span;
    return;
  }
  own_span_ = ExchangeSpan::begin(context_, !routes_.records_attempts(), context_.runtime.clock.now(), *head_);
  span_ = own_span_.get();
}

void RouterExchange::pass_route_filters() {
  if (route().cors != nullptr) {
    if (std::unique_ptr<ResponseHead> preflight = cors_.take(*route().cors, *head_)) {
      answer(std::move(preflight), {}, "cors_response");
      return;
    }
  }
  if (!route().fault.has_value()) return send_on();
  const DrawnFault fault = draw_fault(*route().fault, *head_, draws_);
  const auto then = [this, aborts = fault.aborts] {
    if (!aborts) return send_on();
    add_flag("FI");
    answer(abort_answer(*route().fault, *head_), kFaultBody, "fault_filter_abort");
  };
  if (fault.delay == 0) return then();
  add_flag("DI");
  wait_ = context_.runtime.clock.after(fault.delay, then);
}

void RouterExchange::send_on() {
  if (route().redirect.has_value()) return reply_redirect();
  if (const auto& direct = route().direct_response) {
    answer(std::make_unique<ResponseHead>(direct->status), direct->body, "direct_response");
    return;
  }
  if (decision_.upstream == nullptr) {
    reply(503, "NC");
    return;
  }
  if (meter_.counts()) meter_.sent_to(decision_.upstream->metric_destination());
  if (facts_ != nullptr) facts_->cluster = decision_.upstream->cluster().config().name;
  if (decision_.upstream->active_requests >= decision_.upstream->cluster().config().breakers.max_requests) {
    reply(503, "UO");
    return;
  }
  upstream_ = decision_.upstream;
  ++upstream_->active_requests;
  keeps_request_ = retry().attempts > 0;
  prepare_request();
  if (request_ended_ || offers_tunnel(*head_)) start_timeout();
  std::unique_ptr<MirrorPlan> complete = request_ended_ ? std::move(mirrors_planned_) : nullptr;
  Mirrors& mirrors = mirrors_;
  RouteSource& routes = routes_;
  start_attempt();  // which may be the end of this
  if (complete != nullptr) mirrors.send(*complete, routes);
}

void RouterExchange::prepare_request() {
  Headers& headers = head_->headers;
  if (!headers.has("x-request-id")) headers.add("x-request-id", make_request_id(context_.request_id_random));
  if (!headers.has("x-forwarded-proto")) headers.add("x-forwarded-proto", "http");
  if (!filtered_) headers.remove(kForwardedClientCert);
  if (facts_ != nullptr) facts_->request_id = headers.get("x-request-id");
  if (!route().hash.empty()) hash_ = hash_of(route().hash, *head_, connection_);
  rewrite_request(decision_, *head_);
  mirrors_planned_ = MirrorPlan::of(route(), *head_, draws_);
  if (mirrors_planned_ == nullptr) return;
  if (!mirrors_planned_->take(body_)) mirrors_planned_ = nullptr;
  if (mirrors_planned_ != nullptr && trailers_ != nullptr) mirrors_planned_->take(*trailers_);
}

void RouterExchange::on_request_ended() {
  request_ended_ = true;
  if (upstream_ == nullptr) return;  // held back before its route
  start_timeout();
  if (attempt_.host != nullptr) start_try_timeout();
}

// Counts from the request's end; an offered tunnel's from its beginning to its answer.
void RouterExchange::start_timeout() {
  if (route().timeout > 0 && !is_tunnel_)
    timeout_ = context_.runtime.clock.after(route().timeout, [this] { on_timeout(); });
}

void RouterExchange::on_data(Buffer& data, bool end) {
  meter_.request_bytes(data.size());
  if (mirrors_planned_ != nullptr && !mirrors_planned_->take(data)) mirrors_planned_ = nullptr;
  if (end) on_request_ended();
  if (attempt_.exchange == nullptr) {  // no connection yet
    body_.append(std::move(data));
    if (!end && body_.size() > kEarlyBody) downstream_.pause();
    if (end) mirror();
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
  if (end) mirror();
}

void RouterExchange::on_trailers(std::unique_ptr<Headers> trailers) {
  if (mirrors_planned_ != nullptr) mirrors_planned_->take(*trailers);
  on_request_ended();
  if (attempt_.exchange == nullptr || keeps_request_) trailers_ = std::make_unique<Headers>(*trailers);
  if (attempt_.exchange != nullptr) attempt_.exchange->send_trailers(std::move(trailers));
  mirror();
}

// The request is complete, and on its way.
void RouterExchange::mirror() {
  if (mirrors_planned_ != nullptr) mirrors_.send(*std::exchange(mirrors_planned_, nullptr), routes_);
}

void RouterExchange::on_room() {
  if (attempt_.exchange != nullptr) attempt_.exchange->resume();
}

// The client is gone.
void RouterExchange::on_reset(ResetReason reason) {
  if (attempt_.host != nullptr) abandon_attempt(Failure::reset, std::nullopt);
  if (span_ != nullptr) span_->on_client_gone();
  finish(reason == ResetReason::idle ? "SI" : "DC");
}

void RouterExchange::add_flag(std::string_view flag) {
  if (flag.empty()) return;
  if (!flags_.empty()) flags_ += ',';
  flags_ += flag;
}

void RouterExchange::answer(std::unique_ptr<ResponseHead> head, std::string_view body, std::string_view details) {
  const std::uint16_t status = head->status;
  if (facts_ != nullptr) {
    facts_->response_flags = flags_;
    facts_->details = details;
  }
  if (span_ != nullptr) span_->on_own_answer(status);
  if (decision_.route != nullptr) {
    rewrite_response(decision_, *head);
    if (route().cors != nullptr) cors_.add_to(*head);
  }
  if (!flags_.empty()) head->headers.add(kResponseFlags, flags_);
  if (head->headers.has("grpc-status")) body = {};
  head->content_length = static_cast<std::int64_t>(body.size());
  Buffer data;
  if (!body.empty()) {
    if (!head->headers.has("content-type")) head->headers.add("content-type", "text/plain");
    if (head_ == nullptr || head_->method() != "HEAD") data.append(body);
    meter_.response_bytes(data.size());
  }
  meter_.take(*head);
  downstream_.send_head(std::move(head), data, true);
  finish({});
}

void RouterExchange::reply(std::uint16_t status, std::string_view flag, std::string_view details) {
  add_flag(flag);
  if (retries_used_up_) add_flag("URX");
  auto head = std::make_unique<ResponseHead>(status);
  if (flag == "UO") head->headers.add("x-envoy-overloaded", "true");
  answer(std::move(head), {}, details.empty() ? details_of(flag) : details);
}

void RouterExchange::reply_redirect() {
  auto head = std::make_unique<ResponseHead>(route().redirect->status);
  head->headers.add("location", location_of(*decision_.route, *head_));
  answer(std::move(head), {}, "direct_response");
}

void RouterExchange::finish(std::string_view flag) {
  add_flag(flag);
  if (facts_ != nullptr && !flags_.empty()) facts_->response_flags = flags_;
  if (own_span_ != nullptr) own_span_->end(context_.recorder, context_.runtime.clock.now());
  if (meter_.counts()) meter_.end(context_.runtime.clock.now(), flags_);
  owner_.on_done(*this);
}

}  // namespace meshtwin
