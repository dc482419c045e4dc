// The Kubernetes and Istio documents of a scenario: in its text, or in files that it names.

#include <algorithm>

#include "mesh/resource/nearest.h"
#include "mesh/resource/reading.h"
#include "mesh/resource/shape.h"
#include "mesh/resource/yaml.h"
#include "scenarios/documents.h"
#include "scenarios/language.h"
#include "scenarios/models.h"

namespace meshtwin {

namespace {

ReadOptions options_of(const Node& node) {
  ReadOptions options;
  for (const Node& kind : items_of(node.find("ignore"), Node::Kind::list)) options.ignored_kinds.push_back(kind.text);
  return options;
}

void read_file(Loading& loading, const Node& node, Resources& into) {
  static const ShapePtr shape = resource_file_shape();
  const std::size_t before = loading.problems.size();
  check_shape(node, *shape, loading.problems);
  if (loading.problems.size() != before) return;
  const Node& file = *node.find("file");
  const ReadOptions options = options_of(node);
  const std::size_t ignored = into.ignored;
  try {
    const std::string path = beside(loading, file.text);
    for (const Node& document : read_yaml(loading.source(read_text_file(path, kYamlBytesMost)), path, loading.problems))
      add_resource(document, into, loading.problems, options);
  } catch (const Problem& problem) {
    loading.problem(file, problem.text());
  }
  if (into.ignored > ignored)
    into.warnings.push_back(file.place().file + ":" + std::to_string(file.line) + ": " +
                            std::to_string(into.ignored - ignored) + " documents of " + file.text +
                            " are left out, as ignore says");
}

void add_ports(const Resources& resources, ProxyEntry& gateway) {
  const auto add = [&ports = gateway.ports](std::uint16_t port) {
    if (std::find(ports.begin(), ports.end(), port) == ports.end()) ports.push_back(port);
  };
  for (const IstioGateway& document : resources.gateways) {
    if (!selects(document.selector, gateway.labels)) continue;
    for (const GatewayServer& server : document.servers) add(server.port);
  }
  for (const KubeGateway& document : resources.kube_gateways) {
    if (document.meta.name != gateway.name) continue;
    for (const KubeGatewayListener& listener : document.listeners) add(listener.port);
  }
}

// What a gateway listens on, where its own entry does not say: what the documents that select it do, now or later.
void complete_gateway(const Loading& loading, ProxyEntry& gateway) {
  if (!gateway.ports.empty()) return;
  add_ports(loading.resources, gateway);
  for (const auto& [node, change] : loading.changes) add_ports(change, gateway);
  std::sort(gateway.ports.begin(), gateway.ports.end());
  if (gateway.ports.empty()) gateway.ports.push_back(80);
}

}  // namespace

void read_documents_of(Loading& loading, const Node& node, Resources& into) {
  if (node.find("file") != nullptr) return read_file(loading, node, into);
  add_resource(node, into, loading.problems);
}

void load_resources(Loading& loading) {
  for (const Node& node : items_of(loading.root.find("resources"), Node::Kind::list))
    read_documents_of(loading, node, loading.resources);
  load_changes(loading);
  for (ProxyEntry& gateway : loading.mesh.gateways) complete_gateway(loading, gateway);
}

void check_rule_hosts(Loading& loading) {
  const Resources& resources = loading.resources;
  for (std::size_t i = 0; i < resources.hosts.size(); ++i) {
    const std::string& name_space = resources.destination_rules[i].meta.name_space;
    Node host = resources.hosts[i];
    if (host.text.find('*') != std::string::npos || loading.find_host(host.text, name_space)) continue;
    for (const char* suffix : {kServiceDomain, ".svc", ".default"})
      if (host.text.ends_with(suffix)) host.text.resize(host.text.size() - std::string_view(suffix).size());
    loading.host(&host, name_space);
  }
}

}  // namespace meshtwin
