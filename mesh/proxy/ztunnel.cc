#include "mesh/proxy/ztunnel.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "mesh/runtime/clock.h"
#include "mesh/wire/tls.h"

namespace meshtwin {

class Ztunnel::Sink final : public ConfigSink {
 public:
  Sink(WorkloadIndex& index, ProxyTelemetry& telemetry) : index_(index), telemetry_(telemetry) {}

  std::optional<std::string> on_workload(std::shared_ptr<const WorkloadEntry> workload) override {
    if (workload->uid.empty()) return "a workload without a uid";
    telemetry_.name(workload->ip, workload->labels);
    index_.set(std::move(workload));
    return std::nullopt;
  }
  std::optional<std::string> on_service(std::shared_ptr<const ServiceEntryPoint> service) override {
    if (service->host.empty()) return "a service without a host name";
    index_.set(std::move(service));
    return std::nullopt;
  }
  void on_removed(const char*, const std::string& name) override { index_.remove(name); }
  // Of no use to it, and not asked for.
  std::optional<std::string> on_listener(std::shared_ptr<const ListenerConfig>) override { return std::nullopt; }
  std::optional<std::string> on_routes(std::shared_ptr<const RouteConfig>) override { return std::nullopt; }
  std::optional<std::string> on_cluster(std::shared_ptr<const ClusterConfig>) override { return std::nullopt; }
  std::optional<std::string> on_assignment(std::shared_ptr<const ClusterAssignment>) override { return std::nullopt; }

 private:
  WorkloadIndex& index_;
  ProxyTelemetry& telemetry_;
};

struct Ztunnel::Served {
  ZtunnelPod pod;
  std::unique_ptr<ZtunnelPodProxy> proxy;
  std::unique_ptr<ReadinessProbe> probe;  // null: it serves nothing
  Account* account = nullptr;
  bool reported_ready = false;
};

Ztunnel::Ztunnel(const ZtunnelConfig& config, const RoleSurroundings& surroundings)
    : config_(config),
      context_(make_proxy_context(surroundings, config.node_id, config.pod)),
      telemetry_(context_, config.telemetry, Reporter::source, true, ""),
      sink_(std::make_unique<Sink>(index_, telemetry_)),
      certificates_(surroundings.runtime, surroundings.network,
                    {.node_id = config.node_id,
                     .authority = {config.control_plane.ip, config.authority_port},
                     .modelled_wire = surroundings.wire == Wire::modelled,
                     .renewal_jitter = 0,
                     .key_provider = config.key_provider}),
      xds_(surroundings.runtime, surroundings.network,
           {.node_id = config.node_id,
            .control_plane = config.control_plane,
            .modelled_wire = surroundings.wire == Wire::modelled,
            .subscription = XdsSubscription::addresses},
           *sink_) {
  for (const ZtunnelPod& pod : config.pods) add_pod(pod, surroundings);
  telemetry_.ask_with([this](std::uint32_t ip) {
    if (const WorkloadEntry* peer = index_.find(ip)) telemetry_.name(ip, peer->labels);
  });
}

Ztunnel::~Ztunnel() = default;

void Ztunnel::add_pod(const ZtunnelPod& pod, const RoleSurroundings& surroundings) {
  const auto network = surroundings.pod_networks.find(pod.pod);
  if (network == surroundings.pod_networks.end()) {
    throw std::logic_error("ztunnel " + config_.node_id + ": the network of " + pod.name + " is not within its reach");
  }
  Account& account = accounts_[pod.identity];
  if (account.tls == nullptr) {
    account.tls = make_tls_context(surroundings.wire, surroundings.runtime, nullptr, nullptr);
  }
  auto served = std::make_unique<Served>();
  Served& s = *served;
  s.pod = pod;
  s.account = &account;
  s.proxy = std::make_unique<ZtunnelPodProxy>(context_, *network->second, *account.tls, index_, pod);
  if (pod.app_port != 0) {
    const ProbeOptions options{
        .target = {kLoopback, pod.app_port}, .interval = config_.probe_interval, .failures = config_.probe_failures};
    s.probe = std::make_unique<ReadinessProbe>(surroundings.runtime, *network->second, options, [this, &s](bool) {
      report_health(s);
      check_ready();
    });
  }
  pods_.push_back(std::move(served));
}

void Ztunnel::start(Callback on_ready) {
  on_ready_ = std::move(on_ready);
  if (!telemetry_.listen({kAgentMetricsPort})) {
    context_.recorder.event({context_.runtime.clock.now(), "listen_failed", config_.node_id, "port 15020 is taken"});
    return;
  }
  for (const auto& served : pods_) {
    if (served->proxy->listen()) continue;
    context_.recorder.event({context_.runtime.clock.now(), "listen_failed", config_.node_id,
                             "port 15001, 15006 or 15008 is taken in " + served->pod.name});
    return;
  }
  for (auto& [identity, account] : accounts_) {
    certificates_.want(identity, [this, &account = account](std::shared_ptr<const Credential> credential,
                                                            std::shared_ptr<const TrustBundle> trust) {
      account.tls->update(std::move(credential), std::move(trust));
      if (std::exchange(account.certified, true)) return;
      for (const auto& served : pods_) report_health(*served);
      check_ready();
    });
  }
  xds_.start([this] {
    synced_ = true;
    check_ready();
  });
  for (const auto& served : pods_) {
    if (served->probe != nullptr) served->probe->start();
  }
}

// Without a certificate nobody would get through to the application.
void Ztunnel::report_health(Served& served) {
  if (served.probe == nullptr) return;
  const bool ready = served.probe->ready() && served.account->certified;
  if (ready == served.reported_ready) return;
  served.reported_ready = ready;
  xds_.report_health(served.pod.node_id, ready, ready ? "" : "connections to the application fail");
}

void Ztunnel::check_ready() {
  if (!on_ready_ || !synced_) return;
  const bool all = std::ranges::all_of(pods_, [](const auto& served) {
    return served->account->certified && (served->probe == nullptr || served->probe->ready());
  });
  if (!all) return;
  Callback on_ready = std::move(on_ready_);
  on_ready_ = {};
  on_ready();
}

}  // namespace meshtwin
