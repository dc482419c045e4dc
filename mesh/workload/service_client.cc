#include "mesh/workload/service_client.h"

#include <algorithm>
#include <utility>

#include "mesh/runtime/chance.h"
#include "mesh/runtime/clock.h"
#include "mesh/runtime/network.h"

namespace meshtwin {
namespace {

constexpr std::uint32_t kMaxConnections = 20'000;  // more than one process has descriptors for

Failure failure_of(PoolFailure failure) {
  switch (failure) {
    case PoolFailure::refused:
      return Failure::connect_refused;
    case PoolFailure::timed_out:
      return Failure::connect_timeout;
    case PoolFailure::reset:
      return Failure::reset;
    default:
      return Failure::unreachable;
  }
}

Failure failure_of_status(std::uint16_t status) {
  if (status >= 500) return Failure::http_5xx;
  return status >= 400 ? Failure::http_4xx : Failure::none;
}

}  // namespace

class ServiceClient::Call final : public Activity, public PoolWaiter, private ResponseReceiver {
 public:
  Call(ServiceClient& client, std::unique_ptr<RequestHead> head, std::uint64_t body_bytes, AnswerHandler then,
       SpanRecord* span)
      : client_(client), head_(std::move(head)), body_bytes_(body_bytes), then_(std::move(then)), span_(span) {
    if (span_ != nullptr) asked_ = client.surroundings_.runtime.clock.now();
  }
  ~Call() override {
    if (waits_for_name) std::erase(client_.unresolved_, this);
    if (exchange_ != nullptr) exchange_->reset();
  }

  void set_timeout(Duration timeout) {
    timeout_ = client_.surroundings_.runtime.clock.after(timeout, [this] {
      if (exchange_ != nullptr) std::exchange(exchange_, nullptr)->reset();
      withdraw();
      finish(Failure::timeout);
    });
  }
  void on_unresolved() { finish(Failure::unreachable); }

  bool waits_for_name = false;

 private:
  void on_connection(ClientConnection& connection, SocketAddress address) override;
  void on_pool_failure(PoolFailure failure, SocketAddress address) override {
    address_ = address;
    begun_ = client_.surroundings_.runtime.clock.now();
    finish(failure_of(failure));
  }
  void on_head(std::unique_ptr<ResponseHead> head, Buffer&, bool end) override {
    status_ = head->status;
    if (end) end_exchange(failure_of_status(status_));
  }
  void on_data(Buffer&, bool end) override {
    if (end) end_exchange(failure_of_status(status_));
  }
  void on_reset(ResetReason reason) override {
    end_exchange(reason == ResetReason::protocol ? Failure::protocol : Failure::reset);
  }
  void end_exchange(Failure failure) {
    exchange_ = nullptr;
    finish(failure);
  }
  void record(Failure failure) {
    AttemptRecord attempt;
    attempt.at = begun_;
    attempt.done = client_.surroundings_.runtime.clock.now();
    attempt.status = status_;
    attempt.failure = failure;
    if (address_.ip != 0) client_.record(attempt, address_);
  }
  void finish(Failure failure);
  void note_sent();
  void note_end(Failure failure);

