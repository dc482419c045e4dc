#include "tests/unit/control/mesh_documents.h"

#include <algorithm>

#include "mesh/resource/document_io.h"

namespace meshtwin::testing_control {
namespace {

std::string text_of(const std::string& cluster) {
  std::string text = cluster;
  if (text.starts_with("outbound|")) text = text.substr(9);
  const std::size_t domain = text.find(".svc.cluster.local");
  return domain == std::string::npos ? text : text.substr(0, domain);
}

std::string text_of(const RouteMatch& match) {
  static constexpr const char* kKinds[] = {"prefix", "segments", "exact", "regex"};
  std::string text = match.path + ' ' + kKinds[static_cast<std::size_t>(match.path_kind)];
  for (const HeaderMatch& header : match.headers) {
    text += ' ' + header.name + (header.invert ? "!=" : "=") + header.value.text;
  }
  for (const auto& [name, value] : match.query_params) text += " ?" + name + '=' + value.text;
  return text;
}

std::string text_of(const RouteConfigEntry& route) {
  std::string text = text_of(route.match) + " ->";
  if (!route.cluster.empty()) text += ' ' + text_of(route.cluster);
  for (const WeightedCluster& share : route.weighted_clusters) {
    text += ' ' + text_of(share.cluster) + ' ' + std::to_string(share.weight) + '%';
  }
  if (route.redirect) text += " redirect " + std::to_string(route.redirect->status);
  if (route.direct_response) text += " answer " + std::to_string(route.direct_response->status);
  return text;
}

}  // namespace

ControlPlaneConfig bookinfo() {
  ControlPlaneConfig config;
  config.patience = 0;
  ServiceDeclaration reviews{"reviews", "reviews.default.svc.cluster.local", 0x0a600001, {{"http", 8080, "http"}}, ""};
  reviews.selector = {{"app", "reviews"}};
  config.services.push_back(reviews);
  config.services.push_back(
      {"ratings", "ratings.default.svc.cluster.local", 0x0a600002, {{"http", 8080, "http"}, {"sql", 3306, "tcp"}}, ""});
  std::uint32_t ip = 0x0a000101;
  for (const char* version : {"v1", "v2", "v2"}) {
    PodDeclaration pod;
    pod.pod = static_cast<std::uint32_t>(config.pods.size());
    pod.name = "reviews-" + std::string(version) + '-' + std::to_string(pod.pod);
    pod.ip = ip++;
    pod.labels = {{"app", "reviews"}, {"version", version}};
    config.pods.push_back(pod);
  }
  return config;
}

std::shared_ptr<const MeshConfig> mesh_of(const std::string& documents, ControlPlaneConfig config) {
  const DocumentText text{documents, "test.yaml", 1};
  Resources resources = read_documents(std::span(&text, 1));
  return std::make_shared<const MeshConfig>(config, std::move(resources));
}

ProxyListeners told(const MeshConfig& mesh, const ProxyView& proxy) {
  return proxy_listeners(mesh, visible_to(mesh, proxy), proxy);
}

std::vector<std::string> routes(const ProxyListeners& told, const std::string& table, const std::string& domain) {
  std::vector<std::string> lines;
  const auto config = std::ranges::find(told.routes, table, &RouteConfig::name);
  if (config == told.routes.end()) return lines;
  for (const VirtualHost& host : config->virtual_hosts) {
    if (std::ranges::find(host.domains, domain) == host.domains.end()) continue;
    for (const RouteConfigEntry& route : host.routes) lines.push_back(text_of(route));
  }
  return lines;
}

}  // namespace meshtwin::testing_control
