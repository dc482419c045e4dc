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
  Call(ServiceClient& client, std::unique_ptr<RequestHead> head, std::uint64_t body_bytes, AnswerHandler then)
      : client_(client), head_(std::move(head)), body_bytes_(body_bytes), then_(std::move(then)) {}
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

  ServiceClient& client_;
  std::unique_ptr<RequestHead> head_;
  const std::uint64_t body_bytes_;
  AnswerHandler then_;
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
}

void ServiceClient::Call::finish(Failure failure) {
  timeout_.cancel();
  if (waits_for_name) std::erase(client_.unresolved_, this);
  waits_for_name = false;
  record(failure);
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
                           AnswerHandler then) {
  auto call = std::make_unique<Call>(*this, std::move(head), body_bytes, std::move(then));
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
  const auto pod = surroundings_.pod_of_ip.find(address.ip);
  if (pod == surroundings_.pod_of_ip.end()) return;
  AttemptRecord complete = attempt;
  complete.from_pod = surroundings_.pod;
  complete.to_pod = pod->second;
  surroundings_.recorder.attempt(complete);
}

}  // namespace meshtwin
