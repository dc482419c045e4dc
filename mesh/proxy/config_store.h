#pragma once

// The configuration a sidecar has been given, and what a request finds in it. Most of it is never used by one sidecar,
// so that it holds references to what the control plane's snapshot shares, and makes an Upstream for a cluster, or
// remembers an authority's route, when the first request asks.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/control/xds_client.h"
#include "mesh/proxy/local_cluster.h"
#include "mesh/proxy/proxy_context.h"
#include "mesh/proxy/route_source.h"
#include "mesh/proxy/upstream.h"
#include "mesh/traffic/trace_labels.h"

namespace meshtwin {

class ConfigStore final : public ConfigSink {
 public:
  // `labels`: what the proxy remembers of its application's requests; outlives the store. Null: it has no application.
  explicit ConfigStore(ProxyContext& context, TraceLabels* labels = nullptr);
  ~ConfigStore();

  std::optional<std::string> on_listener(std::shared_ptr<const ListenerConfig> listener) override;
  std::optional<std::string> on_routes(std::shared_ptr<const RouteConfig> routes) override;
  std::optional<std::string> on_cluster(std::shared_ptr<const ClusterConfig> cluster) override;
  std::optional<std::string> on_assignment(std::shared_ptr<const ClusterAssignment> assignment) override;
  void on_removed(const char* type_url, const std::string& name) override;
  void on_config_applied(std::uint64_t version) override;
  std::optional<std::string> on_peer(std::shared_ptr<const WorkloadEntry> peer) override;

  // What takes connections to that destination: some TCP routes first, where its listener has such, then HTTP routes,
  // or one cluster for its bytes. None of these: no listener is for it.
  struct Match {
    std::shared_ptr<const ListenerConfig> tcp_routes;
    std::shared_ptr<RouteSource> routes;
    bool is_tcp = false;
    std::shared_ptr<Upstream> tcp_upstream;  // null: the listener's cluster is not known
  };
  Match match(SocketAddress original_destination);
  // Of what comes in for the application, now; null: there are none.
  std::shared_ptr<const HttpFilterMakers> inbound_filters() const;
  // Null: the cluster is not known. `destination`: where the client dialled, for what is passed through.
  std::shared_ptr<Upstream> upstream(const std::string& name, SocketAddress destination = {});
  // Of the listeners of no particular address; and who is told when the listeners change.
  std::set<std::uint16_t> listener_ports() const;
  void on_listeners_changed(Callback then) { listeners_changed_ = std::move(then); }

 private:
  class Outbound;
  struct Cluster {  // one of the first two may not have come
    std::shared_ptr<const ClusterConfig> config;
    std::shared_ptr<const ClusterAssignment> assignment;
    std::shared_ptr<Upstream> upstream;  // from its first use on

    const std::string& name() const { return config != nullptr ? config->name : assignment->cluster; }
  };

  std::vector<Cluster>::iterator place_of(std::string_view name);  // of the first that is not before it
  Cluster* find_cluster(std::string_view name);
  std::shared_ptr<Upstream> passthrough(SocketAddress destination);
  void remove_cluster(const std::string& name);
  void take_local(const std::shared_ptr<const ClusterAssignment>& assignment);
  void record_config(const std::string& subject, const char* what);

  ProxyContext& context_;
  TraceLabels* const labels_;
  Callback listeners_changed_;
  std::uint64_t generation_ = 0;  // counts changes, so that remembered routes know their age
  std::vector<std::shared_ptr<Outbound>> listeners_;
  std::vector<std::shared_ptr<const RouteConfig>> routes_;
  std::vector<Cluster> clusters_;  // by name
  bool zone_aware_ = false;        // some cluster is
  LocalCluster local_;             // looked for only then
  std::map<SocketAddress, std::shared_ptr<Upstream>> passthrough_;
};

// An upstream of one fixed address: the application behind an inbound listener, or a destination outside the mesh.
std::shared_ptr<Upstream> make_static_upstream(ProxyContext& context, const std::string& name, SocketAddress address,
                                               bool http2 = false);

}  // namespace meshtwin
