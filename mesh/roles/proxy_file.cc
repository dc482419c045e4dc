#include "mesh/roles/proxy_file.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <utility>

#include "mesh/identity/trust_of_chain.h"
#include "mesh/proxy/proxy_telemetry.h"
#include "mesh/resource/nearest.h"
#include "mesh/resource/reading.h"
#include "mesh/resource/shape.h"
#include "mesh/resource/yaml.h"
#include "mesh/wire/hbone.h"

namespace meshtwin {
namespace {

using Kind = Shape::Kind;

constexpr std::size_t kPemBytesMost = 1 << 20;
constexpr std::uint32_t kUnlimited = 0xffffffff;  // Istio's breakers

ShapePtr text() {
  return scalar(Kind::text);
}
ShapePtr time_shape() {
  return quantity(Kind::time, 0, 24 * 3600 * kSecond);
}
ShapePtr port() {
  return integer(1, 65535);
}

ShapePtr identity_shape() {
  const ShapePtr provider =
      object({{"poll_delay", quantity(Kind::time, kMicrosecond, kSecond), true, "after the first signature of a batch"},
              {"batch", integer(1, 64), false, "signatures made together; default: 8"}});
  return object({{"certificate", text(), true, "PEM file: its chain, leaf first, with a SPIFFE ID"},
                 {"key", text(), true, "PEM file: its private key"},
                 {"roots", text(), true, "PEM file: the certificates of whom it trusts"},
                 {"private_key_provider", provider, false, "signs in batches; default: each handshake at once"}});
}

ShapePtr listener_shape() {
  const ShapePtr route = object({{"prefix", text(), false, "of the path; default: /"},
                                 {"cluster", text(), true, "where matching requests go"},
                                 {"timeout", time_shape(), false, "default: none"},
                                 {"retries", integer(0, 100), false, "default: 2"}});
  return object({{"listen", text(), true, "address and port, such as 127.0.0.1:9001"},
                 {"protocol", word({"http", "tcp"}), false, "default: http"},
                 {"cluster", text(), false, "where everything goes"},
                 {"routes", list_of(route, 1), false, "of HTTP, first match"}},
                {"cluster", "routes"});
}

ShapePtr clusters_shape() {
  const ShapePtr cluster =
      object({{"endpoints", list_of(text(), 1), true, "addresses and ports"},
              {"protocol", word({"http", "http2"}), false, "to the endpoints; default: http"},
              {"transport", word({"plain", "mtls", "hbone"}), false, "default: plain"},
              {"identities", list_of(text(), 1), false, "SPIFFE IDs, of which an endpoint must have one"},
              {"balancer", word({"least_request", "round_robin", "random"}), false, "default: least_request"},
              {"connect_timeout", time_shape(), false, "default: 10s"}});
  return map_of(scalar(Kind::name), cluster);
}

std::vector<Field> with_metrics(std::vector<Field> fields);

// Of the proxies that look into HTTP.
std::vector<Field> with_http_keys(std::vector<Field> fields) {
  const ShapePtr limits =
      object({{"request_head", time_shape(), false, "from a head's first byte to its last; default: 60s"},
              {"stream_idle", time_shape(), false, "default: 5m"},
              {"connection_idle", time_shape(), false, "default: 1h"}});
  fields.push_back({"limits", limits, false, "of time, on its clients; 0s: none"});
  fields.push_back(
      {"access_log", text(), false, "file that gets a line for each request; stdout: the standard output"});
  fields.push_back({"access_log_format", word({"text", "json"}), false, "default: text"});
  return with_metrics(std::move(fields));
}

std::vector<Field> with_metrics(std::vector<Field> fields) {
  fields.push_back(
      {"metrics", text(), false, "address and port where GET /stats/prometheus gives them; default: none"});
  return fields;
}

ShapePtr sidecar_shape() {
  const ShapePtr application = object({{"port", port(), true, "on 127.0.0.1"},
                                       {"protocol", word({"http", "http2", "tcp"}), false, "default: http"},
                                       {"listen", list_of(text(), 1), true, "where requests for it come in"}});
  return object(
      with_http_keys({{"identity", identity_shape(), false, "for mutual TLS"},
                      {"mtls", word({"strict", "permissive", "disable"}), false,
                       "of what comes in; default: strict with an identity, else disable"},
                      {"application", application, false, "behind it"},
                      {"outbound", list_of(listener_shape()), false, "listeners for what the application sends out"},
                      {"clusters", clusters_shape(), false, "whom it sends to, by name"}}));
}

ShapePtr gateway_shape() {
  return object(with_http_keys({{"identity", identity_shape(), false, "for mutual TLS to its clusters"},
                                {"listeners", list_of(listener_shape(), 1), true, "for requests from outside"},
                                {"clusters", clusters_shape(), true, "whom it sends to, by name"}}));
}

ShapePtr ztunnel_shape() {
  const ShapePtr plaintext =
      object({{"listen", text(), true, "address and port"}, {"port", port(), true, "of the application"}});
  const ShapePtr pod = object({{"ip", text(), true, "the pod's; tunnels are taken on its port 15008"},
                               {"plaintext", list_of(plaintext), false, "connections taken without a tunnel"}});
  const ShapePtr outbound = object({{"listen", text(), true, "address and port"},
                                    {"to", text(), true, "as if dialled: a workload's address and port"}});
  const ShapePtr workload =
      object({{"ip", text(), true, "its address"},
              {"identity", text(), false, "its SPIFFE ID; without one it is dialled in plaintext"}});
  return object(
      with_metrics({{"identity", identity_shape(), true, "of the pod"},
                    {"pod", pod, true, "whom it serves"},
                    {"outbound", list_of(outbound), false, "listeners for what the pod sends out"},
                    {"workloads", list_of(workload), false, "pods it knows; all else is dialled in plaintext"}}));
}

struct Loading {
  const Node& root;
  const std::string& path;
  ProblemList problems;
  StaticProxyConfig config;
};

SocketAddress read_address(Loading& loading, const Node* node) {
  if (node == nullptr || node->kind != Node::Kind::scalar) return {};
  const SocketAddress address = parse_socket_address(node->text);
  if (address.port == 0)
    loading.problems.add(node->place(),
                         "found " + describe(*node) + ", expected an address and a port, such as 127.0.0.1:9001");
  return address;
}

std::uint32_t read_ip(Loading& loading, const Node* node) {
  if (node == nullptr || node->kind != Node::Kind::scalar) return 0;
  const SocketAddress address = parse_socket_address(node->text + ":1");
  if (address.port == 0)
    loading.problems.add(node->place(), "found " + describe(*node) + ", expected an IPv4 address, such as 127.0.0.2");
  return address.ip;
}

SpiffeId read_identity(Loading& loading, const Node& node) {
  const std::optional<SpiffeId> id = parse_spiffe_id(node.text);
  if (!id.has_value())
    loading.problems.add(node.place(),
                         "found " + describe(node) + ", expected a SPIFFE ID: spiffe://DOMAIN/ns/NAMESPACE/sa/ACCOUNT");
  return id.value_or(SpiffeId());
}

std::string read_beside(Loading& loading, const Node* name) {
  if (name == nullptr || name->kind != Node::Kind::scalar) return {};
  const std::filesystem::path beside = std::filesystem::path(loading.path).parent_path() / name->text;
  try {
    return read_text_file(beside.string(), kPemBytesMost);
  } catch (const Problem& problem) {
    loading.problems.add(name->place(), problem.place().file + ": " + problem.what());
    return {};
  }
}

void load_identity(Loading& loading) {
  const Node* node = loading.root.find("identity");
  if (node == nullptr) return;
  const std::string chain = read_beside(loading, node->find("certificate"));
  const std::string key = read_beside(loading, node->find("key"));
  const std::string roots = read_beside(loading, node->find("roots"));
  if (chain.empty() || key.empty() || roots.empty()) return;
  auto credential = std::make_shared<Credential>();
  auto trust = std::make_shared<TrustBundle>();
  const std::string wrong = assemble_identity(chain, key, roots, *credential, *trust);
  if (!wrong.empty()) return loading.problems.add(node->place(), "found an identity of which " + wrong);
  loading.config.credential = std::move(credential);
  if (const Node* provider = node->find("private_key_provider")) {
    loading.config.key_provider.poll_delay = read_time(provider, "poll_delay", kMillisecond);
    loading.config.key_provider.batch = static_cast<std::uint32_t>(read_integer(provider, "batch", 8));
  }
  loading.config.trust = std::move(trust);
}

LbPolicy balancer_of(const std::string& word) {
  if (word == "round_robin") return LbPolicy::round_robin;
  return word == "random" ? LbPolicy::random : LbPolicy::least_request;
}

void load_cluster(Loading& loading, const Node& key, const Node& node) {
  ClusterConfig cluster;
  cluster.name = key.text;
  cluster.http2 = read_text(&node, "protocol") == "http2";
  cluster.lb_policy = balancer_of(read_text(&node, "balancer"));
  cluster.connect_timeout = read_time(&node, "connect_timeout", 10 * kSecond);
  cluster.breakers = {kUnlimited, kUnlimited, kUnlimited, kUnlimited};
  cluster.server_name = cluster.name;
  for (const Node& id : items_of(node.find("identities"), Node::Kind::list))
    cluster.identities.push_back(to_string(read_identity(loading, id)));
  const std::string transport = read_text(&node, "transport", "plain");
  if (transport != "plain" && cluster.identities.empty())
    loading.problems.add(key.place(), "found transport: " + transport +
                                          " without identities, expected whom the endpoints must prove to be");
  if (transport != "plain" && loading.root.find("identity") == nullptr)
    loading.problems.add(key.place(),
                         "found transport: " + transport + " in a proxy without identity, expected the key identity");
  LocalityEndpoints here;
  for (const Node& at : items_of(node.find("endpoints"), Node::Kind::list)) {
    EndpointConfig endpoint;
    endpoint.address = read_address(loading, &at);
    endpoint.transport = transport == "hbone"  ? EndpointTransport::hbone
                         : transport == "mtls" ? EndpointTransport::mtls
                                               : EndpointTransport::plain;
    here.endpoints.push_back(endpoint);
  }
  ClusterAssignment assignment;
  assignment.cluster = cluster.name;
  assignment.localities.push_back(std::move(here));
  loading.config.clusters.push_back(std::move(cluster));
  loading.config.assignments.push_back(std::move(assignment));
}

void load_clusters(Loading& loading) {
  const Node* clusters = loading.root.find("clusters");
  const auto items = items_of(clusters, Node::Kind::map);
  for (std::size_t i = 0; i < items.size(); ++i) load_cluster(loading, clusters->keys[i], items[i]);
}

std::string known_cluster(Loading& loading, const Node* name) {
  if (name == nullptr || name->kind != Node::Kind::scalar) return {};
  std::vector<std::string> known;
  for (const ClusterConfig& cluster : loading.config.clusters) known.push_back(cluster.name);
  if (std::ranges::find(known, name->text) == known.end())
    loading.problems.add(name->place(), "found " + describe(*name) + ", expected " +
                                            (known.empty() ? "a name under clusters, of which there are none"
                                                           : "one of the clusters " + listing(known)) +
                                            suggestion(name->text, known));
  return name->text;
}

RouteConfigEntry read_route(Loading& loading, const Node& node) {
  RouteConfigEntry route;
  route.match.path = read_text(&node, "prefix", "/");
  route.cluster = known_cluster(loading, node.find("cluster"));
  route.name = route.cluster;
  route.timeout = read_time(&node, "timeout");
  route.retry.attempts = static_cast<std::uint32_t>(read_integer(&node, "retries", 2));
  route.retry.on_connect_failure = route.retry.on_refused_stream = true;  // Istio's defaults
  route.retry.on_unavailable = route.retry.on_cancelled = true;
  return route;
}

// `matched`: the address under which the proxy looks for it.
void load_listener(Loading& loading, const Node& node, SocketAddress at, SocketAddress matched,
                   std::uint16_t stands_for) {
  ListenerConfig listener;
  listener.name = to_string(at);
  listener.address = matched;
  if (read_text(&node, "protocol", "http") == "tcp") {
    if (const Node* routes = node.find("routes"))
      loading.problems.add(routes->place(), "found routes of a TCP listener, expected a cluster");
    listener.cluster = known_cluster(loading, node.find("cluster"));
  } else {
    RouteConfig table;
    table.name = listener.route_config = listener.name;
    VirtualHost& all = table.virtual_hosts.emplace_back();
    all.name = "all";
    all.domains = {"*"};
    if (node.find("cluster") != nullptr) all.routes.push_back(read_route(loading, node));
    for (const Node& route : items_of(node.find("routes"), Node::Kind::list))
      all.routes.push_back(read_route(loading, route));
    loading.config.routes.push_back(std::move(table));
  }
  loading.config.listeners.push_back(std::move(listener));
  loading.config.fixed_listeners.push_back({at, stands_for, {}});
}

void load_http_keys(Loading& loading) {
  HttpLimits& limits = loading.config.http_limits;
  const Node* node = loading.root.find("limits");
  limits.request_head = read_time(node, "request_head", limits.request_head);
  limits.stream_idle = read_time(node, "stream_idle", limits.stream_idle);
  limits.connection_idle = read_time(node, "connection_idle", limits.connection_idle);
  loading.config.access_log = read_text(&loading.root, "access_log");
  const bool json = read_text(&loading.root, "access_log_format") == "json";
  loading.config.access_log_format = json ? AccessLogFormat::json : AccessLogFormat::text;
}

void load_metrics(Loading& loading) {
  const Node* at = loading.root.find("metrics");
  if (at == nullptr) return;
  loading.config.metrics = true;
  const SocketAddress address = read_address(loading, at);
  if (loading.config.fixed_listeners.empty() && address.port != kEnvoyMetricsPort && address.port != 0) {
    // Where traffic is captured it listens on its usual ports.
    return loading.problems.add(
        at->place(),
        "found " + describe(*at) + " in a proxy without listeners, expected port " + std::to_string(kEnvoyMetricsPort));
  }
  if (loading.config.fixed_listeners.empty()) return;
  loading.config.fixed_listeners.push_back({address, kEnvoyMetricsPort, {}});
}

void load_sidecar(Loading& loading) {
  SidecarProxyOptions options;
  const bool identified = loading.root.find("identity") != nullptr;
  const std::string mtls = read_text(&loading.root, "mtls", identified ? "strict" : "disable");
  options.mtls = mtls == "strict" ? Mtls::strict : mtls == "permissive" ? Mtls::permissive : Mtls::disable;
  if (options.mtls != Mtls::disable && !identified)
    loading.problems.add(loading.root.find("mtls")->place(),
                         "found mtls: " + mtls + " in a proxy without identity, expected the key identity");
  if (loading.config.credential != nullptr) options.identity = loading.config.credential->facts.uri;
  for (const Node& node : items_of(loading.root.find("outbound"), Node::Kind::list)) {
    const SocketAddress at = read_address(loading, node.find("listen"));
    load_listener(loading, node, at, at, kOutboundPort);
  }
  if (const Node* application = loading.root.find("application")) {
    options.app_port = static_cast<std::uint16_t>(read_integer(application, "port", 1));
    const std::string protocol = read_text(application, "protocol");
    options.app_protocol = protocol == "http2" ? AppProtocol::http2
                           : protocol == "tcp" ? AppProtocol::tcp
                                               : AppProtocol::http1;
    for (const Node& listen : items_of(application->find("listen"), Node::Kind::list)) {
      const SocketAddress at = read_address(loading, &listen);
      loading.config.fixed_listeners.push_back({at, kInboundPort, {at.ip, options.app_port}});
    }
  }
  loading.config.proxy = std::move(options);
}

// It tells its listeners apart by port: each stands for one of its own.
void load_gateway(Loading& loading) {
  StaticGateway gateway;
  for (const Node& node : items_of(loading.root.find("listeners"), Node::Kind::list)) {
    const auto number = static_cast<std::uint16_t>(gateway.ports.size() + 1);
    if (read_text(&node, "protocol") == "tcp")
      loading.problems.add(node.find("protocol")->place(), "found a TCP listener of a gateway, expected http");
    load_listener(loading, node, read_address(loading, node.find("listen")), {0, number}, number);
    gateway.ports.push_back(number);
  }
  loading.config.proxy = std::move(gateway);
}

void load_ztunnel(Loading& loading) {
  StaticZtunnel ztunnel;
  auto& fixed = loading.config.fixed_listeners;
  const Node* pod = loading.root.find("pod");
  ztunnel.pod.name = ztunnel.pod.node_id = loading.config.name;
  ztunnel.pod.ip = read_ip(loading, child(pod, "ip"));
  if (loading.config.credential != nullptr)
    ztunnel.pod.identity = parse_spiffe_id(loading.config.credential->facts.uri).value_or(SpiffeId());
  fixed.push_back({{ztunnel.pod.ip, kHbonePort}, kHbonePort, {}});
  for (const Node& node : items_of(child(pod, "plaintext"), Node::Kind::list)) {
    const SocketAddress at = read_address(loading, node.find("listen"));
    fixed.push_back({at, kInboundPort, {at.ip, static_cast<std::uint16_t>(read_integer(&node, "port", 1))}});
  }
  for (const Node& node : items_of(loading.root.find("outbound"), Node::Kind::list))
    fixed.push_back(
        {read_address(loading, node.find("listen")), kOutboundPort, read_address(loading, node.find("to"))});
  for (const Node& node : items_of(loading.root.find("workloads"), Node::Kind::list)) {
    WorkloadEntry workload;
    workload.ip = read_ip(loading, node.find("ip"));
    workload.uid = workload.name = ip_to_string(workload.ip);
    if (const Node* identity = node.find("identity")) {
      workload.identity = read_identity(loading, *identity);
      workload.hbone = true;
    }
    ztunnel.workloads.push_back(std::move(workload));
  }
  loading.config.proxy = std::move(ztunnel);
}

void check_addresses(Loading& loading) {
  std::vector<SocketAddress> all;
  for (const FixedListener& listener : loading.config.fixed_listeners) all.push_back(listener.at);
  std::ranges::sort(all);
  const auto twice = std::ranges::adjacent_find(all);
  if (twice != all.end() && twice->port != 0)
    loading.problems.add(loading.root.place(),
                         "found " + to_string(*twice) + " twice, expected each address to be listened on once");
}

}  // namespace

StaticProxyConfig load_proxy_file(const std::string& kind, const std::string& path) {
  ProblemList problems;
  std::vector<Node> documents;
  try {
    documents = read_yaml(read_text_file(path, kYamlBytesMost), path, problems);
  } catch (const Problem& problem) {
    problems.add(problem.place(), problem.what());
  }
  problems.throw_if_any();
  if (documents.size() != 1)
    problems.add({path, 0, 0}, "found " + std::to_string(documents.size()) + " documents, expected the one of a proxy");
  problems.throw_if_any();
  Loading loading{documents.front(), path, std::move(problems), {}};
  loading.config.name = kind;
  const bool sidecar = kind == "sidecar";
  const bool gateway = kind == "gateway";
  check_shape(loading.root,
              sidecar   ? *sidecar_shape()
              : gateway ? *gateway_shape()
                        : *ztunnel_shape(),
              loading.problems);
  if (loading.root.kind == Node::Kind::map) {
    load_identity(loading);
    load_clusters(loading);
    load_http_keys(loading);
    if (sidecar) {
      load_sidecar(loading);
    } else if (gateway) {
      load_gateway(loading);
    } else {
      load_ztunnel(loading);
    }
    load_metrics(loading);
    check_addresses(loading);
  }
  loading.problems.throw_if_any();
  return std::move(loading.config);
}

}  // namespace meshtwin