  ServiceClient& client_;
  std::unique_ptr<RequestHead> head_;
  const std::uint64_t body_bytes_;
  AnswerHandler then_;
  SpanRecord* const span_;  // null: not sampled
  Time asked_ = 0;
  bool sent_ = false;
  ClientExchange* exchange_ = nullptr;
  SocketAddress address_;
  Time begun_ = 0;
  std::uint16_t status_ = 0;
  Timer timeout_;
};

void ServiceClient::Call::on_connection(ClientConnection& connection, SocketAddress address) {
  address_ = address;
  begun_ = client_.surroundings_.runtime.clock.now();
  exchange_ = &connection.open(*this);
  Buffer body;
  client_.surroundings_.codec.append_body(body, body_bytes_);
  head_->content_length = static_cast<std::int64_t>(body_bytes_);
  exchange_->send_head(std::move(head_), body, true);
  if (span_ != nullptr) note_sent();
}

void ServiceClient::Call::note_sent() {
  sent_ = true;
  span_->connecting = begun_ - asked_;
  span_->dialling = client_.pool_.dialling_since(asked_);
  span_->sent = client_.surroundings_.runtime.clock.now();
  span_->peer = client_.pod_at(address_);
}

void ServiceClient::Call::note_end(Failure failure) {
  span_->returned = span_->end = client_.surroundings_.runtime.clock.now();
  if (!sent_) {
    span_->connecting = span_->dialling = span_->end - asked_;
    span_->sent = span_->end;
  }
  span_->status = status_;
  span_->failure = failure;
  span_->attempts = 1;
}

void ServiceClient::Call::finish(Failure failure) {
  timeout_.cancel();
  if (waits_for_name) std::erase(client_.unresolved_, this);
  waits_for_name = false;
  record(failure);
  if (span_ != nullptr) note_end(failure);
  AnswerHandler then = std::move(then_);
  const Answer answer{status_, failure};
  then(answer);  // may destroy this
}

ServiceClient::ServiceClient(const ClientSurroundings& surroundings, std::string service, std::uint16_t port)
    : surroundings_(surroundings),
      service_(std::move(service)),
      port_(port),
      authority_(port == 80 ? service_ : service_ + ":" + std::to_string(port)),
      random_(surroundings.runtime.chance.stream("client/" + std::to_string(surroundings.pod) + "/" + service_)),
      budget_{.max_connections = kMaxConnections},
      connector_(surroundings.network, {}),
      pool_(surroundings.runtime, connector_, surroundings.codec, PoolOptions{.fails_together = false, .rotates = true},
            budget_, [this] { return choose_address(); }) {}

ServiceClient::~ServiceClient() = default;

SocketAddress ServiceClient::choose_address() {
  return {ips_[ips_.size() == 1 ? 0 : random_.below(ips_.size())], port_};
}

Handle ServiceClient::send(std::unique_ptr<RequestHead> head, std::uint64_t body_bytes, Duration timeout,
                           AnswerHandler then, SpanRecord* span) {
  auto call = std::make_unique<Call>(*this, std::move(head), body_bytes, std::move(then), span);
  if (timeout > 0) call->set_timeout(timeout);
  acquire(*call);
  return call;
}

void ServiceClient::acquire(Call& call) {
  if (resolved_) {
    pool_.acquire(call);
    return;
  }
  call.waits_for_name = true;
  unresolved_.push_back(&call);
  if (resolving_ == nullptr) {
    resolving_ = surroundings_.network.resolve(service_,
                                               [this](std::vector<std::uint32_t> ips) { on_resolved(std::move(ips)); });
  }
}

void ServiceClient::on_resolved(std::vector<std::uint32_t> ips) {
  ips_ = std::move(ips);
  resolved_ = !ips_.empty();  // an unknown name is asked for again by the next call
  resolving_ = nullptr;
  // One at a time from the front: a call that fails may take others of the list with it.
  std::size_t count = unresolved_.size();
  for (; count > 0 && !unresolved_.empty(); --count) {
    Call& call = *unresolved_.front();
    unresolved_.erase(unresolved_.begin());
    call.waits_for_name = false;
    if (resolved_) {
      pool_.acquire(call);
    } else {
      call.on_unresolved();
    }
  }
}

void ServiceClient::record(const AttemptRecord& attempt, SocketAddress address) {
  const std::uint32_t pod = pod_at(address);
  if (pod == kNoPeer) return;
  AttemptRecord complete = attempt;
  complete.from_pod = surroundings_.pod;
  complete.to_pod = pod;
  surroundings_.recorder.attempt(complete);
}

std::uint32_t ServiceClient::pod_at(SocketAddress address) const {
  const auto pod = surroundings_.pod_of_ip.find(address.ip);
  return pod == surroundings_.pod_of_ip.end() ? kNoPeer : pod->second;
}

}  // namespace meshtwin
