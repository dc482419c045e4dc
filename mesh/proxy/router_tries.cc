#include <algorithm>
#include <charconv>
#include <utility>

#include "mesh/proxy/request_rewrite.h"
#include "mesh/proxy/router_exchange.h"
#include "mesh/proxy/try_outcome.h"
#include "mesh/runtime/cpu.h"

namespace meshtwin {

void RouterExchange::start_attempt() {
  context_.runtime.cpu.charge(Operation::balance, 1);
  const Time now = context_.runtime.clock.now();
  attempt_.host =
      upstream_->cluster().pick(now, tried_, tried_.empty() ? 1 : retry().host_selection_attempts, hash_.value);
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
  if (request_ended_) start_try_timeout();
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

void RouterExchange::start_try_timeout() {
  if (retry().per_try_timeout <= 0 || response_begun_ || is_connect_) return;
  try_timeout_ = context_.runtime.clock.after(retry().per_try_timeout, [this] { on_try_timeout(); });
}

void RouterExchange::on_try_timeout() {
  const TryFailure failure = attempt_.exchange == nullptr ? TryFailure::unsent_timeout : TryFailure::timeout;
  abandon_attempt(Failure::timeout, UpstreamOutcome::timeout);
  if (!retry_after(failure)) reply(504, "UT", "upstream_per_try_timeout");
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
  if (!retry_after(TryFailure::connect)) reply(503, "UF");
}

void RouterExchange::Attempt::on_head(std::unique_ptr<ResponseHead> head, Buffer& data, bool end) {
  status = head->status;
  router_.on_response_head(std::move(head), data, end);
}

void RouterExchange::on_response_head(std::unique_ptr<ResponseHead> head, Buffer& data, bool end) {
  const std::uint16_t status = head->status;
  if (retry_after(*head)) {
    if (end) attempt_.exchange = nullptr;
    abandon_attempt(failure_of_status(status), outcome_of(status));
    schedule_retry();
    return;
  }
  response_begun_ = true;
  if (retries_used_up_) add_flag("URX");
  try_timeout_.cancel();
  if (facts_ != nullptr) facts_->upstream_service = context_.runtime.clock.now() - attempt_.begun;
  is_tunnel_ = status == 101 || (is_connect_ && status >= 200 && status < 300);
  if (is_tunnel_) timeout_.cancel();
  keeps_request_ = false;
  body_.clear();
  upstream_->report(*attempt_.host, outcome_of(status));
  meter_.take(*head);
  meter_.response_bytes(data.size());
  rewrite_response(decision_, *head);
  if (!hash_.set_cookie.empty()) head->headers.add("set-cookie", hash_.set_cookie);
  if (route().cors != nullptr) cors_.add_to(*head);
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

void RouterExchange::on_upstream_reset(ResetReason reason) {
  const bool protocol = reason == ResetReason::protocol;
  end_attempt(protocol ? Failure::protocol : Failure::reset, UpstreamOutcome::connect_failed);
  if (response_begun_) {
    downstream_.reset();
    finish(protocol ? "UPE" : "UC");
    return;
  }
  if (retry_after(reason == ResetReason::refused ? TryFailure::refused_stream : TryFailure::reset)) return;
  protocol ? reply(502, "UPE") : reply(503, "UC");
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
  try_timeout_.cancel();
  if (outcome.has_value()) upstream_->report(host, *outcome);
  if (std::exchange(counts_as_retry_, false)) --upstream_->active_retries;
  upstream_->cluster().request_finished(host);
}

void RouterExchange::end_attempt(Failure failure, std::optional<UpstreamOutcome> outcome) {
  if (retry().skip_previous_hosts && failure != Failure::none) {
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
  return attempts_ <= retry().attempts;
}

// Also when the request is still at hand, and the upstream's limit on retries leaves room beside the present try.
bool RouterExchange::can_retry() {
  retries_used_up_ = !may_try_again() && attempts_ > 1;
  if (!may_try_again() || head_ == nullptr) return false;
  const std::uint32_t others = upstream_->active_retries - (counts_as_retry_ ? 1 : 0);
  return others < retries_at_once(upstream_->cluster().config().breakers, upstream_->active_requests);
}

bool RouterExchange::retry_after(TryFailure failure) {
  if (!asks_for_retry(retry(), failure) || !can_retry()) return false;
  schedule_retry();
  return true;
}

bool RouterExchange::retry_after(const ResponseHead& head) {
  if (retry().attempts == 0 || head.headers.has("x-envoy-ratelimited")) return false;
  return asks_for_retry(retry(), head.status, head.headers.get("grpc-status")) && can_retry();
}

void RouterExchange::schedule_retry() {
  ++upstream_->active_retries;
  counts_as_retry_ = true;
  const Duration wait = back_off(retry(), attempts_, context_.retry_random);
  wait_ = context_.runtime.clock.after(wait, [this] { start_attempt(); });
}

}  // namespace meshtwin
