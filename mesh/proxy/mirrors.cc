#include "mesh/proxy/mirrors.h"

#include <utility>

#include "mesh/proxy/try_outcome.h"
#include "mesh/runtime/clock.h"
#include "mesh/runtime/cpu.h"

namespace meshtwin {
namespace {

constexpr std::size_t kCopiesMost = 1024;
constexpr std::size_t kBodyMost = 1024 * 1024;

std::string shadow_of(std::string_view authority) {
  const std::size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos) return std::string(authority) + "-shadow";
  return std::string(authority.substr(0, colon)) + "-shadow" + std::string(authority.substr(colon));
}

}  // namespace

std::unique_ptr<MirrorPlan> MirrorPlan::of(const RouteConfigEntry& route, const RequestHead& head, RouteDraws& draws) {
  if (route.mirrors.empty() || offers_tunnel(head)) return nullptr;
  std::vector<std::string> clusters;
  for (std::size_t i = 0; i < route.mirrors.size(); ++i) {
    if (draws.of(head, RouteDraws::Purpose::mirror, i).chance(route.mirrors[i].share)) {
      clusters.push_back(route.mirrors[i].cluster);
    }
  }
  if (clusters.empty()) return nullptr;
  auto plan = std::make_unique<MirrorPlan>();
  plan->clusters_ = std::move(clusters);
  plan->head_ = head.clone();
  plan->head_->set_authority(shadow_of(head.authority()));
  plan->timeout_ = route.timeout;
  return plan;
}

bool MirrorPlan::take(const Buffer& data) {
  if (body_.size() + data.size() > kBodyMost) return false;
  if (!data.empty()) body_.append(data.share(0, data.size()));
  return true;
}

class Mirrors::Copy final : public PoolWaiter, public ResponseReceiver {
 public:
  Copy(Mirrors& mirrors, std::shared_ptr<Upstream> upstream, UpstreamCluster::Host& host)
      : mirrors_(mirrors), upstream_(std::move(upstream)), host_(host) {
    ++upstream_->active_requests;
    upstream_->cluster().request_started(host_);
  }
  ~Copy() {
    withdraw();
    if (exchange_ != nullptr) exchange_->reset();
    upstream_->cluster().request_finished(host_);
    --upstream_->active_requests;
  }

  void begin(const MirrorPlan& plan) {
    head_ = plan.head_->clone();
    body_ = plan.body_.share(0, plan.body_.size());
    if (plan.trailers_ != nullptr) trailers_ = std::make_unique<Headers>(*plan.trailers_);
    ProxyContext& context = mirrors_.context_;
    begun_ = context.runtime.clock.now();
    if (plan.timeout_ > 0) {
      timeout_ =
          context.runtime.clock.after(plan.timeout_, [this] { end(Failure::timeout, UpstreamOutcome::timeout); });
    }
    Upstream::HostPool& pool = upstream_->pool_of(host_);
    pod_ = pool.pod;
    pool.pool.acquire(*this);  // which may be the end of this
  }

  std::size_t slot = 0;

 private:
  void on_connection(ClientConnection& connection, SocketAddress) override {
    exchange_ = &connection.open(*this);
    exchange_->send_head(std::move(head_), body_, trailers_ == nullptr);
    if (trailers_ != nullptr) exchange_->send_trailers(std::move(trailers_));
  }
  void on_pool_failure(PoolFailure failure, SocketAddress) override {
    if (failure == PoolFailure::overflow) return end(Failure::unreachable, std::nullopt);
    end(failure_of(failure), UpstreamOutcome::connect_failed);
  }
  void on_head(std::unique_ptr<ResponseHead> head, Buffer&, bool ends) override {
    status_ = head->status;
    upstream_->report(host_, outcome_of(status_));
    if (ends) on_end();
  }
  void on_data(Buffer& data, bool ends) override {
    data.clear();
    if (ends) on_end();
  }
  void on_end() {
    exchange_ = nullptr;
    end(failure_of_status(status_), std::nullopt);
  }
  void on_reset(ResetReason) override {
    exchange_ = nullptr;
    end(Failure::reset, UpstreamOutcome::connect_failed);
  }
  void end(Failure failure, std::optional<UpstreamOutcome> outcome) {
    if (outcome.has_value()) upstream_->report(host_, *outcome);
    ProxyContext& context = mirrors_.context_;
    if (pod_ != kNoPod) {
      AttemptRecord record;
      record.from_pod = context.pod;
      record.to_pod = pod_;
      record.at = begun_;
      record.done = context.runtime.clock.now();
      record.status = status_;
      record.failure = failure;
      context.recorder.attempt(record);
    }
    mirrors_.copies_.remove(*this);
  }

  Mirrors& mirrors_;
  const std::shared_ptr<Upstream> upstream_;
  UpstreamCluster::Host& host_;
  std::unique_ptr<RequestHead> head_;
  Buffer body_;
  std::unique_ptr<Headers> trailers_;
  ClientExchange* exchange_ = nullptr;
  std::uint32_t pod_ = kNoPod;
  std::uint16_t status_ = 0;
  Time begun_ = 0;
  Timer timeout_;
};

Mirrors::Mirrors(ProxyContext& context) : context_(context) {}
Mirrors::~Mirrors() {
  copies_.clear();
}

void Mirrors::send(const MirrorPlan& plan, RouteSource& routes) {
  for (const std::string& cluster : plan.clusters_) {
    if (copies_.size() >= kCopiesMost) return;
    std::shared_ptr<Upstream> upstream = routes.cluster(cluster);
    if (upstream == nullptr) continue;
    if (upstream->active_requests >= upstream->cluster().config().breakers.max_requests) continue;
    context_.runtime.cpu.charge(Operation::balance, 1);
    UpstreamCluster::Host* host = upstream->cluster().pick(context_.runtime.clock.now());
    if (host != nullptr) copies_.add(std::make_unique<Copy>(*this, std::move(upstream), *host)).begin(plan);
  }
}

}  // namespace meshtwin
