#include "mesh/proxy/config_store.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "mesh/base/text_hash.h"
#include "mesh/proxy/listener_filters.h"
#include "mesh/proxy/mesh_metrics.h"
#include "mesh/traffic/cluster_mistake.h"
#include "mesh/traffic/tcp_route_match.h"

namespace meshtwin {
namespace {

constexpr std::size_t kRememberedAuthorities = 1024;
constexpr std::size_t kPassthroughDestinations = 256;

const Route& passthrough_route() {
  static const FixedRoute fixed("allow_any", std::string(kPassthroughCluster));
  return fixed.route();
}

std::shared_ptr<const ClusterAssignment> no_endpoints(const std::string& cluster) {
  auto assignment = std::make_shared<ClusterAssignment>();
  assignment->cluster = cluster;
  return assignment;
}

}  // namespace

// One listener, and the routes of the authorities that requests to it have named.
class ConfigStore::Outbound final : public RouteSource {
 public:
  Outbound(ConfigStore& store, std::shared_ptr<const ListenerConfig> config)
      : store_(store), config_(std::move(config)), filters_(make_filters()) {}

  const ListenerConfig& config() const { return *config_; }
  const std::shared_ptr<const ListenerConfig>& shared_config() const { return config_; }
  bool is_inbound() const { return config_->name == kVirtualInbound; }
  // Filters whose configuration stays keep what they know.
  void update(std::shared_ptr<const ListenerConfig> config) {
    const bool alike = config->filters == config_->filters;
    config_ = std::move(config);
    if (!alike) filters_ = make_filters();
  }

  RouteDecision decide(const RequestHead& head, SocketAddress original_destination, RouteDraws& draws) override;
  bool records_attempts() const override { return true; }
  std::shared_ptr<Upstream> cluster(const std::string& name) override { return store_.upstream(name); }
  std::shared_ptr<const HttpFilterMakers> filters() override { return filters_; }

 private:
  struct Remembered {
    std::uint32_t host = RouteTable::kNoHost;
    const std::string* cluster = nullptr;  // the last one used, and its upstream
    std::shared_ptr<Upstream> upstream;
  };

  std::shared_ptr<const HttpFilterMakers> make_filters() const {
    return make_listener_filters(store_.context_, config_->filters, store_.labels_, is_inbound());
  }
  void refresh();
  Remembered& remembered(std::string_view authority);

