#include "mesh/roles/static_proxy.h"

#include <optional>
#include <stdexcept>
#include <utility>

#include "mesh/proxy/gateway_proxy.h"
#include "mesh/proxy/proxy_telemetry.h"
#include "mesh/proxy/workload_index.h"
#include "mesh/proxy/ztunnel_pod.h"
#include "mesh/wire/hbone.h"
#include "mesh/wire/tls.h"

namespace meshtwin {
namespace {

// What every kind stands on.
struct Ground {
  Ground(const StaticProxyConfig& config, const RoleSurroundings& given) : surroundings(given) {
    if (!config.fixed_listeners.empty()) fixed.emplace(given.network, config.fixed_listeners);
    if (config.credential == nullptr) return;
    auto credential = std::make_shared<Credential>(*config.credential);
    if (config.key_provider) {
      credential->signer = make_batch_signer(given.runtime, config.key_provider, credential->key_pem);
      credential->key_pem.clear();
    }
    tls = make_tls_context(given.wire, given.runtime, std::move(credential), config.trust);
    tunnels = make_hbone_pool(given.runtime, network(), codecs_of(given.wire).http2, *tls);
  }

  Network& network() { return fixed.has_value() ? *fixed : surroundings.network; }
  RoleSurroundings own() {
    return {surroundings.runtime, network(),        surroundings.recorder,
            surroundings.wire,    surroundings.pod, surroundings.pod_of_ip};
  }

  const RoleSurroundings surroundings;
  std::optional<FixedListeners> fixed;
  std::unique_ptr<TlsContext> tls;
  std::unique_ptr<HbonePool> tunnels;
};

// It knows of itself what its file says: its name, and its identity.
std::unique_ptr<ProxyTelemetry> make_telemetry(ProxyContext& context, const StaticProxyConfig& config) {
  if (!config.metrics) return nullptr;
  TelemetryConfig telemetry;
  telemetry.self.workload = telemetry.self.app = config.name;
  telemetry.access_log_format = config.access_log_format;
  const bool gateway = std::holds_alternative<StaticGateway>(config.proxy);
  return std::make_unique<ProxyTelemetry>(context, telemetry, Reporter::source, !gateway,
                                          config.credential == nullptr ? "" : config.credential->facts.uri);
}

template <typename Proxy>
class StaticProxy final : public Role {
 public:
  template <typename... Options>
  StaticProxy(const StaticProxyConfig& config, const RoleSurroundings& surroundings, const Options&... options)
      : config_(config),
        ground_(config, surroundings),
        context_(
            make_proxy_context(ground_.own(), config.name, surroundings.pod, ground_.tls.get(), ground_.tunnels.get())),
        telemetry_(make_telemetry(context_, config)),
        proxy_(context_, options...) {
    context_.http_limits = config.http_limits;
    context_.access_log = !config.access_log.empty();
    context_.access_log_format = config.access_log_format;
  }

  void start(Callback on_ready) override {
    configure(proxy_.config());
    if (!proxy_.listen() || (telemetry_ != nullptr && !telemetry_->listen({kEnvoyMetricsPort}))) {
      const auto taken = ground_.fixed.has_value() ? ground_.fixed->taken() : std::nullopt;
      throw std::runtime_error((taken.has_value() ? to_string(*taken) : "one of the proxy's ports") +
                               " is taken by another program");
    }
    on_ready();
  }

 private:
  void configure(ConfigSink& sink) const {
    const auto check = [](const std::optional<std::string>& mistake) {
      if (mistake.has_value()) throw std::runtime_error(*mistake);
    };
    for (const auto& cluster : config_.clusters) check(sink.on_cluster(std::make_shared<ClusterConfig>(cluster)));
    for (const auto& assignment : config_.assignments)
      check(sink.on_assignment(std::make_shared<ClusterAssignment>(assignment)));
    for (const auto& routes : config_.routes) check(sink.on_routes(std::make_shared<RouteConfig>(routes)));
    for (const auto& listener : config_.listeners) check(sink.on_listener(std::make_shared<ListenerConfig>(listener)));
  }

  const StaticProxyConfig config_;
  Ground ground_;
  ProxyContext context_;
  const std::unique_ptr<ProxyTelemetry> telemetry_;  // null: none is kept
  Proxy proxy_;
};

// A ztunnel of one pod, as one object with the face of the other proxies.
class OnePodZtunnel {
 public:
  OnePodZtunnel(ProxyContext& context, const StaticZtunnel& config)
      : proxy_(context, context.network, *context.tls, index_, config.pod) {
    for (const WorkloadEntry& workload : config.workloads) index_.set(std::make_shared<WorkloadEntry>(workload));
  }

  bool listen() { return proxy_.listen(); }
  ConfigSink& config() { return nothing_; }

 private:
  // It is told of workloads only.
  struct Nothing final : ConfigSink {
    std::optional<std::string> on_listener(std::shared_ptr<const ListenerConfig>) override { return std::nullopt; }
    std::optional<std::string> on_routes(std::shared_ptr<const RouteConfig>) override { return std::nullopt; }
    std::optional<std::string> on_cluster(std::shared_ptr<const ClusterConfig>) override { return std::nullopt; }
    std::optional<std::string> on_assignment(std::shared_ptr<const ClusterAssignment>) override { return std::nullopt; }
    void on_removed(const char*, const std::string&) override {}
  };

  Nothing nothing_;
  WorkloadIndex index_;
  ZtunnelPodProxy proxy_;
};

}  // namespace

std::unique_ptr<Role> make_static_proxy(const StaticProxyConfig& config, const RoleSurroundings& surroundings) {
  if (const auto* sidecar = std::get_if<SidecarProxyOptions>(&config.proxy))
    return std::make_unique<StaticProxy<SidecarProxy>>(config, surroundings, *sidecar);
  if (const auto* gateway = std::get_if<StaticGateway>(&config.proxy))
    return std::make_unique<StaticProxy<GatewayProxy>>(config, surroundings, gateway->ports);
  if (config.credential == nullptr) throw std::invalid_argument("a ztunnel without a certificate");
  return std::make_unique<StaticProxy<OnePodZtunnel>>(config, surroundings, std::get<StaticZtunnel>(config.proxy));
}

}  // namespace meshtwin