  ConfigStore& store_;
  std::shared_ptr<const ListenerConfig> config_;
  std::shared_ptr<const HttpFilterMakers> filters_;
  std::uint64_t generation_ = 0;
  std::shared_ptr<const RouteConfig> routes_;
  std::unordered_map<std::string, Remembered, TextHash, std::equal_to<>> remembered_;  // by authority
};

void ConfigStore::Outbound::refresh() {
  generation_ = store_.generation_;
  remembered_.clear();
  const auto found = std::find_if(store_.routes_.begin(), store_.routes_.end(),
                                  [this](const auto& routes) { return routes->name == config_->route_config; });
  routes_ = found == store_.routes_.end() ? nullptr : *found;
}

ConfigStore::Outbound::Remembered& ConfigStore::Outbound::remembered(std::string_view authority) {
  if (const auto known = remembered_.find(authority); known != remembered_.end()) return known->second;
  if (remembered_.size() >= kRememberedAuthorities) remembered_.clear();
  return remembered_
      .try_emplace(std::string(authority), Remembered{table_of(*routes_).find_host(authority), nullptr, nullptr})
      .first->second;
}

RouteDecision ConfigStore::Outbound::decide(const RequestHead& head, SocketAddress original_destination,
                                            RouteDraws& draws) {
  if (generation_ != store_.generation_) refresh();
  if (routes_ == nullptr) return {};
  Remembered& known = remembered(head.authority());
  if (known.host == RouteTable::kNoHost) {
    return {&passthrough_route(), nullptr, store_.passthrough(original_destination), nullptr};
  }
  const Route* route = table_of(*routes_).find_route(known.host, view_of(head));
  if (route == nullptr) return {};
  RouteDecision decision{route, nullptr, nullptr, routes_};
  const std::string* cluster = &route->config().cluster;
  if (!route->config().weighted_clusters.empty()) {
    decision.weighted = route->pick(draws.of(head, RouteDraws::Purpose::cluster).bits());
    cluster = &decision.weighted->cluster;
  }
  if (cluster->empty()) return decision;
  if (*cluster == kPassthroughCluster) {
    decision.upstream = store_.passthrough(original_destination);
  } else if (known.cluster != cluster || known.upstream == nullptr) {
    known.cluster = cluster;
    decision.upstream = known.upstream = store_.upstream(*cluster);
  } else {
    decision.upstream = known.upstream;
  }
  return decision;
}

ConfigStore::ConfigStore(ProxyContext& context, TraceLabels* labels)
    : context_(context), labels_(labels), local_(context) {}
ConfigStore::~ConfigStore() = default;

std::optional<std::string> ConfigStore::on_listener(std::shared_ptr<const ListenerConfig> listener) {
  if (listener->address.port == 0) return "listener " + listener->name + " has no port";
  if (std::string mistake = mistake_in_tcp_routes(*listener); !mistake.empty()) {
    return "listener " + listener->name + ": " + mistake;
  }
  ++generation_;
  const auto known =
      std::ranges::find_if(listeners_, [&](const auto& one) { return one->config().name == listener->name; });
  if (known != listeners_.end()) {
    (*known)->update(std::move(listener));
  } else {
    listeners_.push_back(std::make_shared<Outbound>(*this, std::move(listener)));
  }
  if (listeners_changed_) listeners_changed_();
  return std::nullopt;
}

std::optional<std::string> ConfigStore::on_routes(std::shared_ptr<const RouteConfig> routes) {
  if (const std::string& mistake = table_of(*routes).problem(); !mistake.empty()) return mistake;
  ++generation_;
  for (std::shared_ptr<const RouteConfig>& known : routes_) {
    if (known->name == routes->name) {
      known = std::move(routes);
      return std::nullopt;
    }
  }
  routes_.push_back(std::move(routes));
  return std::nullopt;
}

std::optional<std::string> ConfigStore::on_cluster(std::shared_ptr<const ClusterConfig> config) {
  if (config->name.empty()) return "a cluster without a name";
  if (const std::string mistake = mistake_in(*config); !mistake.empty()) return config->name + ": " + mistake;
  zone_aware_ = zone_aware_ || config->zone_aware.has_value();
  Cluster* known = find_cluster(config->name);
  if (known == nullptr) {
    ++generation_;
    const auto place = place_of(config->name);
    clusters_.insert(place, Cluster{std::move(config), nullptr, nullptr});
    return std::nullopt;
  }
  if (known->config == nullptr) ++generation_;
  known->config = std::move(config);
  if (known->upstream != nullptr) {
    known->upstream->update_config(known->config);
    local_.tell(known->upstream->cluster());
    record_config(known->config->name, "cluster");
  }
  return std::nullopt;
}

std::optional<std::string> ConfigStore::on_assignment(std::shared_ptr<const ClusterAssignment> assignment) {
  if (zone_aware_) take_local(assignment);
  Cluster* known = find_cluster(assignment->cluster);
  if (known == nullptr) {
    const auto place = place_of(assignment->cluster);
    clusters_.insert(place, Cluster{nullptr, std::move(assignment), nullptr});
    return std::nullopt;
  }
  known->assignment = std::move(assignment);
  if (known->upstream != nullptr) {
    known->upstream->update_assignment(known->assignment);
    record_config(known->assignment->cluster, "endpoints");
  } else if (known->config != nullptr && known->config->slow_start) {
    upstream(known->config->name);  // from now on it knows who joined when
  }
  return std::nullopt;
}

void ConfigStore::on_removed(const char* type_url, const std::string& name) {
  const std::string_view type(type_url);
  if (type.ends_with(".Workload")) return;  // what was counted stays
  ++generation_;
  if (type.ends_with(".Listener")) {
    std::erase_if(listeners_, [&](const auto& listener) { return listener->config().name == name; });
    if (listeners_changed_) listeners_changed_();
  } else if (type.ends_with(".RouteConfiguration")) {
    std::erase_if(routes_, [&](const auto& routes) { return routes->name == name; });
  } else if (type.ends_with(".Cluster")) {
    remove_cluster(name);
  } else if (Cluster* known = find_cluster(name); known != nullptr && known->config != nullptr) {
    on_assignment(no_endpoints(name));
  }
}

void ConfigStore::on_config_applied(std::uint64_t version) {
  context_.recorder.event(
      {context_.runtime.clock.now(), "config_applied", context_.node_id, "version " + std::to_string(version)});
}

std::optional<std::string> ConfigStore::on_peer(std::shared_ptr<const WorkloadEntry> peer) {
  for (MeshMetrics* metrics : {context_.metrics, context_.inbound_metrics}) {
    if (metrics != nullptr) metrics->name(peer->ip, peer->labels);
  }
  return std::nullopt;
}

void ConfigStore::remove_cluster(const std::string& name) {
  if (Cluster* known = find_cluster(name)) clusters_.erase(clusters_.begin() + (known - clusters_.data()));
}

ConfigStore::Match ConfigStore::match(SocketAddress original_destination) {
  std::shared_ptr<Outbound> found;
  for (const std::shared_ptr<Outbound>& listener : listeners_) {
    if (listener->is_inbound()) continue;
    const SocketAddress address = listener->config().address;
    if (address == original_destination) {
      found = listener;
      break;
    }
    if (address.port == original_destination.port && address.ip == 0) found = listener;
  }
  if (found == nullptr) return {};
  const ListenerConfig& config = found->config();
  Match match;
  if (!config.tcp_routes.empty()) match.tcp_routes = found->shared_config();
  match.is_tcp = !config.cluster.empty();
  if (match.is_tcp) {
    match.tcp_upstream = upstream(config.cluster, original_destination);
  } else if (!config.route_config.empty()) {
    match.routes = std::move(found);
  }
  return match;
}

std::shared_ptr<const HttpFilterMakers> ConfigStore::inbound_filters() const {
  for (const std::shared_ptr<Outbound>& listener : listeners_) {
    if (listener->is_inbound()) return listener->filters();
  }
  return nullptr;
}

std::set<std::uint16_t> ConfigStore::listener_ports() const {
  std::set<std::uint16_t> ports;
  for (const std::shared_ptr<Outbound>& listener : listeners_) {
    const SocketAddress address = listener->config().address;
    if (!listener->is_inbound() && address.ip == 0) ports.insert(address.port);
  }
  return ports;
}

std::vector<ConfigStore::Cluster>::iterator ConfigStore::place_of(std::string_view name) {
  return std::lower_bound(clusters_.begin(), clusters_.end(), name,
                          [](const Cluster& c, std::string_view n) { return c.name() < n; });
}

ConfigStore::Cluster* ConfigStore::find_cluster(std::string_view name) {
  const auto at = place_of(name);
  return at == clusters_.end() || at->name() != name ? nullptr : &*at;
}

std::shared_ptr<Upstream> ConfigStore::upstream(const std::string& name, SocketAddress destination) {
  if (name == kPassthroughCluster && destination.port != 0) return passthrough(destination);
  Cluster* known = find_cluster(name);
  if (known == nullptr || known->config == nullptr) return nullptr;
  if (known->upstream == nullptr) {
    if (known->assignment == nullptr) known->assignment = no_endpoints(name);
    known->upstream = std::make_shared<Upstream>(context_, known->config, known->assignment);
    local_.tell(known->upstream->cluster());
  }
  return known->upstream;
}

std::shared_ptr<Upstream> ConfigStore::passthrough(SocketAddress destination) {
  std::shared_ptr<Upstream>& upstream = passthrough_[destination];
  if (upstream == nullptr) {
    std::shared_ptr<Upstream> made = make_static_upstream(context_, std::string(kPassthroughCluster), destination);
    if (passthrough_.size() > kPassthroughDestinations) {
      passthrough_.clear();  // those in use live on with their exchanges
      return made;
    }
    upstream = std::move(made);
  }
  return upstream;
}

void ConfigStore::take_local(const std::shared_ptr<const ClusterAssignment>& assignment) {
  if (!local_.take(assignment)) return;
  for (Cluster& cluster : clusters_) {
    if (cluster.upstream != nullptr) local_.tell(cluster.upstream->cluster());
  }
}

void ConfigStore::record_config(const std::string& subject, const char* what) {
  context_.recorder.event({context_.runtime.clock.now(), "config", subject, context_.node_id + ": " + what});
}

std::shared_ptr<Upstream> make_static_upstream(ProxyContext& context, const std::string& name, SocketAddress address,
                                               bool http2) {
  auto config = std::make_shared<ClusterConfig>();
  config->name = name;
  config->http2 = http2;
  config->lb_policy = LbPolicy::round_robin;
  config->connect_timeout = 10 * kSecond;
  constexpr std::uint32_t kUnlimited = 0xffffffff;  // Istio's defaults
  config->breakers = {kUnlimited, kUnlimited, kUnlimited, kUnlimited};
  auto assignment = std::make_shared<ClusterAssignment>();
  assignment->cluster = name;
  LocalityEndpoints here;
  EndpointConfig endpoint;
  endpoint.address = address;
  here.endpoints.push_back(endpoint);
  assignment->localities.push_back(std::move(here));
  return std::make_shared<Upstream>(context, std::move(config), std::move(assignment));
}

}  // namespace meshtwin
